#pragma once
// IDX, the format of the MNIST database's files (http://yann.lecun.com/exdb/mnist/, "File formats"): a magic number of
// four bytes (two zero, the type of the values, the number of dimensions), the size of each dimension as a 32-bit
// unsigned integer, most significant byte first, then the values, the last dimension changing fastest.
// Every function may be called from several threads.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::datasets {

struct IdxLimits {
  std::size_t max_bytes = std::size_t{1} << 30U;  // of the unpacked file
};

// An array of unsigned bytes, the only type that MNIST uses.
struct IdxArray {
  std::vector<std::uint32_t> shape;
  Bytes file;  // the whole unpacked file: header, then values

  [[nodiscard]] std::span<const std::uint8_t> values() const;
};

// Reads an array of `dimensions` dimensions from a file that is plain or gzipped: its content decides. Allocates no
// more than the file really holds, whatever its header claims. Errors: undecodable (not IDX, another type or number of
// dimensions, values missing or left over), too_large (the header's sizes are over the limit).
Result<IdxArray> read_idx(ByteView file, std::size_t dimensions, const IdxLimits& limits = {});

// The file, plain, of an array: as many values as the product of `shape`, which has at most 255 sizes.
Bytes to_idx(std::span<const std::uint32_t> shape, std::span<const std::uint8_t> values);

}  // namespace vidi::datasets
