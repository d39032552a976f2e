#include "records/cassandra/cassandra_store.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "cassandra/address.hpp"
#include "core/when_all.hpp"
#include "records/cassandra/reader.hpp"
#include "records/cassandra/schema.hpp"
#include "records/cassandra/statements.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::Address;
using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Session;
using vidi::cassandra::Write;

struct Connection {
  std::unique_ptr<Session> session;
  Layout layout;
  Statements statements;
};

// The listings that are known to be in the cluster, so that they are written once and not with every prediction.
class KnownListings {
 public:
  std::vector<Listing> unknown_of(const Prediction& prediction) {
    std::vector<Listing> listings = listings_of(prediction);
    const std::scoped_lock lock(mutex_);
    std::erase_if(listings, [&](const Listing& listing) { return known_.contains(listing); });
    return listings;
  }

  void add(std::vector<Listing> listings) {
    if (listings.empty()) return;
    const std::scoped_lock lock(mutex_);
    constexpr std::size_t kMost = 100'000;
    if (known_.size() > kMost) known_.clear();
    known_.insert(std::make_move_iterator(listings.begin()), std::make_move_iterator(listings.end()));
  }

 private:
  std::mutex mutex_;
  std::set<Listing> known_;
};

struct Options {
  SchemaOptions schema;
  std::chrono::seconds lifetime{0};
};

int number_from(const std::string& name, const std::string& text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    throw std::runtime_error(fmt::format("{}={} is not a number from {} to {}", name, text, least, most));
  }
  return value;
}

Options options_from(Address& address) {
  Options options;
  options.schema.keyspace = address.keyspace;
  options.schema.replication = address.replication;
  if (const auto mirror = address.take("mirror")) {
    if (*mirror != "cnn_table") throw std::runtime_error(fmt::format("mirror={} is not known: cnn_table is", *mirror));
    options.schema.mirror_cnn_table = true;
  }
  if (const auto text = address.take("shards")) options.schema.shards = number_from("shards", *text, 1, 127);
  if (const auto text = address.take("lifetime_days")) {
    // Cassandra's own limit is 20 years.
    options.lifetime = std::chrono::days(number_from("lifetime_days", *text, 1, 7300));
  }
  if (!address.options.empty()) {
    throw std::runtime_error(fmt::format("the option {} of a record store in Cassandra is not known: consistency, "
                                         "replication, datacenter, timeout_ms, connect_timeout_ms, in_flight, mirror, "
                                         "shards and lifetime_days are",
                                         address.options.begin()->first));
  }
  return options;
}

class CassandraStore final : public RecordStore {
 public:
  CassandraStore(vidi::cassandra::Cluster cluster, Options options)
      : cluster_(std::move(cluster)), options_(std::move(options)) {
    boost::asio::co_spawn(background_, connect(), boost::asio::detached);
    thread_ = std::jthread([this] { background_.run(); });
  }

  ~CassandraStore() override { background_.stop(); }
  CassandraStore(const CassandraStore&) = delete;
  CassandraStore& operator=(const CassandraStore&) = delete;
  CassandraStore(CassandraStore&&) = delete;
  CassandraStore& operator=(CassandraStore&&) = delete;

  Task<Result<void>> append(Prediction prediction) override {
    const auto connection = connected();
    if (!connection) co_return std::unexpected(connection.error());
    const auto& [session, layout, statements] = **connection;
    std::vector<Write> writes = writes_to_append(prediction, statements, layout);
    std::vector<Listing> listings = known_.unknown_of(prediction);
    for (const Listing& listing : listings) writes.push_back(write_to_list(listing, statements));
    if (prediction.correction) {
      std::ranges::move(writes_to_correct(prediction, *prediction.correction, statements, layout),
                        std::back_inserter(writes));
    }
    auto written = co_await write(*session, std::move(writes));
    if (written) known_.add(std::move(listings));
    co_return written;
  }

  Task<Result<std::optional<Prediction>>> find(Uuid id) override {
    const auto connection = connected();
    if (!connection) co_return std::unexpected(connection.error());
    const auto& [session, layout, statements] = **connection;
    co_return co_await read_one(*session, statements, layout, id);
  }

  Task<Result<Page>> list(Query query) override {
    const auto connection = connected();
    if (!connection) co_return std::unexpected(connection.error());
    const auto& [session, layout, statements] = **connection;
    co_return co_await read_page(*session, statements, layout, std::move(query));
  }

  Task<Result<bool>> correct(Uuid id, Correction correction) override {
    const auto connection = connected();
    if (!connection) co_return std::unexpected(connection.error());
    const auto& [session, layout, statements] = **connection;
    auto prediction = co_await read_one(*session, statements, layout, id);
    if (!prediction) co_return forward_error(prediction);
    if (!*prediction) co_return false;
    auto written = co_await write(*session, writes_to_correct(**prediction, correction, statements, layout));
    if (!written) co_return forward_error(written);
    co_return true;
  }

  Task<Result<Forgotten>> forget(Uuid id) override {
    const auto connection = connected();
    if (!connection) co_return std::unexpected(connection.error());
    const auto& [session, layout, statements] = **connection;
    auto prediction = co_await read_one(*session, statements, layout, id);
    if (!prediction) co_return forward_error(prediction);
    Forgotten forgotten;
    if (!*prediction) co_return forgotten;
    auto written = co_await write(*session, writes_to_forget(**prediction, statements, layout));
    if (!written) co_return forward_error(written);
    forgotten.existed = true;
    if (!(*prediction)->image) co_return forgotten;
    CellWriter image;
    image.text(to_string(*(*prediction)->image));
    auto others = co_await session->execute(statements.find_image, std::move(image), {});
    if (!others) co_return forward_error(others);
    if (others->count == 0) forgotten.orphan = (*prediction)->image;
    co_return forgotten;
  }

  Task<Result<void>> check() override {
    const auto connection = connected();
    if (!connection) co_return std::unexpected(connection.error());
    const auto& [session, layout, statements] = **connection;
    const std::string statement = fmt::format("SELECT value FROM {}.vidi_schema WHERE name = 'version'", layout.keyspace);
    auto rows = co_await session->query(statement);
    if (!rows) co_return forward_error(rows);
    co_return Result<void>();
  }

 private:
  // Until there is a connection: then the driver looks after it.
  Task<void> connect() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    constexpr std::chrono::milliseconds kFirstPause(100);
    constexpr std::chrono::milliseconds kLongestPause(5000);
    for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
      auto made = co_await make_connection();
      if (made) {
        spdlog::info("Cassandra: connected, keyspace {}", options_.schema.keyspace);
        const std::scoped_lock lock(mutex_);
        connection_ = std::move(*made);
        co_return;
      }
      note(made.error());
      timer.expires_after(pause);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }

  Task<Result<std::shared_ptr<const Connection>>> make_connection() {
    auto connection = std::make_shared<Connection>();
    auto session = co_await Session::connect(cluster_);
    if (!session) co_return forward_error(session);
    connection->session = std::move(*session);
    const auto shards = co_await ensure_schema(*connection->session, options_.schema);
    if (!shards) co_return std::unexpected(shards.error());
    connection->layout = {.keyspace = options_.schema.keyspace,
                          .shards = *shards,
                          .mirror_cnn_table = options_.schema.mirror_cnn_table,
                          .lifetime = options_.lifetime};
    auto statements = co_await prepare(*connection->session, connection->layout);
    if (!statements) co_return forward_error(statements);
    connection->statements = std::move(*statements);
    co_return connection;
  }

  // Says each reason once.
  void note(const Error& error) {
    const std::scoped_lock lock(mutex_);
    if (error == why_not_) return;
    spdlog::warn("{}; it is tried again", error.message);
    why_not_ = error;
  }

  Result<std::shared_ptr<const Connection>> connected() {
    const std::scoped_lock lock(mutex_);
    if (connection_) return connection_;
    // Why is for the log: a client can do nothing about it but wait.
    return fail(ErrorCode::unavailable, "Cassandra cannot be reached now");
  }

  // One message, or one for each when they are large: Cassandra refuses a batch of more than 50 KB.
  static Task<Result<void>> write(Session& session, std::vector<Write> writes) {
    constexpr std::size_t kLargest = std::size_t{32} << 10U;
    std::size_t size = 0;
    for (const Write& one : writes) size += one.values.bytes().size();
    if (size <= kLargest) co_return co_await session.execute_all(std::move(writes));
    std::vector<Task<Result<void>>> tasks;
    for (Write& one : writes) tasks.push_back(write_one(session, std::move(one)));
    for (auto& done : co_await when_all(std::move(tasks))) {
      if (!done) co_return forward_error(done);
    }
    co_return Result<void>();
  }

  static Task<Result<void>> write_one(Session& session, Write one) {
    auto done = co_await session.execute(one.statement, std::move(one.values), {});
    if (!done) co_return forward_error(done);
    co_return Result<void>();
  }

  const vidi::cassandra::Cluster cluster_;
  const Options options_;
  std::mutex mutex_;
  std::shared_ptr<const Connection> connection_;  // absent: not yet
  Error why_not_;
  KnownListings known_;
  boost::asio::io_context background_{1};
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<RecordStore> open_store(const std::string& url, const vidi::cassandra::Access& access) {
  auto address = vidi::cassandra::parse_address(url);
  if (!address) throw std::runtime_error(address.error().message);
  Options options = options_from(*address);
  address->cluster.access = access;
  return std::make_unique<CassandraStore>(std::move(address->cluster), std::move(options));
}

}  // namespace vidi::records::cassandra
