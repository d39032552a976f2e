#pragma once
// Points in time: UTC, in microseconds.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace vidi {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

Timestamp now();

// RFC 3339 with microseconds: "2019-01-29T16:55:06.393990Z".
std::string to_string(Timestamp time);

// RFC 3339, or a part of it: a date ("2019-01-29", midnight UTC), 'T' or a space before the time, seconds and their
// fraction (cut after microseconds) optional, 'Z', an offset ("+08:00") or nothing (UTC). Absent when it is not that.
std::optional<Timestamp> parse_timestamp(std::string_view text);

}  // namespace vidi
