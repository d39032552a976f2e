#pragma once
// How many requests a key may make.

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace vidi::auth {

// So many requests a period, all at once or spread over it.
struct Quota {
  std::uint64_t requests = 0;  // 1 to kMaxRequests
  std::chrono::seconds period{1};

  bool operator==(const Quota&) const = default;
};

constexpr std::uint64_t kMaxRequests = 1'000'000;

// "100/s", "600/min", "5000/h". Error invalid_argument for anything else.
Result<Quota> parse_quota(std::string_view text);
std::string to_string(const Quota& quota);

// A token bucket that holds a period's requests and is filled at the quota's rate. It counts in whole numbers, so that
// nothing is lost by rounding. Any thread.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;

  TokenBucket(Quota quota, Clock::time_point now);  // full

  // Takes one request's token. Zero: it is taken; else how long it takes until there is one.
  std::chrono::nanoseconds take(Clock::time_point now);

 private:
  // A token is as many parts as the period has nanoseconds: then each nanosecond fills in quota.requests parts.
  const std::uint64_t rate_;
  const std::uint64_t token_;
  std::mutex mutex_;
  std::uint64_t level_;  // in parts, at filled_
  Clock::time_point filled_;
};

}  // namespace vidi::auth
