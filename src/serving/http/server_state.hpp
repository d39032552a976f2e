#pragma once
// What the threads of one server share.

#include <atomic>
#include <cstddef>

#include "http/router.hpp"
#include "http/server.hpp"
#include "http/tls.hpp"

namespace vidi::http {

struct ServerState {
  ServerOptions options;
  Router router;
  ErrorPage error_page;
  CurrentCertificate certificate;
  std::atomic<bool> leaving = false;         // what is answered now is its connection's last
  std::atomic<std::size_t> connections = 0;  // open, refused ones left out
  std::atomic<std::size_t> refusing = 0;     // over the limit, being told so
  std::atomic<std::size_t> requests = 0;     // being handled
};

}  // namespace vidi::http
