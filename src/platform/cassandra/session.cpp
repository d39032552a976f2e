#include "cassandra/session.hpp"

#include <vidi-cassandra/src/lib.rs.h>

#include <utility>

#include "cassandra/waiter.hpp"

namespace vidi::cassandra {
namespace {

// What the bridge calls back with: a session, or an answer.
struct Outcome {
  std::optional<rust::Box<bridge::Session>> session;
  bridge::Answer answer;
};

class Waiter final : public bridge::Waiter {
 public:
  explicit Waiter(Completion<Outcome> completion) : completion_(std::move(completion)) {}

  void done(bridge::Answer answer) override { completion_({.session = std::nullopt, .answer = std::move(answer)}); }
  void connected(rust::Box<bridge::Session> session) override {
    completion_({.session = std::move(session), .answer = {}});
  }

 private:
  Completion<Outcome> completion_;
};

// Calls `start` with a waiter, and waits for it.
template <typename Start>
Task<Outcome> outcome_of(Start start) {
  return wait_for<Outcome>([start = std::move(start)](Completion<Outcome> completion) mutable {
    start(std::make_unique<Waiter>(std::move(completion)));
  });
}

std::unexpected<Error> error_of(const bridge::Answer& answer) {
  const std::string message = "Cassandra: " + std::string(answer.message);
  switch (answer.failure) {
    case bridge::Failure::denied:
      return fail(ErrorCode::forbidden, message);
    case bridge::Failure::invalid:
      return fail(ErrorCode::invalid_argument, message);
    default:
      return fail(ErrorCode::unavailable, message);
  }
}

Bytes bytes_of(const rust::Vec<std::uint8_t>& bytes) {
  const auto view = std::as_bytes(std::span(bytes.data(), bytes.size()));
  return {view.begin(), view.end()};
}

rust::Slice<const std::uint8_t> slice_of(ByteView bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

Result<Rows> rows_of(const Outcome& outcome) {
  if (outcome.answer.failure != bridge::Failure::none) return error_of(outcome.answer);
  return Rows{
      .count = outcome.answer.rows, .cells = bytes_of(outcome.answer.cells), .next = bytes_of(outcome.answer.next)};
}

class BridgedSession final : public Session {
 public:
  explicit BridgedSession(rust::Box<bridge::Session> session) : session_(std::move(session)) {}

  Task<Result<Rows>> query(std::string statement) override {
    const Outcome outcome =
        co_await outcome_of([&](std::unique_ptr<Waiter> waiter) { session_->query(statement, std::move(waiter)); });
    co_return rows_of(outcome);
  }

  Task<Result<Statement>> prepare(std::string statement, std::int32_t page) override {
    const Outcome outcome = co_await outcome_of(
        [&](std::unique_ptr<Waiter> waiter) { session_->prepare(statement, true, page, std::move(waiter)); });
    if (outcome.answer.failure != bridge::Failure::none) co_return error_of(outcome.answer);
    co_return Statement{outcome.answer.statement};
  }

  Task<Result<Rows>> execute(Statement statement, CellWriter values, Bytes from) override {
    const Outcome outcome = co_await outcome_of([&](std::unique_ptr<Waiter> waiter) {
      session_->execute(statement.number, slice_of(values.bytes()), slice_of(from), std::move(waiter));
    });
    co_return rows_of(outcome);
  }

  Task<Result<void>> execute_all(std::vector<Write> writes) override {
    std::vector<std::size_t> statements;
    statements.reserve(writes.size());
    std::size_t size = 0;
    for (const Write& write : writes) size += write.values.bytes().size();
    Bytes cells;
    cells.reserve(size);
    for (const Write& write : writes) {
      statements.push_back(write.statement.number);
      cells.insert(cells.end(), write.values.bytes().begin(), write.values.bytes().end());
    }
    const Outcome outcome = co_await outcome_of([&](std::unique_ptr<Waiter> waiter) {
      session_->execute_all({statements.data(), statements.size()}, slice_of(cells), std::move(waiter));
    });
    if (outcome.answer.failure != bridge::Failure::none) co_return error_of(outcome.answer);
    co_return Result<void>();
  }

 private:
  const rust::Box<bridge::Session> session_;
};

bridge::Cluster bridged(const Cluster& cluster) {
  bridge::Cluster bridged{};
  for (const std::string& host : cluster.hosts) bridged.hosts.push_back(host);
  bridged.user = cluster.access.user;
  bridged.password = cluster.access.password;
  bridged.tls = cluster.access.tls;
  bridged.authorities = cluster.access.authorities;
  bridged.certificate = cluster.access.certificate;
  bridged.key = cluster.access.key;
  bridged.consistency = static_cast<std::uint16_t>(cluster.consistency);
  bridged.datacenter = cluster.datacenter;
  bridged.request_milliseconds = static_cast<std::uint64_t>(cluster.request_timeout.count());
  bridged.connect_milliseconds = static_cast<std::uint64_t>(cluster.connect_timeout.count());
  bridged.in_flight = cluster.in_flight;
  return bridged;
}

}  // namespace

Task<Result<std::unique_ptr<Session>>> Session::connect(Cluster cluster) {
  Outcome outcome = co_await outcome_of(
      [&](std::unique_ptr<Waiter> waiter) { bridge::connect(bridged(cluster), std::move(waiter)); });
  if (!outcome.session) co_return error_of(outcome.answer);
  co_return std::make_unique<BridgedSession>(std::move(*outcome.session));
}

}  // namespace vidi::cassandra
