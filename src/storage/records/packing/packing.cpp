#include "records/packing/packing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace vidi::records {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are stored as they lie in memory");

template <typename Value>
  requires std::integral<Value> || std::floating_point<Value>
void put(Bytes& blob, Value value) {
  const auto bytes = std::bit_cast<std::array<std::byte, sizeof value>>(value);
  blob.insert(blob.end(), bytes.begin(), bytes.end());
}

void put_text(Bytes& blob, std::string_view text) {
  put(blob, static_cast<std::uint32_t>(text.size()));
  const ByteView bytes = as_bytes(text);
  blob.insert(blob.end(), bytes.begin(), bytes.end());
}

// Seven bits a byte, the lowest first; the highest bit says that more follow. (LEB128, DWARF 5, section 7.6.)
void put_varint(Bytes& blob, std::uint64_t value) {
  while (value >= 0x80) {
    put(blob, static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7U;
  }
  put(blob, static_cast<std::uint8_t>(value));
}

// Takes values from the front of a blob; `good` turns false when it ends too early.
class Reader {
 public:
  explicit Reader(ByteView blob) : rest_(blob) {}

  template <typename Value>
    requires std::integral<Value> || std::floating_point<Value>
  Value take() {
    Value value{};
    const ByteView bytes = take_bytes(sizeof value);
    if (good_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  std::int64_t take_varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; good_ && shift < 63; shift += 7) {
      const auto byte = take<std::uint8_t>();
      value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
      if ((byte & 0x80U) == 0) return static_cast<std::int64_t>(value);
    }
    good_ = false;
    return 0;
  }

  std::string take_text() {
    const auto size = take<std::uint32_t>();
    return std::string(as_text(take_bytes(size)));
  }

  // Of a blob within the blob, that `unpack` makes of it: absent, when it is damaged.
  template <typename Item, std::invocable<ByteView> Unpack>
  void take_list(Unpack unpack, std::vector<Item>& list) {
    auto unpacked = unpack(take_bytes(take<std::uint32_t>()));
    if (unpacked) {
      list = std::move(*unpacked);
    } else {
      good_ = false;
    }
  }

  template <std::size_t Size>
  std::array<std::byte, Size> take_array() {
    std::array<std::byte, Size> array{};
    const ByteView bytes = take_bytes(Size);
    if (good_) std::ranges::copy(bytes, array.begin());
    return array;
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  ByteView take_bytes(std::size_t size) {
    if (size > rest_.size()) good_ = false;
    if (!good_) return {};
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  ByteView rest_;
  bool good_ = true;
};

void put_blob(Bytes& blob, ByteView bytes) { put_text(blob, as_text(bytes)); }

void put_bytes(Bytes& blob, ByteView bytes) { blob.insert(blob.end(), bytes.begin(), bytes.end()); }

// The first byte of a prediction's blob: how the rest is to be read. It is the form that has the newest field first.
constexpr std::uint8_t newest_form() {
  std::uint8_t form = 0;
  for_each_field([&](const auto& field) { form = std::max(form, field.since); });
  return form;
}

// Older forms are the beginnings of newer ones.
constexpr bool are_in_order_of_forms() {
  std::uint8_t form = 1;
  bool in_order = true;
  for_each_field([&](const auto& field) { in_order = in_order && form <= std::exchange(form, field.since); });
  return in_order;
}
static_assert(are_in_order_of_forms(), "a new field of a prediction goes to the end");

// A correction is stored beside the blob: it comes later.
template <typename Value>
constexpr bool kIsPacked = !std::same_as<Value, std::optional<Correction>>;

template <typename Value>
constexpr bool kMayBeAbsent = false;
template <typename Value>
constexpr bool kMayBeAbsent<std::optional<Value>> = kIsPacked<std::optional<Value>>;

constexpr int count_of_absent() {
  int count = 0;
  for_each_field([&]<typename Value>(const Field<Value>&) { count += kMayBeAbsent<Value> ? 1 : 0; });
  return count;
}
static_assert(count_of_absent() <= 8, "they have one byte, the second of the blob, with a bit for each in their order");

void put_value(Bytes& blob, double value) { put(blob, value); }
void put_value(Bytes& blob, const std::string& value) { put_text(blob, value); }
void put_value(Bytes& blob, const Uuid& value) { put_bytes(blob, value.bytes); }
void put_value(Bytes& blob, const Digest& value) { put_bytes(blob, value.bytes); }
void put_value(Bytes& blob, Timestamp value) { put(blob, std::int64_t{value.time_since_epoch().count()}); }
void put_value(Bytes& blob, std::chrono::microseconds value) { put(blob, std::int64_t{value.count()}); }

template <typename Item>
void put_value(Bytes& blob, const std::vector<Item>& value) {
  Bytes list;
  pack(value, list);
  put_blob(blob, list);
}

void take_value(Reader& reader, double& value) { value = reader.take<double>(); }
void take_value(Reader& reader, std::string& value) { value = reader.take_text(); }
void take_value(Reader& reader, Uuid& value) { value.bytes = reader.take_array<16>(); }
void take_value(Reader& reader, Digest& value) { value.bytes = reader.take_array<32>(); }
void take_value(Reader& reader, Timestamp& value) {
  value = Timestamp(std::chrono::microseconds(reader.take<std::int64_t>()));
}
void take_value(Reader& reader, std::chrono::microseconds& value) {
  value = std::chrono::microseconds(reader.take<std::int64_t>());
}
void take_value(Reader& reader, std::vector<Candidate>& value) {
  reader.take_list([&](ByteView blob) { return unpack_candidates(blob); }, value);
}
void take_value(Reader& reader, std::vector<Digit>& value) {
  reader.take_list([&](ByteView blob) { return unpack_digits(blob); }, value);
}

}  // namespace

void pack(const std::vector<Candidate>& candidates, Bytes& blob) {
  blob.clear();
  for (const Candidate& candidate : candidates) {
    put_text(blob, candidate.label);
    put(blob, candidate.probability);
  }
}

void pack(const std::vector<Digit>& digits, Bytes& blob) {
  blob.clear();
  for (const Digit& digit : digits) {
    put_text(blob, digit.label);
    put(blob, digit.probability);
    for (const int side : digit.box) put(blob, static_cast<std::int32_t>(side));
  }
}

void pack(const Histogram& histogram, Bytes& blob) {
  blob.clear();
  for (const auto& [bucket, count] : histogram) {
    put(blob, bucket);
    put_varint(blob, static_cast<std::uint64_t>(count));
  }
}

void pack(const Prediction& prediction, Bytes& blob) {
  std::uint8_t present = 0;
  unsigned bit = 1;
  for_each_field(prediction, [&]<typename Value>(const auto&, const Value& value) {
    if constexpr (kMayBeAbsent<Value>) {
      if (value) present |= static_cast<std::uint8_t>(bit);
      bit <<= 1U;
    }
  });
  blob.clear();
  put(blob, newest_form());
  put(blob, present);
  for_each_field(prediction, [&]<typename Value>(const auto&, const Value& value) {
    if constexpr (kMayBeAbsent<Value>) {
      if (value) put_value(blob, *value);
    } else if constexpr (kIsPacked<Value>) {
      put_value(blob, value);
    }
  });
}

std::optional<std::vector<Candidate>> unpack_candidates(ByteView blob) {
  Reader reader(blob);
  std::vector<Candidate> candidates;
  while (reader.good() && !reader.at_end()) {
    Candidate& candidate = candidates.emplace_back();
    candidate.label = reader.take_text();
    candidate.probability = reader.take<double>();
  }
  if (!reader.good()) return std::nullopt;
  return candidates;
}

std::optional<std::vector<Digit>> unpack_digits(ByteView blob) {
  Reader reader(blob);
  std::vector<Digit> digits;
  while (reader.good() && !reader.at_end()) {
    Digit& digit = digits.emplace_back();
    digit.label = reader.take_text();
    digit.probability = reader.take<double>();
    for (int& side : digit.box) side = reader.take<std::int32_t>();
  }
  if (!reader.good()) return std::nullopt;
  return digits;
}

std::optional<Histogram> unpack_histogram(ByteView blob) {
  Reader reader(blob);
  Histogram histogram;
  while (reader.good() && !reader.at_end()) {
    const auto bucket = reader.take<std::uint8_t>();
    histogram[bucket] = reader.take_varint();
  }
  if (!reader.good()) return std::nullopt;
  return histogram;
}

std::optional<Prediction> unpack_prediction(ByteView blob) {
  Reader reader(blob);
  const auto form = reader.take<std::uint8_t>();
  if (form == 0 || form > newest_form()) return std::nullopt;
  const auto present = reader.take<std::uint8_t>();
  unsigned bit = 1;
  Prediction prediction;
  for_each_field(prediction, [&]<typename Value>(const auto& field, Value& value) {
    if (field.since > form) return;
    if constexpr (kMayBeAbsent<Value>) {
      if ((present & bit) != 0) take_value(reader, value.emplace());
      bit <<= 1U;
    } else if constexpr (kIsPacked<Value>) {
      take_value(reader, value);
    }
  });
  if (!reader.good() || !reader.at_end()) return std::nullopt;
  return prediction;
}

}  // namespace vidi::records
