#include "records/packing/packing.hpp"

#include <algorithm>
#include <array>
#include <bit>
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

  std::string take_text() {
    const auto size = take<std::uint32_t>();
    return std::string(as_text(take_bytes(size)));
  }

  ByteView take_blob() { return take_bytes(take<std::uint32_t>()); }

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

// The first byte of a prediction's blob: how the rest is to be read.
constexpr std::uint8_t kForm = 1;

// What a prediction may be without.
constexpr unsigned kResult = 1;
constexpr unsigned kImage = 2;

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

void pack(const Prediction& prediction, Bytes& blob) {
  blob.clear();
  put(blob, kForm);
  put(blob, static_cast<std::uint8_t>((prediction.result ? kResult : 0U) | (prediction.image ? kImage : 0U)));
  put_bytes(blob, prediction.id.bytes);
  put(blob, std::int64_t{prediction.time.time_since_epoch().count()});
  put_text(blob, prediction.model);
  put_text(blob, prediction.version);
  if (prediction.result) put_text(blob, *prediction.result);
  put_text(blob, prediction.reason);
  put(blob, prediction.confidence);
  Bytes list;
  pack(prediction.candidates, list);
  put_blob(blob, list);
  pack(prediction.digits, list);
  put_blob(blob, list);
  put_text(blob, prediction.filename);
  put_text(blob, prediction.safe_filename);
  put_text(blob, prediction.user);
  if (prediction.image) put_bytes(blob, prediction.image->bytes);
  put_text(blob, prediction.media_type);
  put(blob, std::int64_t{prediction.latency.count()});
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

std::optional<Prediction> unpack_prediction(ByteView blob) {
  Reader reader(blob);
  if (reader.take<std::uint8_t>() != kForm) return std::nullopt;
  const auto parts = reader.take<std::uint8_t>();
  Prediction prediction;
  prediction.id.bytes = reader.take_array<16>();
  prediction.time = Timestamp(std::chrono::microseconds(reader.take<std::int64_t>()));
  prediction.model = reader.take_text();
  prediction.version = reader.take_text();
  if ((parts & kResult) != 0) prediction.result = reader.take_text();
  prediction.reason = reader.take_text();
  prediction.confidence = reader.take<double>();
  auto candidates = unpack_candidates(reader.take_blob());
  auto digits = unpack_digits(reader.take_blob());
  if (!candidates || !digits) return std::nullopt;
  prediction.candidates = std::move(*candidates);
  prediction.digits = std::move(*digits);
  prediction.filename = reader.take_text();
  prediction.safe_filename = reader.take_text();
  prediction.user = reader.take_text();
  if ((parts & kImage) != 0) prediction.image = Digest{reader.take_array<32>()};
  prediction.media_type = reader.take_text();
  prediction.latency = std::chrono::microseconds(reader.take<std::int64_t>());
  if (!reader.good() || !reader.at_end()) return std::nullopt;
  return prediction;
}

}  // namespace vidi::records
