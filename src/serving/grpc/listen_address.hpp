#pragma once
// The address to listen on.

#include <string>

namespace vidi::grpc {

// The address as numbers, as gRPC takes it: "127.0.0.1:8001", "[::1]:8001". Throws std::runtime_error when `listen`
// is none or cannot be bound, saying why: gRPC itself would only say that it cannot.
std::string check_listen_address(const std::string& listen);

}  // namespace vidi::grpc
