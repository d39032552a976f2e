#include "http/server_test_support.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "http/multipart.hpp"
#include "http/text.hpp"

namespace vidi::http::testing {
namespace {

constexpr std::size_t kBigAnswer = 8U << 20U;

int status_of(ErrorCode code) {
  if (code == ErrorCode::too_large) return 413;
  if (code == ErrorCode::deadline_exceeded) return 408;
  return 400;
}

Response text(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Task<Response> hello(Request&) { co_return text(200, "hello"); }

Task<Response> echo(Request& request) {
  auto body = co_await read_all(request.body(), 1U << 30U);
  if (!body) co_return text(status_of(body.error().code), body.error().message);
  co_return text(200, std::string(as_text(*body)));
}

// "name|filename|type|content" a line.
Task<Response> form(Request& request) {
  const auto boundary = multipart_boundary(request.header("content-type").value_or(""));
  if (!boundary) co_return text(400, "no boundary");
  MultipartReader reader(request.body(), *boundary, MultipartLimits{});
  std::string lines;
  for (;;) {
    auto part = co_await reader.next();
    if (!part) co_return text(status_of(part.error().code), part.error().message);
    const auto& value = *part;
    if (!value) break;
    auto content = co_await reader.read_all(1U << 20U);
    if (!content) co_return text(status_of(content.error().code), content.error().message);
    lines += fmt::format("{}|{}|{}|{}\n", value->name, value->filename.value_or("-"), value->content_type,
                         as_text(*content));
  }
  co_return text(200, lines);
}

Task<Response> describe(Request& request) {
  co_return text(200, fmt::format("{} {} q={} id={} from={}", request.method(), request.path(),
                                  request.query("q").value_or("-"), request.parameter("id"), request.remote_address()));
}

Task<Response> throws(Request&) {
  throw std::runtime_error("a secret of the server");
  co_return Response{};
}

Task<Response> injects(Request& request) {
  Response response = text(200, "body");
  response.headers.emplace_back("X-Name", request.query("value").value_or(""));
  co_return response;
}

Task<Response> big(Request&) { co_return text(200, std::string(kBigAnswer, 'x')); }

Task<Response> frames_itself(Request&) {
  Response response = text(200, "body");
  response.headers.emplace_back("content-length", "3");
  co_return response;
}

Response plain_error(const Request*, int status, const Error& error) { return text(status, error.message); }

}  // namespace

Task<bool> Gate::wait() {
  auto start = [this](Completion<bool> done) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(done));
  };
  const bool opened = co_await vidi::wait_for<bool>(start);
  co_return opened;
}

void Gate::open() {
  std::vector<Completion<bool>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
  }
  for (auto& done : waiting) done(true);
}

std::size_t Gate::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

bool Gate::wait_for_waiting(std::size_t count) {
  for (int i = 0; i < 5000 && waiting() < count; ++i) std::this_thread::sleep_for(1ms);
  return waiting() >= count;
}

Router RunningServer::make_router() {
  Router router;
  router.add("GET", "/hello", hello);
  router.add("POST", "/hello", hello);  // leaves the body unread
  router.add("POST", "/echo", echo);
  router.add("POST", "/form", form);
  router.add("GET", "/describe", describe);
  router.add("GET", "/things/{id}/of", describe);
  router.add("GET", "/throws", throws);
  router.add("GET", "/injects", injects);
  router.add("GET", "/frames", frames_itself);
  router.add("GET", "/big", big);
  router.add("GET", "/health", hello, RouteOptions{.priority = true});
  router.add("GET", "/gate", [this](Request&) -> Task<Response> {
    co_await gate_.wait();
    co_return text(200, "through");
  });
  return router;
}

RunningServer::RunningServer(ServerOptions options) {
  options.listen = "127.0.0.1:0";
  if (options.threads == 0) options.threads = 2;
  server_ = std::make_unique<Server>(std::move(options), make_router(), plain_error);
  thread_ = std::thread([this] { server_->run(); });
}

RunningServer::~RunningServer() {
  gate_.open();
  if (!thread_.joinable()) return;
  server_->stop();
  server_->stop();
  thread_.join();
}

std::chrono::milliseconds RunningServer::stop_and_join() {
  const auto start = std::chrono::steady_clock::now();
  server_->stop();
  thread_.join();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

void RunningServer::join() { thread_.join(); }

std::optional<std::string> Answer::header(std::string_view name) const {
  std::string_view rest = head;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(std::min(line.size() + 2, rest.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
      return std::string(trim(line.substr(colon + 1)));
    }
  }
  return std::nullopt;
}

Client::Client(Server& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int one = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Client::send_slowly(std::string_view bytes) {
  for (const char byte : bytes) {
    if (!send(std::string_view(&byte, 1))) return;
    std::this_thread::sleep_for(50us);
  }
}

void Client::finish_sending() { ::shutdown(socket_, SHUT_WR); }

void Client::reset() {
  const linger immediately{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &immediately, sizeof immediately);
  ::close(std::exchange(socket_, -1));
}

bool Client::receive(std::chrono::milliseconds time) {
  pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
  if (::poll(&readable, 1, static_cast<int>(time.count())) != 1) return false;
  std::array<char, 65536> piece;
  const ssize_t size = ::recv(socket_, piece.data(), piece.size(), 0);
  if (size <= 0) return false;
  received_.append(piece.data(), static_cast<std::size_t>(size));
  return true;
}

Answer Client::answer(bool head_only) {
  Answer answer;
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!receive(5s)) return answer;
  }
  answer.head = received_.substr(0, end + 4);
  received_.erase(0, end + 4);
  const std::size_t size = head_only ? 0 : std::stoul(answer.header("Content-Length").value_or("0"));
  while (received_.size() < size) {
    if (!receive(5s)) return answer;
  }
  answer.body = received_.substr(0, size);
  received_.erase(0, size);
  answer.status = std::stoi(answer.head.substr(9, 3));
  return answer;
}

Answer Client::exchange(std::string_view request, bool head_only) {
  send(request);
  return answer(head_only);
}

bool Client::sees_end(std::chrono::milliseconds time) {
  if (!received_.empty()) return false;
  pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
  if (::poll(&readable, 1, static_cast<int>(time.count())) != 1) return false;
  char byte = 0;
  return ::recv(socket_, &byte, 1, 0) == 0;
}

bool Client::hears_nothing() { return received_.empty() && !receive(50ms) && received_.empty(); }

std::string filled(std::size_t size) { return std::string(size, 'x'); }

std::string get(std::string_view path, std::string_view headers) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n{}\r\n", path, headers);
}

std::string post(std::string_view path, std::string_view body, std::string_view headers) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n{}\r\n{}", path, body.size(), headers,
                     body);
}

std::string chunked_post(std::string_view path, std::string_view body, std::size_t chunk_size) {
  std::string request = fmt::format("POST {} HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n", path);
  while (!body.empty()) {
    const std::string_view chunk = body.substr(0, chunk_size);
    body.remove_prefix(chunk.size());
    request += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
  }
  return request + "0\r\n\r\n";
}

}  // namespace vidi::http::testing
