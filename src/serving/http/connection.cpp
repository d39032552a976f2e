#include "http/connection.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <exception>
#include <stdexcept>
#include <utility>

#include "http/text.hpp"

namespace vidi::http {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kFirstCapacity = 8192;  // most requests fit
constexpr std::size_t kJoinedBody = 4096;     // a shorter body is sent in one piece with its head
constexpr std::size_t kKeptOutput = 16U << 10U;
constexpr milliseconds kLingerTime{2'000};     // for a client to read its answer while it is still sending
constexpr std::string_view kRetryAfter = "1";  // seconds

// One of ServerOptions::max_requests, for as long as it lives.
class Slot {
 public:
  Slot(ServerState& state, bool priority) : state_(state) {
    const std::size_t before = state_.requests.fetch_add(1, std::memory_order_relaxed);
    granted_ = priority || before < state_.options.max_requests;
  }
  ~Slot() { state_.requests.fetch_sub(1, std::memory_order_relaxed); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  Slot(Slot&&) = delete;
  Slot& operator=(Slot&&) = delete;

  [[nodiscard]] bool granted() const { return granted_; }

 private:
  ServerState& state_;
  bool granted_;
};

Refusal make_refusal(int status, ErrorCode code, std::string message) {
  Refusal refusal{.status = status, .error = {.code = code, .message = std::move(message)}};
  return refusal;
}

}  // namespace

Connection::Connection(Worker& worker, boost::asio::ip::tcp::socket socket, std::string remote_address,
                       Worker::Purpose purpose)
    : worker_(worker),
      state_(worker.state()),
      options_(worker.state().options),
      purpose_(purpose),
      stream_(std::move(socket)),
      input_(std::min(kFirstCapacity, options_.max_header_bytes)),
      body_(stream_, input_, options_),
      request_(body_, std::move(remote_address), state_.options.observer != nullptr ? &record_ : nullptr),
      place_(worker.add(stream_)) {}

Connection::~Connection() {
  --(purpose_ == Worker::Purpose::serve ? state_.connections : state_.refusing);
  worker_.remove(place_);
}

Task<void> Connection::run(std::unique_ptr<Connection> connection) {
  const bool ready = co_await connection->start_tls();
  if (ready && connection->purpose_ == Worker::Purpose::refuse) {
    connection->start_unread_record();
    Refusal refusal = make_refusal(503, ErrorCode::overloaded, "There are too many connections: try again later.");
    co_await connection->refuse(nullptr, std::move(refusal));
  } else if (ready) {
    while (co_await connection->serve_request()) {
    }
  }
  co_await connection->linger();
}

Task<bool> Connection::start_tls() {
  const auto certificate = state_.certificate.get();
  if (!certificate) co_return true;
  const auto handshake = co_await stream_.start_tls(*certificate, options_.idle_timeout, options_.header_timeout);
  if (handshake == Stream::Handshake::plain) {
    start_unread_record();
    Refusal refusal =
        make_refusal(400, ErrorCode::invalid_argument, "This port speaks TLS: use https://, not http://.");
    co_await refuse(nullptr, std::move(refusal));
  }
  secure_ = handshake == Stream::Handshake::done;
  co_return secure_;
}

Task<bool> Connection::serve_request() {
  const HeadState state = co_await read_head();
  if (state == HeadState::closed) co_return false;
  start_record();
  if (state == HeadState::refused) {
    Refusal refusal = std::move(*refusal_);
    co_return co_await refuse(nullptr, std::move(refusal));
  }
  const bool valid = request_.start(head_, received_);
  body_.start(head_, *parser_);
  end_unpacking();
  if (!valid) {
    Refusal refusal = make_refusal(400, ErrorCode::invalid_argument, "The path's percent-encoding is malformed.");
    co_return co_await refuse(nullptr, std::move(refusal));
  }
  if (auto refusal = check_request()) co_return co_await refuse(&request_, std::move(*refusal));

  Response response = co_await respond();
  const bool keep_alive = head_.keep_alive && !worker_.leaving() && body_.can_drain();
  const bool sent = co_await write(std::move(response), keep_alive);
  if (!sent || !keep_alive) co_return false;
  if (!body_.finished()) {
    const bool drained = co_await body_.drain();
    if (!drained) {
      linger_ = Stream::WaitKind::in_exchange;
      co_return false;
    }
  }
  body_.finish();
  co_return true;
}

Task<Connection::HeadState> Connection::read_head() {
  head_.clear();
  head_size_ = 0;
  head_deadlines_ = {};
  HeadScanner scanner;
  for (;;) {
    // Empty lines before a request are skipped (RFC 9112, 2.2).
    while (input_.available().starts_with("\r\n")) {
      input_.consume(2);
      scanner = {};
    }
    const std::string_view available = input_.available();
    const HeadScanner::State state = scanner.scan(available);
    if (state == HeadScanner::State::complete) co_return parse_head(scanner.size());
    if (state == HeadScanner::State::malformed) {
      refusal_ = make_refusal(400, ErrorCode::invalid_argument, "A line of the request does not end in CR LF.");
      co_return HeadState::refused;
    }
    if (available.size() >= options_.max_header_bytes) co_return head_too_large(scanner.in_first_line());
    const HeadState received = co_await receive_head(!available.empty());
    if (received != HeadState::ready) co_return received;
  }
}

Connection::HeadState Connection::parse_head(std::size_t size) {
  if (size > options_.max_header_bytes) return head_too_large(false);
  head_size_ = size;
  parser_.emplace(head_);
  refusal_ = parser_->parse_head(input_.available().substr(0, size));
  input_.consume(size);
  return refusal_ ? HeadState::refused : HeadState::ready;
}

Connection::HeadState Connection::head_too_large(bool in_first_line) {
  refusal_ = in_first_line
                 ? make_refusal(414, ErrorCode::too_large, "The request's target is too long.")
                 : make_refusal(431, ErrorCode::too_large,
                                fmt::format("The headers are longer than {} bytes.", options_.max_header_bytes));
  return HeadState::refused;
}

// More bytes of a head; `started` when some are there.
Task<Connection::HeadState> Connection::receive_head(bool started) {
  if (!started) input_.shrink();
  input_.make_room(options_.max_header_bytes);
  const Clock::time_point now = Clock::now();
  auto& deadline = started ? head_deadlines_.head : head_deadlines_.idle;
  if (!deadline) deadline = now + (started ? options_.header_timeout : options_.idle_timeout);
  const Received received = co_await stream_.receive(
      input_.room(), *deadline, started ? Stream::WaitKind::in_exchange : Stream::WaitKind::between_exchanges);
  switch (received.kind) {
    case Received::Kind::data:
      input_.commit(received.size);
      if (!started) {
        received_ = vidi::now();
        begin_ = Clock::now();
      }
      co_return HeadState::ready;
    case Received::Kind::timed_out:
      if (!started) co_return HeadState::closed;
      refusal_ = make_refusal(408, ErrorCode::deadline_exceeded, "The request did not arrive in time.");
      co_return HeadState::refused;
    case Received::Kind::end:
      if (!started) co_return HeadState::closed;
      refusal_ = make_refusal(400, ErrorCode::invalid_argument, "The request ends before its end.");
      co_return HeadState::refused;
    case Received::Kind::stopped:
    case Received::Kind::failed:
      break;
  }
  co_return HeadState::closed;
}

std::optional<Refusal> Connection::check_request() {
  if (body_.size().value_or(0) > options_.max_body_bytes) {
    return make_refusal(413, ErrorCode::too_large,
                        fmt::format("The body is longer than {} bytes.", options_.max_body_bytes));
  }
  return body_.size() != 0 ? unpack_body() : std::nullopt;
}

std::optional<Refusal> Connection::unpack_body() {
  const auto coding = content_coding(head_);
  if (!coding) {
    return make_refusal(415, ErrorCode::unsupported_media,
                        fmt::format("The body's Content-Encoding must be one of {}.", kReadCodings));
  }
  if (*coding != Coding::identity) {
    unpacked_.emplace(body_, *coding, options_.max_body_bytes);
    request_.set_body(*unpacked_);
  }
  return std::nullopt;
}

void Connection::end_unpacking() {
  request_.set_body(body_);
  unpacked_.reset();
}

Task<Response> Connection::respond() {
  if (head_.target == "*") {
    Response options{.status = 204, .content_type = {}, .body = {}, .headers = {}};
    co_return options;
  }
  Router::Match match = state_.router.find(request_.method(), request_.path());
  record_.route = match.pattern;
  if (match.handler == nullptr) co_return unrouted(match);
  request_.set_parameters(std::move(match.parameters));
  Response response = co_await handle(match);
  end_unpacking();
  if (const std::string_view mistake = mistake_in(response); !mistake.empty()) {
    spdlog::error("{} {}: the response cannot be sent: {}", head_.method, head_.target, mistake);
    co_return error_response(&request_, make_refusal(500, ErrorCode::internal, "The answer could not be made."));
  }
  if (match.pack && response.body.size() >= kLeastPacked) pack(response, request_.header("Accept-Encoding"));
  co_return response;
}

Task<Response> Connection::handle(const Router::Match& match) {
  const Slot slot(state_, match.priority);
  if (!slot.granted()) {
    const Refusal refusal = make_refusal(503, ErrorCode::overloaded, "There are too many requests: try again later.");
    co_return error_response(&request_, refusal);
  }
  try {
    Response response = co_await (*match.handler)(request_);
    co_return response;
  } catch (const std::exception& error) {
    spdlog::error("{} {}: {}", head_.method, head_.target, error.what());
  } catch (...) {
    spdlog::error("{} {}: an exception of unknown type", head_.method, head_.target);
  }
  co_return error_response(&request_, make_refusal(500, ErrorCode::internal, "Something went wrong in the server."));
}

Response Connection::unrouted(const Router::Match& match) {
  if (match.allow.empty()) {
    return error_response(&request_, make_refusal(404, ErrorCode::not_found, "There is nothing at this path."));
  }
  Response response;
  if (head_.method == "OPTIONS") {
    response.status = 204;
  } else {
    response =
        error_response(&request_, make_refusal(405, ErrorCode::invalid_argument,
                                               fmt::format("The method is not allowed here; {} are.", match.allow)));
  }
  response.headers.emplace_back("Allow", match.allow);
  return response;
}

Response Connection::error_response(const Request* request, const Refusal& refusal) {
  Response response;
  try {
    response = state_.error_page(request, refusal.status, refusal.error);
    const std::string_view mistake = mistake_in(response);
    if (!mistake.empty()) throw std::runtime_error(std::string(mistake));
  } catch (const std::exception& error) {
    spdlog::error("the page of error {} could not be made: {}", refusal.status, error.what());
    response = Response{.status = refusal.status,
                        .content_type = "text/plain; charset=utf-8",
                        .body = refusal.error.message + "\n",
                        .headers = {}};
  }
  if (refusal.status == 415) response.headers.emplace_back("Accept-Encoding", kReadCodings);
  record_.error = refusal.error.code;
  if (refusal.status == 503 && !has_header(response, "Retry-After")) {
    response.headers.emplace_back("Retry-After", kRetryAfter);
  }
  return response;
}

Task<bool> Connection::write(Response response, bool keep_alive) {
  if (!record_.request_id.empty()) response.headers.emplace_back("X-Request-Id", record_.request_id);
  const Clock::time_point begin = Clock::now();
  const Framing framing{.date = worker_.date(),
                        .keep_alive = keep_alive,
                        .http_1_0 = head_.version == 10,
                        .head_only = head_.method == "HEAD"};
  output_.clear();
  append_head(output_, response, framing);
  std::string_view body = sends_body(response, framing) ? std::string_view(response.body) : std::string_view();
  if (body.size() <= kJoinedBody) {
    output_ += body;
    body = {};
  }
  std::string_view head = output_;
  const std::size_t size = head.size() + body.size();
  bool sent = stream_.send_now(head, body);
  if (sent && !(head.empty() && body.empty())) {
    sent = co_await stream_.send(head, body, Clock::now() + options_.write_timeout);
  }
  record_.stages.add(telemetry::Stage::write, begin, Clock::now());
  finish_record(response, size, sent);
  if (output_.capacity() > kKeptOutput) output_ = {};
  if (sent && !keep_alive)
    linger_ = body_.finished() ? Stream::WaitKind::between_exchanges : Stream::WaitKind::in_exchange;
  co_return sent;
}

// What is known of a request when its head has been read, as far as it could be.
void Connection::start_record() {
  if (options_.observer == nullptr) return;
  record_ = {};
  record_.method = head_.method;
  record_.path = head_.path.empty() ? head_.target.substr(0, head_.target.find('?')) : head_.path;
  if (secure_) record_.scheme = "https";
  record_.remote_address = request_.remote_address();
  record_.arrived = received_;
  record_.begin = begin_;
  std::optional<telemetry::TraceParent> parent;
  bool has_parent = false;
  for (const Field& field : head_.fields) {
    if (equal_ignoring_case(field.name, "user-agent")) {
      record_.user_agent = field.value;
    } else if (equal_ignoring_case(field.name, "x-request-id")) {
      if (telemetry::is_request_id(field.value)) record_.request_id = field.value;
    } else if (equal_ignoring_case(field.name, "traceparent")) {
      // More than one is none (Trace Context, 3.2.1).
      parent = has_parent ? std::nullopt : telemetry::parse_traceparent(field.value);
      has_parent = true;
    }
  }
  record_.trace = options_.observer->start(parent);
}

// Of a request that is refused before any of it is read.
void Connection::start_unread_record() {
  received_ = vidi::now();
  begin_ = Clock::now();
  start_record();
}

void Connection::finish_record(const Response& response, std::size_t size, bool sent) {
  if (options_.observer == nullptr) return;
  record_.status = response.status;
  record_.bytes_in = head_size_ + body_.received();
  record_.bytes_out = size;
  record_.end = record_.stages[telemetry::Stage::write].end;
  record_.sent = sent;
  if (const auto end = body_.end()) record_.stages.add(telemetry::Stage::receive, record_.begin, *end);
  options_.observer->finish(record_);
}

// The connection ends after it, since where the next request begins is not known.
Task<bool> Connection::refuse(const Request* request, Refusal refusal) {
  Response response = error_response(request, refusal);
  const bool sent = co_await write(std::move(response), false);
  if (sent) linger_ = Stream::WaitKind::in_exchange;
  co_return false;
}

// A socket that is closed while the client still sends is reset, and the client may lose its answer. So what it sends
// is thrown away until it sees the end of the answer (RFC 9112, 9.6).
Task<void> Connection::linger() {
  if (stream_.at_end() || !linger_) co_return;
  stream_.finish_sending();
  input_.rewind(0);
  const Clock::time_point deadline = Clock::now() + std::min(kLingerTime, options_.body_timeout);
  for (;;) {
    const Received received = co_await stream_.receive(input_.room(), deadline, *linger_);
    if (received.kind != Received::Kind::data) co_return;
  }
}

}  // namespace vidi::http
