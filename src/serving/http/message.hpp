#pragma once
// A request as an endpoint sees it, and the response it gives. Knows no domain.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/identity.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "core/time.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::http {

// The body of a request, read piece by piece as it arrives. Belongs to its connection; one reader at a time.
class Body {
 public:
  virtual ~Body() = default;

  // The next bytes, valid until the next call; empty at the end. The first call sends "100 Continue" when the client
  // waits for it. Errors: too_large (over the limit), deadline_exceeded (the client is too slow), invalid_argument (a
  // malformed chunk, or the client has gone).
  virtual Task<Result<ByteView>> read() = 0;

  // From Content-Length; absent for a chunked body.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const = 0;
};

// The whole body. Error too_large when it is longer than `max_bytes` (known from Content-Length before it is read).
Task<Result<Bytes>> read_all(Body& body, std::size_t max_bytes);

// Views stay valid for as long as the request. One request is used by one coroutine.
class Request {
 public:
  virtual ~Request() = default;

  [[nodiscard]] virtual std::string_view method() const = 0;  // "GET"; a HEAD request says "GET" here
  [[nodiscard]] virtual std::string_view path() const = 0;    // percent-decoded, without the query
  // The first value of a query parameter, percent-decoded ('+' is a space); absent when it is not there.
  [[nodiscard]] virtual std::optional<std::string_view> query(std::string_view name) const = 0;
  // A header's value; names are compared without regard to case.
  [[nodiscard]] virtual std::optional<std::string_view> header(std::string_view name) const = 0;
  // What the route's {name} stands for in this path.
  [[nodiscard]] virtual std::string_view parameter(std::string_view name) const = 0;
  [[nodiscard]] virtual std::string_view remote_address() const = 0;
  [[nodiscard]] virtual Timestamp arrived() const = 0;  // when the request's first byte was read
  [[nodiscard]] virtual Body& body() = 0;
  // Where the endpoint writes what it did, for metrics, log and traces; null: nobody wants to know.
  [[nodiscard]] virtual telemetry::RequestRecord* record() const { return nullptr; }

  // Nobody, until whoever lets requests in has set it.
  [[nodiscard]] const Identity& identity() const { return identity_; }
  void set_identity(Identity identity) { identity_ = std::move(identity); }

 private:
  Identity identity_;
};

struct Response {
  int status = 200;  // 200 to 599
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beside those below
  // Content-Type, Content-Length, Transfer-Encoding, Date and Connection are the server's own. A response that gives
  // one of them in `headers`, or a value with a line break, is a mistake of ours: 500 is sent instead.
};

// Whether `headers` has one of this name, without regard to case.
bool has_header(const Response& response, std::string_view name);

// The value of a Content-Disposition, Content-Type or similar parameter is quoted safely by this: RFC 9110, 5.6.4.
std::string quoted(std::string_view text);

// How much the client prefers `media_type` by its Accept header (RFC 9110, 12.5.1): the quality from 0 (refused) to 1,
// of the most specific range that matches; an absent header accepts everything.
double accept_quality(std::optional<std::string_view> accept, std::string_view media_type);

}  // namespace vidi::http
