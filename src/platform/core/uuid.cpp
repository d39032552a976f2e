#include "core/uuid.hpp"

#include <openssl/rand.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "core/bytes.hpp"

namespace vidi {
namespace {

// Random bytes, drawn from OpenSSL's generator a block at a time.
std::uint64_t random_bits() {
  thread_local std::array<std::uint64_t, 64> block{};
  thread_local std::size_t used = block.size();
  if (used == block.size()) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(block.data()), sizeof block) != 1) {
      throw std::runtime_error("OpenSSL has no random numbers");
    }
    used = 0;
  }
  return block[used++];
}

// `rest`: the 62 bits behind the variant.
Uuid assemble(Timestamp time, std::uint64_t rest) {
  const auto total = static_cast<std::uint64_t>(time.time_since_epoch().count());
  const std::uint64_t milliseconds = total / 1000;
  // Rounded up, so that reading it back and cutting gives the same microsecond.
  const std::uint64_t fraction = (total % 1000 * 4096 + 999) / 1000;
  const std::uint64_t high = milliseconds << 16U | 0x7000U | fraction;
  const std::uint64_t low = 0x8000'0000'0000'0000U | rest;
  Uuid uuid;
  for (unsigned i = 0; i < 8; ++i) {
    uuid.bytes[i] = static_cast<std::byte>(high >> (56U - 8U * i));
    uuid.bytes[8 + i] = static_cast<std::byte>(low >> (56U - 8U * i));
  }
  return uuid;
}

constexpr std::chrono::milliseconds kLane(128);

// Another one for every lane's time, and for every process.
std::uint64_t lane_at(Timestamp time) {
  static const std::uint64_t start = random_bits();
  const std::uint64_t number = start + static_cast<std::uint64_t>(time.time_since_epoch() / kLane);
  return number * 0x9e37'79b9'7f4a'7c15U >> 56U;  // neighboring numbers spread evenly
}

// No two alike among 16 million.
std::uint64_t next_count() {
  static std::atomic<std::uint64_t> count = random_bits();
  return count++ & 0xff'ffffU;
}

}  // namespace

Uuid make_uuid(Timestamp time) {
  const std::uint64_t random = random_bits() >> 34U;
  return assemble(time, random << 32U | next_count() << 8U | lane_at(time));
}

Uuid first_uuid_of(Timestamp time) { return assemble(time, 0); }

Timestamp time_of(const Uuid& uuid) {
  std::uint64_t high = 0;
  for (std::size_t i = 0; i < 8; ++i) high = high << 8U | std::to_integer<std::uint64_t>(uuid.bytes[i]);
  const std::uint64_t microseconds = (high & 0xfffU) * 1000 / 4096;
  return Timestamp(std::chrono::microseconds(static_cast<std::int64_t>((high >> 16U) * 1000 + microseconds)));
}

std::string to_string(const Uuid& uuid) {
  std::string text = to_hex(uuid.bytes);
  for (const std::size_t position : {20U, 16U, 12U, 8U}) text.insert(position, 1, '-');
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return std::nullopt;
      continue;
    }
    unsigned value = 0;
    if (c >= '0' && c <= '9') {
      value = static_cast<unsigned>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      value = static_cast<unsigned>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      value = static_cast<unsigned>(c - 'A' + 10);
    } else {
      return std::nullopt;
    }
    uuid.bytes[nibble / 2] |= static_cast<std::byte>(nibble % 2 == 0 ? value << 4U : value);
    ++nibble;
  }
  return uuid;
}

}  // namespace vidi
