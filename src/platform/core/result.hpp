#ifndef VIDI_CORE_RESULT_HPP  // precompiled: see scripts/lint.py
#define VIDI_CORE_RESULT_HPP
// Result<T>: a value, or the Error that says why there is none. For what can be expected to fail.

#include <chrono>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace vidi {

// What kind of thing went wrong. src/serving/api/status.cpp maps each to its HTTP status.
enum class ErrorCode {
  invalid_argument,   // the caller asked for something that makes no sense
  not_found,          // there is no such thing
  unauthorized,       // no key, or a wrong one
  forbidden,          // the key does not allow it
  conflict,           // it contradicts what is there
  too_many_requests,  // the key's quota is used up: try again later
  too_large,          // over a limit on bytes, pixels or memory
  unsupported_media,  // the type is not allowed, or the name contradicts the content
  undecodable,        // the bytes are not a valid picture of their type
  overloaded,         // a queue is full: try again later
  unavailable,        // a store or model cannot be reached: try again later
  deadline_exceeded,  // the time allowed has passed
  internal,           // a mistake of ours, or of the machine (disk full)
};

// The code's name as it stands in JSON errors and logs, for example "invalid_argument".
std::string_view name(ErrorCode code);

// `message` is one sentence for the person who sent the request: what was wrong, with the value, and what would be
// right. It never holds a path of the server.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::chrono::seconds retry_after{0};  // when trying again can help; 0: not known

  bool operator==(const Error&) const = default;
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

// The one way to hand an error on: `if (!found) return forward_error(found);`. It is moved out of `failed`, which is
// not looked at again, or copied where `failed` is const.
template <typename T, typename E>
std::unexpected<E> forward_error(std::expected<T, E>& failed) {
  return std::unexpected<E>(std::move(failed.error()));
}
template <typename T, typename E>
std::unexpected<E> forward_error(const std::expected<T, E>& failed) {
  return std::unexpected<E>(failed.error());
}
template <typename T, typename E>
std::unexpected<E> forward_error(std::expected<T, E>&& failed) {
  return std::unexpected<E>(std::move(failed).error());
}

}  // namespace vidi

#endif  // VIDI_CORE_RESULT_HPP
