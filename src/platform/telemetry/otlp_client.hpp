#pragma once
// Posts a body to a collector of traces.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "core/result.hpp"
#include "net/url.hpp"

namespace vidi::telemetry {

struct OtlpEndpoint {
  net::Url url;  // what traces are posted to: "/v1/traces" behind the path of the endpoint
};

// "http://127.0.0.1:4318" or "https://HOST[:PORT][/PATH]". Error invalid_argument: the value, and what would be right.
Result<OtlpEndpoint> parse_otlp_endpoint(const std::string& url);

struct OtlpAnswer {
  int status = 0;
  std::string body;
  std::chrono::seconds retry_after{0};  // 0: it does not say
};

// Waits for the answer; ends early when `cancelled` says so, which is asked some times a second. Errors: unavailable
// with the reason.
Result<OtlpAnswer> post_json(const OtlpEndpoint& endpoint, const std::string& body, std::chrono::milliseconds timeout,
                             const std::function<bool()>& cancelled);

}  // namespace vidi::telemetry
