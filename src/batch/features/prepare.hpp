#pragma once
// From the bytes of a picture file to what a network sees of it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/decode.hpp"
#include "inference/picture_network.hpp"
#include "models/description.hpp"

namespace vidi::features {

struct PrepareOptions {
  models::InputDescription input;
  image::DecodeLimits limits;
  std::size_t variants = 1;  // of each picture, itself among them
  std::uint64_t seed = 0;    // of the variants
};

// The pictures that the network sees of a file: as many as there are variants, one after another, as infer() takes
// them. The same bytes of the same key make the same ones. Errors: as image::decode().
Result<std::vector<std::uint8_t>> prepare(ByteView file, std::string_view key, const PrepareOptions& options);

// One word for why a picture was rejected: "undecodable", "unsupported", "too_large", "gone", "forbidden".
std::string rejection_reason(ErrorCode code);

// Why a picture is rejected whose numbers are not finite.
inline constexpr const char* kNotFinite = "not_finite";
inline constexpr const char* kNotFiniteDetail = "the network made a number of it that is not finite";

// What the network wants to be made of those pictures.
inference::PixelInput pixel_input(const models::InputDescription& input);

// Bytes of one of them.
std::size_t picture_bytes(const models::InputDescription& input);

}  // namespace vidi::features
