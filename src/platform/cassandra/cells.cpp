#include "cassandra/cells.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace vidi::cassandra {
namespace {

constexpr std::int32_t kNull = -1;
// Days are counted from the middle of what 32 bits hold: 1970-01-01.
constexpr std::int64_t kEpochDay = std::int64_t{1} << 31;

// Most significant byte first.
template <typename Value>
std::array<std::byte, sizeof(Value)> to_wire(Value value) {
  auto bytes = std::bit_cast<std::array<std::byte, sizeof(Value)>>(value);
  if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(bytes);
  return bytes;
}

template <typename Value>
Value from_wire(ByteView wire) {
  std::array<std::byte, sizeof(Value)> bytes{};
  std::ranges::copy(wire, bytes.begin());
  if constexpr (std::endian::native == std::endian::little) std::ranges::reverse(bytes);
  return std::bit_cast<Value>(bytes);
}

}  // namespace

CellWriter& CellWriter::null() {
  const auto length = to_wire(kNull);
  bytes_.insert(bytes_.end(), length.begin(), length.end());
  return *this;
}

CellWriter& CellWriter::blob(ByteView value) {
  const auto length = to_wire(static_cast<std::int32_t>(value.size()));
  bytes_.insert(bytes_.end(), length.begin(), length.end());
  bytes_.insert(bytes_.end(), value.begin(), value.end());
  return *this;
}

template <typename Value>
CellWriter& CellWriter::number(Value value) {
  return blob(to_wire(value));
}

CellWriter& CellWriter::text(std::string_view value) { return blob(as_bytes(value)); }
CellWriter& CellWriter::text_or_null(const std::optional<std::string>& value) { return value ? text(*value) : null(); }
CellWriter& CellWriter::uuid(const Uuid& value) { return blob(value.bytes); }
CellWriter& CellWriter::tinyint(std::int8_t value) { return number(value); }
CellWriter& CellWriter::integer(std::int32_t value) { return number(value); }
CellWriter& CellWriter::bigint(std::int64_t value) { return number(value); }
CellWriter& CellWriter::real(double value) { return number(value); }

CellWriter& CellWriter::date(std::chrono::sys_days value) {
  return number(static_cast<std::uint32_t>(value.time_since_epoch().count() + kEpochDay));
}

CellWriter& CellWriter::timestamp(Timestamp value) {
  return bigint(std::chrono::floor<std::chrono::milliseconds>(value).time_since_epoch().count());
}

std::optional<ByteView> CellReader::cell() {
  constexpr std::size_t kLength = sizeof(std::int32_t);
  if (!good_ || rest_.size() < kLength) {
    good_ = false;
    return std::nullopt;
  }
  const auto length = from_wire<std::int32_t>(rest_.first(kLength));
  rest_ = rest_.subspan(kLength);
  if (length < 0) return std::nullopt;
  if (static_cast<std::size_t>(length) > rest_.size()) {
    good_ = false;
    return std::nullopt;
  }
  const ByteView value = rest_.first(static_cast<std::size_t>(length));
  rest_ = rest_.subspan(value.size());
  return value;
}

ByteView CellReader::blob() {
  const auto value = cell();
  if (!value) good_ = false;
  return value.value_or(ByteView());
}

template <typename Value>
Value CellReader::number() {
  const ByteView value = blob();
  if (value.size() == sizeof(Value)) return from_wire<Value>(value);
  good_ = false;
  return {};
}

std::string CellReader::text() { return std::string(as_text(blob())); }

std::optional<std::string> CellReader::text_or_null() {
  const auto value = cell();
  if (!value) return std::nullopt;
  return std::string(as_text(*value));
}

Uuid CellReader::uuid() {
  Uuid uuid;
  const ByteView value = blob();
  if (value.size() != uuid.bytes.size()) {
    good_ = false;
    return {};
  }
  std::ranges::copy(value, uuid.bytes.begin());
  return uuid;
}

std::int8_t CellReader::tinyint() { return number<std::int8_t>(); }
std::int32_t CellReader::integer() { return number<std::int32_t>(); }
std::int64_t CellReader::bigint() { return number<std::int64_t>(); }
double CellReader::real() { return number<double>(); }

std::chrono::sys_days CellReader::date() {
  const auto days = static_cast<std::int64_t>(number<std::uint32_t>()) - kEpochDay;
  return std::chrono::sys_days(std::chrono::days(days));
}

Timestamp CellReader::timestamp() { return Timestamp(std::chrono::milliseconds(bigint())); }

std::optional<Timestamp> CellReader::timestamp_or_null() {
  const auto value = cell();
  if (!value) return std::nullopt;
  if (value->size() == sizeof(std::int64_t)) {
    return Timestamp(std::chrono::milliseconds(from_wire<std::int64_t>(*value)));
  }
  good_ = false;
  return std::nullopt;
}

}  // namespace vidi::cassandra
