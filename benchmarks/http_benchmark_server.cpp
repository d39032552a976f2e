// The HTTP layer alone: POST /predict reads the multipart part `file` and answers 16 bytes. For wrk or a profiler.
// Arguments: address:port and the number of threads.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "http/multipart.hpp"
#include "http/server.hpp"

namespace vidi::http {
namespace {

Task<Response> answer_upload(Request& request) {
  Response response;
  const auto boundary = multipart_boundary(request.header("Content-Type").value_or(""));
  if (!boundary) {
    response.status = 400;
    co_return response;
  }
  MultipartReader form(request.body(), *boundary, MultipartLimits{});
  auto part = co_await form.next();
  if (part && *part) {
    auto picture = co_await form.read_all(1U << 20U);
    if (picture && !picture->empty()) response.body = "the answer is 4\n";
  }
  if (response.body.empty()) response.status = 400;
  co_return response;
}

Task<Response> answer_at_once(Request&) {
  Response response;
  response.body = "the answer is 4\n";
  co_return response;
}

void serve(const std::string& listen, std::size_t threads) {
  ServerOptions options;
  options.listen = listen;
  options.threads = threads;
  Router router;
  router.add("POST", "/predict", answer_upload);
  router.add("GET", "/", answer_at_once);
  Server server(std::move(options), std::move(router), [](const Request*, int status, const Error& error) {
    return Response{.status = status, .content_type = "text/plain", .body = error.message, .headers = {}};
  });
  std::printf("http://%s\n", server.address().c_str());
  server.run();
}

}  // namespace
}  // namespace vidi::http

int main(int count, char** arguments) {
  try {
    vidi::http::serve(count > 1 ? arguments[1] : "127.0.0.1:4000",
                      count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 1);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
