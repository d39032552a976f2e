#include "records/sqlite/packing.hpp"

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace vidi::records::sqlite {
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

}  // namespace vidi::records::sqlite
