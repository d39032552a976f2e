#include "datasets/idx.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "datasets/unpacker.hpp"

namespace vidi::datasets {
namespace {

constexpr unsigned kUnsignedByte = 0x08;

std::size_t header_size(std::size_t dimensions) { return 4 + 4 * dimensions; }

std::uint32_t big_endian(ByteView bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (const std::byte byte : bytes.subspan(offset, 4)) value = value << 8U | std::to_integer<std::uint32_t>(byte);
  return value;
}

void append_big_endian(Bytes& bytes, std::uint32_t value) {
  for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes.push_back(static_cast<std::byte>(value >> shift));
}

Result<void> check_magic(ByteView header, std::size_t dimensions) {
  const std::uint32_t magic = big_endian(header, 0);
  const auto expected = static_cast<std::uint32_t>(kUnsignedByte << 8U | dimensions);
  if (magic == expected) return {};
  return fail(ErrorCode::undecodable, fmt::format("its magic number is 0x{:08x}; an IDX file of unsigned bytes with {} "
                                                  "dimension{} begins with 0x{:08x}",
                                                  magic, dimensions, dimensions == 1 ? "" : "s", expected));
}

// The size of the whole file that its header claims.
Result<std::size_t> claimed_size(const std::vector<std::uint32_t>& shape, const IdxLimits& limits) {
  const std::size_t header = header_size(shape.size());
  std::size_t values = 1;
  for (const std::uint32_t size : shape) {
    if (__builtin_mul_overflow(values, size, &values)) values = SIZE_MAX;
    // An empty dimension makes an empty array, also behind one that is too long.
    if (size == 0) return header;
  }
  if (limits.max_bytes < header || values > limits.max_bytes - header) {
    return fail(ErrorCode::too_large, fmt::format("its header claims {} values, which is over the limit of {} bytes",
                                                  fmt::join(shape, " x "), limits.max_bytes));
  }
  return header + values;
}

// Reads on until `file` has `size` bytes, growing with what is really there.
Result<void> read_until(Unpacker& unpacker, std::size_t size, Bytes& file) {
  constexpr std::size_t kPiece = std::size_t{4} << 20U;
  while (file.size() < size) {
    const std::size_t before = file.size();
    const std::size_t wanted = std::min(kPiece, size - before);
    file.resize(before + wanted);
    auto count = unpacker.read(std::span(file).subspan(before));
    if (!count) return forward_error(count);
    file.resize(before + *count);
    if (*count < wanted) return {};
  }
  return {};
}

Result<void> check_end(Unpacker& unpacker, const IdxArray& array, std::size_t size) {
  const std::size_t header = header_size(array.shape.size());
  if (array.file.size() < size) {
    return fail(ErrorCode::undecodable,
                fmt::format("it is truncated: its header claims {} values, which are {} bytes, and {} are there",
                            fmt::join(array.shape, " x "), size - header, array.file.size() - header));
  }
  std::byte extra{};
  auto count = unpacker.read({&extra, 1});
  if (!count) return forward_error(count);
  if (*count == 0) return {};
  return fail(ErrorCode::undecodable,
              fmt::format("bytes follow the {} values that its header claims", fmt::join(array.shape, " x ")));
}

}  // namespace

std::span<const std::uint8_t> IdxArray::values() const {
  const ByteView bytes = ByteView(file).subspan(std::min(file.size(), header_size(shape.size())));
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

Result<IdxArray> read_idx(ByteView file, std::size_t dimensions, const IdxLimits& limits) {
  Unpacker unpacker(file);
  IdxArray array;
  const std::size_t header = header_size(dimensions);
  if (auto read = read_until(unpacker, header, array.file); !read) return forward_error(read);
  if (array.file.size() >= 4) {
    if (auto magic = check_magic(array.file, dimensions); !magic) return forward_error(magic);
  }
  if (array.file.size() < header) {
    return fail(ErrorCode::undecodable,
                fmt::format("it has {} bytes, and the header of an IDX file with {} dimension{} "
                            "alone has {}",
                            array.file.size(), dimensions, dimensions == 1 ? "" : "s", header));
  }
  for (std::size_t i = 0; i < dimensions; ++i) array.shape.push_back(big_endian(array.file, 4 + 4 * i));
  auto size = claimed_size(array.shape, limits);
  if (!size) return forward_error(size);
  if (auto read = read_until(unpacker, *size, array.file); !read) return forward_error(read);
  if (auto end = check_end(unpacker, array, *size); !end) return forward_error(end);
  return array;
}

Bytes to_idx(std::span<const std::uint32_t> shape, std::span<const std::uint8_t> values) {
  Bytes file;
  file.reserve(header_size(shape.size()) + values.size());
  append_big_endian(file, static_cast<std::uint32_t>(kUnsignedByte << 8U | shape.size()));
  for (const std::uint32_t size : shape) append_big_endian(file, size);
  const auto bytes = std::as_bytes(values);
  file.insert(file.end(), bytes.begin(), bytes.end());
  return file;
}

}  // namespace vidi::datasets
