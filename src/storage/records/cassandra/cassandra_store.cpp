#include "records/cassandra/cassandra_store.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "cassandra/access.hpp"
#include "cassandra/address.hpp"
#include "cassandra/connector.hpp"
#include "cassandra/tables.hpp"
#include "records/cassandra/appender.hpp"
#include "records/cassandra/migration.hpp"
#include "records/cassandra/plain_table.hpp"
#include "records/cassandra/reader.hpp"
#include "records/cassandra/schema.hpp"
#include "records/cassandra/statements.hpp"
#include "records/cassandra/tallies.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::Address;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Session;

struct Options {
  SchemaOptions schema;
  std::chrono::seconds lifetime{0};
};

std::optional<int> number_from(Address& address, const std::string& name, int least, int most) {
  const auto number = take_number(address.options, name, least, most);
  if (!number) throw std::runtime_error(number.error().message);
  return *number;
}

Options options_from(Address& address) {
  Options options;
  options.schema.keyspace = address.keyspace;
  options.schema.replication = address.replication;
  if (const auto mirror = take_option(address.options, "mirror")) {
    if (*mirror != "cnn_table") throw std::runtime_error(fmt::format("mirror={} is not known: cnn_table is", *mirror));
    options.schema.mirror_cnn_table = true;
  }
  if (const auto shards = number_from(address, "shards", 1, 127)) options.schema.shards = *shards;
  // Cassandra's own limit is 20 years.
  if (const auto days = number_from(address, "lifetime_days", 1, 7300)) options.lifetime = std::chrono::days(*days);
  if (!address.options.empty()) {
    throw std::runtime_error(
        fmt::format("the option {} of a record store in Cassandra is not known: consistency, "
                    "replication, datacenter, timeout_ms, connect_timeout_ms, in_flight, mirror, "
                    "shards and lifetime_days are",
                    address.options.begin()->first));
  }
  return options;
}

Task<Result<Connection>> prepare_records(std::unique_ptr<Session> session, Options options) {
  const auto schema = co_await ensure_schema(*session, options.schema);
  if (!schema) co_return forward_error(schema);
  Connection connection;
  connection.session = std::move(session);
  connection.layout.keyspace = options.schema.keyspace;
  connection.layout.shards = schema->shards;
  connection.layout.mirror_cnn_table = options.schema.mirror_cnn_table;
  connection.layout.lifetime = options.lifetime;
  connection.layout.keep_tallies = schema->keep_tallies;
  auto statements = co_await prepare(*connection.session, connection.layout);
  if (!statements) co_return forward_error(statements);
  connection.statements = *statements;
  if (schema->version != kSchemaVersion) {
    spdlog::info("records: bringing the tables of {} from version {} to {}", options.schema.keyspace, schema->version,
                 kSchemaVersion);
    const auto rewritten = co_await rewrite_all(*connection.session, connection.statements, connection.layout);
    if (!rewritten) co_return forward_error(rewritten);
    const auto finished = co_await finish_schema(*connection.session, options.schema);
    if (!finished) co_return forward_error(finished);
    spdlog::info("records: {} predictions have been brought up to date", *rewritten);
  }
  co_return connection;
}

class CassandraStore final : public RecordStore {
 public:
  CassandraStore(vidi::cassandra::Cluster cluster, const Options& options)
      : connector_("records", std::move(cluster), [options](std::unique_ptr<Session> session) {
          return prepare_records(std::move(session), options);
        }) {}

  Task<Result<void>> append(Prediction prediction) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    co_return co_await appender_.append(*connection, std::move(prediction));
  }

  Task<Result<std::optional<Prediction>>> find(Uuid id) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto& [session, layout, statements] = **connection;
    co_return co_await read_one(*session, statements, layout, id);
  }

  Task<Result<Page>> list(Query query) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto& [session, layout, statements] = **connection;
    co_return co_await read_page(*session, statements, layout, std::move(query));
  }

  Task<Result<Tallies>> tally(Hours hours) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto& [session, layout, statements] = **connection;
    co_return co_await tallier_.read(*session, statements, layout, hours);
  }

  Task<Result<bool>> correct(Uuid id, Correction correction) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto& [session, layout, statements] = **connection;
    auto prediction = co_await read_one(*session, statements, layout, id);
    if (!prediction) co_return forward_error(prediction);
    if (!*prediction) co_return false;
    auto written = co_await session->execute_all(writes_to_correct(**prediction, correction, statements, layout));
    std::set<Hour> changed{hour_of(id)};
    if (written) written = co_await mark_changed(*session, statements, std::move(changed));
    if (!written) co_return forward_error(written);
    co_return true;
  }

  Task<Result<Forgotten>> forget(Uuid id) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto& [session, layout, statements] = **connection;
    auto prediction = co_await read_one(*session, statements, layout, id);
    if (!prediction) co_return forward_error(prediction);
    Forgotten forgotten;
    if (!*prediction) co_return forgotten;
    auto written = co_await session->execute_all(writes_to_forget(**prediction, statements, layout));
    std::set<Hour> changed{hour_of(id)};
    if (written) written = co_await mark_changed(*session, statements, std::move(changed));
    if (!written) co_return forward_error(written);
    forgotten.existed = true;
    if (!(*prediction)->image) co_return forgotten;
    CellWriter image;
    image.blob((*prediction)->image->bytes);
    auto others = co_await session->execute(statements.find_image, std::move(image));
    if (!others) co_return forward_error(others);
    if (others->count == 0) forgotten.orphan = (*prediction)->image;
    co_return forgotten;
  }

  Task<Result<void>> check() override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto& [session, layout, statements] = **connection;
    const std::string statement =
        fmt::format("SELECT value FROM {}.vidi_schema WHERE name = 'version'", layout.keyspace);
    auto rows = co_await session->query(statement);
    if (!rows) co_return forward_error(rows);
    co_return Result<void>();
  }

 private:
  vidi::cassandra::Connector<Connection> connector_;
  Tallier tallier_;
  Appender appender_;  // last: it ends before what it uses
};

Address address_from(const std::string& url) {
  auto address = vidi::cassandra::parse_address(url);
  if (!address) throw std::runtime_error(address.error().message);
  return std::move(*address);
}

void check_exists(const std::string& url, const Secrets& secrets) {
  vidi::cassandra::require_tables(url, secrets, has_tables, "records");
}

}  // namespace

std::unique_ptr<RecordStore> open_store(const std::string& url, const Secrets& secrets) {
  Address address = address_from(url);
  const Options options = options_from(address);
  address.cluster.access = vidi::cassandra::access_from(secrets);
  return std::make_unique<CassandraStore>(std::move(address.cluster), options);
}

std::vector<std::string> schema_of(const std::string& url) {
  Address address = address_from(url);
  return schema_statements(options_from(address).schema);
}

Kind kind() {
  return {.traits = {.scheme = "cassandra",
                     .form = "cassandra://HOSTS/KEYSPACE?OPTIONS",
                     .is_remote = true,
                     .settings = vidi::cassandra::access_settings,
                     .check_secrets = vidi::cassandra::check_access},
          .open = open_store,
          .check_exists = check_exists,
          .schema = schema_of,
          .foreign_rows = read_foreign_rows};
}

}  // namespace vidi::records::cassandra
