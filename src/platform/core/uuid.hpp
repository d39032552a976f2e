#pragma once
// UUID version 7 (RFC 9562, section 5.7): identifiers whose order is the order of their times.

#include <array>
#include <compare>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace vidi {

struct Uuid {
  std::array<std::byte, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
};

// A new identifier for something that happened at `time` (not before 1970): the milliseconds in the first 48 bits, the
// fraction of the millisecond in the next 12 (RFC 9562, section 6.2, method 3), then 30 random bits, 24 that count from
// a random number, and 8 that change every 128 ms and differ from process to process: what was identified together has
// those in common, so that a store can put it together. Identifiers of later microseconds are greater. Any thread.
Uuid make_uuid(Timestamp time);

// The time in an identifier that make_uuid made, to the microsecond.
Timestamp time_of(const Uuid& uuid);

// The smallest identifier of that microsecond: every identifier made for `time` or later is at least as great.
Uuid first_uuid_of(Timestamp time);

// "01890a5d-ac96-774b-bcce-b302099a8057"
std::string to_string(const Uuid& uuid);

// Absent unless `text` has exactly that form; upper case is accepted.
std::optional<Uuid> parse_uuid(std::string_view text);

}  // namespace vidi

template <>
struct std::hash<vidi::Uuid> {
  // The last eight bytes differ most.
  std::size_t operator()(const vidi::Uuid& uuid) const noexcept {
    std::size_t value = 0;
    for (std::size_t i = 8; i < 16; ++i) value = value << 8U | std::to_integer<std::size_t>(uuid.bytes[i]);
    return value;
  }
};
