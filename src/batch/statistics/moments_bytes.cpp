// Moments as bytes; docs/reference/formats/moments.md.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "core/digest.hpp"
#include "statistics/moments.hpp"
#include "statistics/multiply.hpp"

namespace vidi::statistics {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::string_view kMagic = "vidimoms";
constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kHeader = 8 + 3 * sizeof(std::uint64_t);
constexpr std::size_t kDigest = sizeof(Digest::bytes);

void append(Bytes& bytes, ByteView more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

std::uint64_t read_number(ByteView bytes, std::size_t at) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::size_t size_of(std::size_t columns) {
  return kHeader + (columns + triangle_size(columns)) * sizeof(double) + kDigest;
}

std::unexpected<Error> not_moments(std::string_view why) {
  return fail(ErrorCode::invalid_argument, fmt::format("these bytes are not moments: {}", why));
}

// The number of columns, of bytes that are whole.
Result<std::size_t> check(ByteView bytes) {
  if (bytes.size() < kHeader) {
    return not_moments(fmt::format("there are {}, fewer than the {} of a header", bytes.size(), kHeader));
  }
  if (as_text(bytes.first(kMagic.size())) != kMagic)
    return not_moments(fmt::format("they do not begin with {}", kMagic));
  if (const auto version = read_number(bytes, 8); version != kVersion) {
    return not_moments(fmt::format("their version is {}, and this program reads {}", version, kVersion));
  }
  const std::uint64_t columns = read_number(bytes, 24);
  if (columns == 0 || columns > Moments::kMaxColumns) {
    return not_moments(fmt::format("they claim {} columns, and there can be 1 to {}", columns, Moments::kMaxColumns));
  }
  if (bytes.size() != size_of(columns)) {
    return not_moments(fmt::format("there are {}, and {} columns take {}", bytes.size(), columns, size_of(columns)));
  }
  const Digest digest = sha256(bytes.first(bytes.size() - kDigest));
  if (!std::ranges::equal(digest.bytes, bytes.last(kDigest)))
    return not_moments("they are damaged (their checksum is wrong)");
  return columns;
}

}  // namespace

Bytes Moments::to_bytes() const {
  Bytes bytes;
  bytes.reserve(size_of(columns()));
  append(bytes, as_bytes(kMagic));
  const std::array<std::uint64_t, 3> header{kVersion, rows_, columns()};
  append(bytes, std::as_bytes(std::span(header)));
  append(bytes, std::as_bytes(means()));
  append(bytes, std::as_bytes(cross_products()));
  const Digest digest = sha256(bytes);
  append(bytes, digest.bytes);
  return bytes;
}

Result<Moments> Moments::from_bytes(ByteView bytes) {
  const auto columns = check(bytes);
  if (!columns) return forward_error(columns);
  Moments moments(*columns);
  moments.rows_ = read_number(bytes, 16);
  const std::byte* at = bytes.data() + kHeader;
  std::memcpy(moments.means_.data(), at, *columns * sizeof(double));
  at += *columns * sizeof(double);
  std::memcpy(moments.cross_products_.data(), at, moments.cross_products_.size() * sizeof(double));
  // Whoever wrote the checksum may have written nonsense too.
  auto finite = [](double value) { return std::isfinite(value); };
  if (!std::ranges::all_of(moments.means_, finite) || !std::ranges::all_of(moments.cross_products_, finite)) {
    return not_moments("a mean or a cross-product is not a finite number");
  }
  for (std::size_t i = 0; i < *columns; ++i) {
    if (const double square = moments.cross_product(i, i); square < 0) {
      return not_moments(fmt::format("the squared deviations of column {} sum up to {}", i, square));
    }
  }
  return moments;
}

}  // namespace vidi::statistics
