#include "grpc/status.hpp"

namespace vidi::grpc {
namespace {

using ::grpc::StatusCode;

// Clients repeat a request by themselves on UNAVAILABLE.
StatusCode to_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::unsupported_media:
    case ErrorCode::undecodable:
      return StatusCode::INVALID_ARGUMENT;
    case ErrorCode::unauthorized:
      return StatusCode::UNAUTHENTICATED;
    case ErrorCode::forbidden:
      return StatusCode::PERMISSION_DENIED;
    case ErrorCode::not_found:
      return StatusCode::NOT_FOUND;
    case ErrorCode::conflict:
      return StatusCode::FAILED_PRECONDITION;
    case ErrorCode::too_many_requests:
    case ErrorCode::too_large:  // as gRPC itself answers a message that is too large
      return StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::deadline_exceeded:
      return StatusCode::DEADLINE_EXCEEDED;
    case ErrorCode::overloaded:
    case ErrorCode::unavailable:
      return StatusCode::UNAVAILABLE;
    case ErrorCode::internal:
      return StatusCode::INTERNAL;
  }
  return StatusCode::INTERNAL;
}

}  // namespace

::grpc::Status to_status(const Error& error) { return {to_code(error.code), error.message}; }

}  // namespace vidi::grpc
