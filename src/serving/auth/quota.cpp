#include "auth/quota.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace vidi::auth {
namespace {

struct Unit {
  std::string_view name;
  std::chrono::seconds period;
};

constexpr std::array kUnits{Unit{"s", std::chrono::seconds(1)}, Unit{"min", std::chrono::minutes(1)},
                            Unit{"h", std::chrono::hours(1)}};

std::uint64_t nanoseconds_of(std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

// A full bucket, and what a period fills in, both stay below 2^63.
static_assert(kMaxRequests <=
              (1ULL << 63U) / static_cast<std::uint64_t>(std::chrono::nanoseconds(kUnits[2].period).count()));

}  // namespace

Result<Quota> parse_quota(std::string_view text) {
  Quota quota;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), quota.requests);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc() && quota.requests >= 1 && quota.requests <= kMaxRequests && rest.starts_with('/')) {
    for (const Unit& unit : kUnits) {
      quota.period = unit.period;
      if (rest.substr(1) == unit.name) return quota;
    }
  }
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("'{}' is not a quota; expected 1 to {} requests by s, min or h, such as 100/s", text, kMaxRequests));
}

std::string to_string(const Quota& quota) {
  const auto* const unit = std::ranges::find(kUnits, quota.period, &Unit::period);
  return fmt::format("{}/{}", quota.requests, unit != kUnits.end() ? unit->name : "?");
}

TokenBucket::TokenBucket(Quota quota, Clock::time_point now)
    : rate_(quota.requests), token_(nanoseconds_of(quota.period)), level_(rate_ * token_), filled_(now) {}

std::chrono::nanoseconds TokenBucket::take(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (now > filled_) {  // threads may come in another order than their times
    const std::uint64_t elapsed = std::min(nanoseconds_of(now - filled_), token_);  // a period fills it
    level_ = std::min(level_ + elapsed * rate_, rate_ * token_);
    filled_ = now;
  }
  if (level_ >= token_) {
    level_ -= token_;
    return std::chrono::nanoseconds(0);
  }
  return std::chrono::nanoseconds((token_ - level_ + rate_ - 1) / rate_);
}

}  // namespace vidi::auth
