#pragma once
// Looks for a cluster until it answers and everything is prepared, while the program goes on.

#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "cassandra/session.hpp"
#include "core/backoff.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace vidi::cassandra {

// `Ready` is what there is once the cluster has answered, for example a session with its statements. Any thread.
template <typename Ready>
class Connector {
 public:
  // Makes what is wanted of a new session. Called again, with another session, when it fails.
  using Prepare = std::function<Task<Result<Ready>>(std::unique_ptr<Session> session)>;

  // `name` of what is connected, for the log: "records".
  Connector(std::string name, Cluster cluster, Prepare prepare)
      : name_(std::move(name)), cluster_(std::move(cluster)), prepare_(std::move(prepare)) {
    spawn(context_.get_executor(), connect());
    thread_ = std::jthread([this] { context_.run(); });
  }

  // An attempt that is under way is waited for: its answer comes back here.
  ~Connector() {
    boost::asio::post(context_, [this] {
      stopping_ = true;
      pause_.cancel();
    });
  }
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;
  Connector(Connector&&) = delete;
  Connector& operator=(Connector&&) = delete;

  // Error: unavailable, until the cluster has answered.
  Result<std::shared_ptr<const Ready>> get() {
    const std::scoped_lock lock(mutex_);
    if (ready_) return ready_;
    // Why is for the log: a client can do nothing about it but wait.
    return fail(ErrorCode::unavailable, "Cassandra cannot be reached now");
  }

 private:
  // Until there is a connection: from then on the driver looks after it.
  Task<void> connect() {
    Backoff backoff(std::chrono::milliseconds(100), std::chrono::milliseconds(5000));
    while (!stopping_) {
      auto made = co_await try_once();
      if (made) {
        spdlog::info("{}: connected to Cassandra", name_);
        const std::scoped_lock lock(mutex_);
        ready_ = std::make_shared<const Ready>(std::move(*made));
        co_return;
      }
      note(made.error());
      if (stopping_) co_return;
      pause_.expires_after(backoff.next());
      boost::system::error_code cancelled;
      co_await pause_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
  }

  Task<Result<Ready>> try_once() {
    auto session = co_await Session::connect(cluster_);
    if (!session) co_return forward_error(session);
    co_return co_await prepare_(std::move(*session));
  }

  // Says each reason once.
  void note(const Error& error) {
    if (error == why_not_) return;
    spdlog::warn("{}: {}; it is tried again", name_, error.message);
    why_not_ = error;
  }

  const std::string name_;
  const Cluster cluster_;
  const Prepare prepare_;
  std::mutex mutex_;
  std::shared_ptr<const Ready> ready_;  // absent: not yet
  Error why_not_;                       // of the connector's own thread
  boost::asio::io_context context_{1};
  boost::asio::steady_timer pause_{context_};  // of the connector's own thread, as is `stopping_`
  bool stopping_ = false;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace vidi::cassandra
