#include "core/result.hpp"

namespace vidi {

std::string_view name(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::unauthorized:
      return "unauthorized";
    case ErrorCode::forbidden:
      return "forbidden";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::too_many_requests:
      return "too_many_requests";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::unsupported_media:
      return "unsupported_media";
    case ErrorCode::undecodable:
      return "undecodable";
    case ErrorCode::overloaded:
      return "overloaded";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::deadline_exceeded:
      return "deadline_exceeded";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace vidi
