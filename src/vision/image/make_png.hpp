#pragma once
// PNG files put together chunk by chunk, so that each part may be wrong; for tests only.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vidi::image {

// With the right length and checksum.
std::string png_chunk(std::string_view type, std::string_view data);

// A zlib stream.
std::string deflated(std::string_view data);

// Gray of 8 bits. `before_data` are whole chunks, `data` is that of the one IDAT chunk.
std::string make_png(std::uint32_t width, std::uint32_t height, std::string_view before_data, std::string_view data);

}  // namespace vidi::image
