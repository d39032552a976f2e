#include "http/worker.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "core/task.hpp"
#include "http/connection.hpp"

namespace vidi::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// Deadlines are kept to an eighth of the shortest, and half a second at worst.
Clock::duration sweep_interval(const ServerOptions& options) {
  const milliseconds shortest =
      std::min({options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return std::clamp(shortest / 8, milliseconds(1), milliseconds(500));
}

void report(const std::exception_ptr& thrown) {
  if (!thrown) return;
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    spdlog::error("a connection ended by an exception: {}", error.what());
  }
}

}  // namespace

AcceptedSocket::AcceptedSocket(int descriptor, asio::ip::tcp::endpoint peer)
    : descriptor_(descriptor), peer_(std::move(peer)) {}

AcceptedSocket::~AcceptedSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

AcceptedSocket::AcceptedSocket(AcceptedSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), peer_(std::move(other.peer_)) {}

// Only the thread that runs the context uses its sockets, so their locks are left out; other threads post to it.
Worker::Worker(ServerState& state)
    : state_(state),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      work_(asio::make_work_guard(context_)),
      sweep_timer_(context_),
      cut_timer_(context_),
      sweep_interval_(sweep_interval(state.options)) {}

void Worker::adopt(AcceptedSocket socket, Purpose purpose) {
  ++load_;
  asio::post(context_, [this, purpose, socket = std::move(socket)]() mutable { start(std::move(socket), purpose); });
}

void Worker::start(AcceptedSocket accepted, Purpose purpose) {
  asio::ip::tcp::socket socket(context_);
  boost::system::error_code error;
  socket.assign(accepted.peer().protocol(), accepted.descriptor(), error);
  if (!error) accepted.release();
  if (!error) socket.set_option(asio::ip::tcp::no_delay(true), error);
  auto connection =
      std::make_unique<Connection>(*this, std::move(socket), accepted.peer().address().to_string(), purpose);
  if (error) return;
  spawn(context_.get_executor(), Connection::run(std::move(connection)), report);
}

void Worker::stop() {
  asio::post(context_, [this] {
    if (stopping_) return;
    stopping_ = true;
    for (Stream* const stream : streams_) stream->stop();
    cut_timer_.expires_after(state_.options.stop_timeout);
    cut_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) cut();
    });
    finish_when_empty();
  });
}

void Worker::cut() {
  asio::post(context_, [this] {
    for (Stream* const stream : streams_) stream->cut();
  });
}

Worker::Streams::iterator Worker::add(Stream& stream) {
  const auto place = streams_.insert(streams_.end(), &stream);
  schedule_sweep();
  return place;
}

void Worker::remove(Streams::iterator place) {
  streams_.erase(place);
  --load_;
  finish_when_empty();
}

void Worker::schedule_sweep() {
  if (sweeping_ || streams_.empty()) return;
  sweeping_ = true;
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    sweeping_ = false;
    if (!error) sweep();
  });
}

void Worker::sweep() {
  const Clock::time_point now = Clock::now();
  for (Stream* const stream : streams_) stream->check_deadline(now);
  schedule_sweep();
}

void Worker::finish_when_empty() {
  if (!stopping_ || !streams_.empty()) return;
  sweep_timer_.cancel();
  cut_timer_.cancel();
  work_.reset();
}

}  // namespace vidi::http
