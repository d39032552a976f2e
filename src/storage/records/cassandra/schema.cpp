#include "records/cassandra/schema.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "cassandra/cells.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::CellReader;
using vidi::cassandra::Session;

constexpr std::string_view kCnnKeyspace = "bleekeyspace";

// `record` holds everything to the bit (records/packing). The label is what a person said the answer should have been.
constexpr std::string_view kRecordColumns = "id uuid, record blob, label text, label_user text, label_time bigint";

// What people read with cqlsh. In one table: every column of every row costs the cluster time.
constexpr std::string_view kPlainColumns = "time timestamp, filename text, result text, model text, image text";

// Of whole days, which are read and expire together.
constexpr std::string_view kByWindow =
    "compaction = {'class': 'TimeWindowCompactionStrategy', 'compaction_window_unit': 'DAYS', "
    "'compaction_window_size': 1}";

struct Table {
  std::string keyspace;
  std::string name;
  std::string columns;  // and the primary key
  std::string options;
};

// Of days that are over, and how often their predictions have been changed (tallies.hpp). What is kept is counted anew
// each week: a server of an older version changes a day without saying so.
std::vector<Table> tables_of_tallies(const SchemaOptions& options) {
  return {
      {options.keyspace, "change_by_day", "day date, hour tinyint, changes counter, PRIMARY KEY (day, hour)", ""},
      {options.keyspace, "tally_by_day",
       "day date, changes bigint, rows int static, hour tinyint, model text, version text, result text, label text, "
       "predictions bigint, latency blob, confidence blob, "
       "PRIMARY KEY ((day, changes), hour, model, version, result, label)",
       "default_time_to_live = 604800"}};
}

std::vector<Table> tables_of(const SchemaOptions& options) {
  const std::string& own = options.keyspace;
  const std::string newest_first = "CLUSTERING ORDER BY (id DESC)";
  const auto record_columns = [](std::string_view key, std::string_view primary) {
    return fmt::format("{}, {}, PRIMARY KEY ({})", key, kRecordColumns, primary);
  };
  std::vector<Table> tables{
      {own, "vidi_schema", "name text PRIMARY KEY, value int", ""},
      {own, "prediction_by_day", record_columns("day date, shard tinyint, image blob", "(day, shard), id"),
       fmt::format("{} AND {}", newest_first, kByWindow)},
      {own, "image_by_user",
       record_columns(fmt::format("user_key text, month date, {}", kPlainColumns), "(user_key, month), id"),
       newest_first},
      {own, "prediction_by_model",
       record_columns("model_key text, day date, shard tinyint, result_key text",
                      "(model_key, day, shard), result_key, id"),
       fmt::format("CLUSTERING ORDER BY (result_key ASC, id DESC) AND {}", kByWindow)},
      {own, "correction_by_prediction", "id uuid, time bigint, label text, label_user text, PRIMARY KEY (id, time)",
       "CLUSTERING ORDER BY (time DESC)"},
      {own, "period_by_subject", "subject text, period date, PRIMARY KEY (subject, period)",
       "CLUSTERING ORDER BY (period DESC)"},
      {own, "demandtable", "time text PRIMARY KEY, filename text, result text", ""},
  };
  std::ranges::move(tables_of_tallies(options), std::back_inserter(tables));
  if (options.mirror_cnn_table) {
    tables.push_back(
        {std::string(kCnnKeyspace), "cnn_table", "prediction text, time text, PRIMARY KEY (prediction, time)", ""});
  }
  return tables;
}

std::string create(const Table& table) {
  const std::string with = table.options.empty() ? "" : " WITH " + table.options;
  return fmt::format("CREATE TABLE IF NOT EXISTS {}.{} ({}){}", table.keyspace, table.name, table.columns, with);
}

std::string create_keyspace(std::string_view name, const vidi::cassandra::Replication& replication) {
  return fmt::format("CREATE KEYSPACE IF NOT EXISTS {} WITH replication = {}", name, replication.to_cql());
}

std::string remember(const SchemaOptions& options, std::string_view name, int value) {
  return fmt::format("INSERT INTO {}.vidi_schema (name, value) VALUES ('{}', {})", options.keyspace, name, value);
}

// A value of the table vidi_schema.
Task<Result<std::optional<int>>> recall(Session& session, const SchemaOptions& options, std::string_view name) {
  const std::string statement =
      fmt::format("SELECT value FROM {}.vidi_schema WHERE name = '{}'", options.keyspace, name);
  auto rows = co_await session.query(statement);
  if (!rows) co_return forward_error(rows);
  if (rows->count == 0) co_return std::optional<int>();
  CellReader reader(rows->cells);
  const int value = reader.integer();
  if (!reader.good()) co_return fail(ErrorCode::conflict, "the table vidi_schema is damaged");
  co_return value;
}

// Names and types of a table's columns, "name type", sorted; empty: there is no such table.
Task<Result<std::vector<std::string>>> columns_of(Session& session, const Table& table) {
  const std::string statement = fmt::format(
      "SELECT column_name, type, kind FROM system_schema.columns WHERE keyspace_name = '{}' AND table_name = '{}'",
      table.keyspace, table.name);
  auto rows = co_await session.query(statement);
  if (!rows) co_return forward_error(rows);
  std::vector<std::string> columns;
  CellReader reader(rows->cells);
  for (std::size_t i = 0; i < rows->count; ++i) {
    const std::string name = reader.text();
    const std::string type = reader.text();
    const std::string kind = reader.text();
    columns.push_back(fmt::format("{} {}{}", name, type, kind == "regular" ? "" : " (" + kind + ")"));
  }
  std::ranges::sort(columns);
  co_return columns;
}

// A table that somebody made by hand is taken as it is, when it has the shape.
Task<Result<void>> check_plain_table(Session& session, const Table& table, std::vector<std::string> expected) {
  auto columns = co_await columns_of(session, table);
  if (!columns) co_return forward_error(columns);
  if (std::ranges::includes(*columns, expected)) co_return Result<void>();
  co_return fail(ErrorCode::conflict,
                 fmt::format("the table {}.{} has the columns {}, and these are needed: {}", table.keyspace, table.name,
                             fmt::join(*columns, ", "), fmt::join(expected, ", ")));
}

Task<Result<void>> run_all(Session& session, std::vector<std::string> statements) {
  for (const std::string& statement : statements) {
    const auto done = co_await session.query(statement);
    if (done) continue;
    if (done.error().code != ErrorCode::forbidden) co_return forward_error(done);
    co_return fail(ErrorCode::forbidden,
                   fmt::format("{}. This user may not change tables: let an administrator run what `vidi records "
                               "schema` prints, or this statement: {}",
                               done.error().message, statement));
  }
  co_return Result<void>();
}

// What version 1 lacks, as far as no CREATE makes it.
Task<Result<void>> extend_tables(Session& session, const SchemaOptions& options) {
  const Table by_day{.keyspace = options.keyspace, .name = "prediction_by_day", .columns = {}, .options = {}};
  const auto columns = co_await columns_of(session, by_day);
  if (!columns) co_return forward_error(columns);
  if (std::ranges::find(*columns, "image blob") != columns->end()) co_return Result<void>();
  std::vector<std::string> statements{fmt::format("ALTER TABLE {}.prediction_by_day ADD image blob", options.keyspace)};
  co_return co_await run_all(session, std::move(statements));
}

// The version of the tables that are there; 0: none are. Where not even the keyspace is, Cassandra refuses to look.
Task<Result<int>> version_of(Session& session, const SchemaOptions& options) {
  const auto version = co_await recall(session, options, "version");
  if (!version) {
    if (version.error().code == ErrorCode::invalid_argument) co_return 0;
    co_return forward_error(version);
  }
  if (!*version) co_return 0;
  if (**version > kSchemaVersion) {
    co_return fail(ErrorCode::conflict,
                   fmt::format("the keyspace {} was written by a newer vidi (its schema is of version {}, this program "
                               "knows {})",
                               options.keyspace, **version, kSchemaVersion));
  }
  co_return **version;
}

std::vector<std::string> statements_to_create(const SchemaOptions& options) {
  std::vector<std::string> statements{create_keyspace(options.keyspace, options.replication)};
  if (options.mirror_cnn_table) {
    vidi::cassandra::Replication replication;
    replication.simple = options.cnn_copies;
    statements.push_back(create_keyspace(kCnnKeyspace, replication));
  }
  for (const Table& table : tables_of(options)) statements.push_back(create(table));
  statements.push_back(
      fmt::format("CREATE INDEX IF NOT EXISTS prediction_by_image ON {}.prediction_by_day (image)", options.keyspace));
  // The first who says how many shards there are is right.
  statements.push_back(remember(options, "shards", options.shards) + " IF NOT EXISTS");
  return statements;
}

}  // namespace

std::vector<std::string> schema_statements(const SchemaOptions& options) {
  std::vector<std::string> statements = statements_to_create(options);
  // Rows of an older version stay of that version until a server has brought them up to date.
  statements.push_back(remember(options, "version", kSchemaVersion) + " IF NOT EXISTS");
  return statements;
}

Task<Result<bool>> has_tables(Session& session, std::string keyspace) {
  SchemaOptions options;
  options.keyspace = std::move(keyspace);
  const auto version = co_await recall(session, options, "version");
  if (version) co_return version->has_value();
  // Cassandra refuses to look where there is no such keyspace or table.
  if (version.error().code == ErrorCode::invalid_argument) co_return false;
  co_return forward_error(version);
}

namespace {

// Makes the tables of tallies where an older server has made the others. False: they are not there, and may not be
// made.
Task<Result<bool>> ensure_tallies(Session& session, const SchemaOptions& options) {
  for (const Table& table : tables_of_tallies(options)) {
    const auto columns = co_await columns_of(session, table);
    if (!columns) co_return forward_error(columns);
    if (!columns->empty()) continue;
    const auto created = co_await session.query(create(table));
    if (created) continue;
    if (created.error().code != ErrorCode::forbidden) co_return forward_error(created);
    spdlog::warn(
        "records: {}. Statistics are counted anew each time until an administrator has run what `vidi records schema` "
        "prints",
        created.error().message);
    co_return false;
  }
  co_return true;
}

}  // namespace

Task<Result<Schema>> ensure_schema(Session& session, const SchemaOptions& options) {
  const auto version = co_await version_of(session, options);
  if (!version) co_return forward_error(version);
  if (*version == 1) {
    const auto extended = co_await extend_tables(session, options);
    if (!extended) co_return forward_error(extended);
  }
  if (*version != kSchemaVersion || options.mirror_cnn_table) {
    // The version is written when the rows are of it: at once when there are none.
    auto statements = *version == 0 ? schema_statements(options) : statements_to_create(options);
    const auto created = co_await run_all(session, std::move(statements));
    if (!created) co_return forward_error(created);
  }
  const std::vector<Table> tables = tables_of(options);
  for (const Table& table : tables) {
    if (table.name == "demandtable") {
      std::vector<std::string> shape{"filename text", "result text", "time text (partition_key)"};
      const auto good = co_await check_plain_table(session, table, std::move(shape));
      if (!good) co_return forward_error(good);
    }
    if (table.name == "cnn_table") {
      std::vector<std::string> shape{"prediction text (partition_key)", "time text (clustering)"};
      const auto good = co_await check_plain_table(session, table, std::move(shape));
      if (!good) co_return forward_error(good);
    }
  }
  const auto shards = co_await recall(session, options, "shards");
  if (!shards) co_return forward_error(shards);
  if (!*shards || **shards < 1 || **shards > 127) {
    co_return fail(ErrorCode::conflict, "the table vidi_schema does not say how many shards there are");
  }
  const auto keep_tallies = co_await ensure_tallies(session, options);
  if (!keep_tallies) co_return forward_error(keep_tallies);
  Schema schema;
  schema.shards = **shards;
  schema.keep_tallies = *keep_tallies;
  if (*version != 0) schema.version = *version;
  co_return schema;
}

Task<Result<void>> finish_schema(Session& session, const SchemaOptions& options) {
  std::vector<std::string> statements;
  for (const char* table : {"prediction_by_result", "prediction_by_image"}) {
    statements.push_back(fmt::format("DROP TABLE IF EXISTS {}.{}", options.keyspace, table));
  }
  statements.push_back(remember(options, "version", kSchemaVersion));
  co_return co_await run_all(session, std::move(statements));
}

}  // namespace vidi::records::cassandra
