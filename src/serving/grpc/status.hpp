#pragma once
// The one place that maps an error to its gRPC status (grpc/grpc, doc/statuscodes.md).

#include <grpcpp/support/status.h>

#include "core/result.hpp"

namespace vidi::grpc {

::grpc::Status to_status(const Error& error);

}  // namespace vidi::grpc
