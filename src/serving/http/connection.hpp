#pragma once
// One client's connection: reads requests one after the other, has them handled, and writes the answers.

#include <memory>
#include <optional>
#include <string>

#include "http/body_reader.hpp"
#include "http/content_encoding.hpp"
#include "http/incoming_request.hpp"
#include "http/worker.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::http {

class Connection {
 public:
  // Counts as one of the server's connections (or refusals) until it is destroyed. On the worker's thread.
  Connection(Worker& worker, boost::asio::ip::tcp::socket socket, std::string remote_address, Worker::Purpose purpose);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&&) = delete;
  Connection& operator=(Connection&&) = delete;

  // The whole life of the connection.
  static Task<void> run(std::unique_ptr<Connection> connection);

 private:
  enum class HeadState { ready, refused, closed };

  Task<bool> start_tls();      // whether requests may follow
  Task<bool> serve_request();  // whether another may follow
  Task<HeadState> read_head();
  Task<HeadState> receive_head(bool started);
  HeadState parse_head(std::size_t size);
  HeadState head_too_large(bool in_first_line);

  [[nodiscard]] std::optional<Refusal> check_request();
  [[nodiscard]] std::optional<Refusal> unpack_body();
  void end_unpacking();
  Task<Response> respond();
  Task<Response> handle(const Router::Match& match);
  Response unrouted(const Router::Match& match);
  Response error_response(const Request* request, const Refusal& refusal);

  void start_record();
  void start_unread_record();
  void finish_record(const Response& response, std::size_t size, bool sent);

  Task<bool> write(Response response, bool keep_alive);
  Task<bool> refuse(const Request* request, Refusal refusal);
  Task<void> linger();

  Worker& worker_;
  ServerState& state_;
  const ServerOptions& options_;
  Worker::Purpose purpose_;
  bool secure_ = false;  // by TLS
  Stream stream_;
  InputBuffer input_;
  RequestHead head_;
  std::optional<RequestParser> parser_;
  BodyReader body_;
  std::optional<DecodingBody> unpacked_;  // of a request that is sent packed
  telemetry::RequestRecord record_;       // of the request, when there is an observer
  IncomingRequest request_;
  Worker::Streams::iterator place_;
  struct HeadDeadlines {
    std::optional<Clock::time_point> idle;  // for the first byte
    std::optional<Clock::time_point> head;  // for the rest, from the first byte on
  };
  HeadDeadlines head_deadlines_;
  Timestamp received_;         // when bytes came last
  Clock::time_point begin_;    // the same moment
  std::size_t head_size_ = 0;  // of the request, in bytes
  std::optional<Refusal> refusal_;
  std::string output_;
  // Set when the client has to see an answer before the connection ends; busy: while it may still be sending.
  std::optional<Stream::WaitKind> linger_;
};

}  // namespace vidi::http
