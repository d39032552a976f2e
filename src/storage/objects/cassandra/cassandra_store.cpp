#include "objects/cassandra/cassandra_store.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "cassandra/access.hpp"
#include "cassandra/address.hpp"
#include "cassandra/connector.hpp"
#include "cassandra/tables.hpp"
#include "core/when_all.hpp"

namespace vidi::objects::cassandra {
namespace {

using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Session;
using vidi::cassandra::Statement;

// A picture up to this size stands in the row that names it; a larger one in chunks of this size, each a partition of
// its own, so that no partition is large. Cassandra keeps cells of up to some megabytes well.
constexpr std::size_t kChunk = std::size_t{256} << 10U;
constexpr std::size_t kTogether = 8;  // chunks on their way at the same time

struct Connection {
  std::unique_ptr<Session> session;
  std::string keyspace;
  Statement find;       // size and, of a small picture, its bytes
  Statement find_size;  // size
  Statement insert;     // the row that names a picture, written after its chunks
  Statement remove;
  Statement find_chunk;
  Statement insert_chunk;
  Statement remove_chunk;
};

struct Options {
  std::string keyspace;
  vidi::cassandra::Replication replication;
};

// Whether a vidi has made its tables for pictures in the keyspace. Makes nothing. Errors: those of the session.
Task<Result<bool>> has_tables(Session& session, std::string keyspace) {
  const std::string statement = fmt::format("SELECT digest FROM {}.picture LIMIT 1", keyspace);
  const auto there = co_await session.query(statement);
  if (there) co_return true;
  // Cassandra refuses to look where there is no such keyspace or table.
  if (there.error().code == ErrorCode::invalid_argument) co_return false;
  co_return forward_error(there);
}

Task<Result<void>> make_tables(Session& session, const Options& options) {
  const std::string& own = options.keyspace;
  const auto there = co_await has_tables(session, own);
  if (!there) co_return forward_error(there);
  if (*there) co_return Result<void>();
  std::vector<std::string> statements{
      fmt::format("CREATE KEYSPACE IF NOT EXISTS {} WITH replication = {}", own, options.replication.to_cql()),
      fmt::format("CREATE TABLE IF NOT EXISTS {}.picture_chunk (digest text, number int, bytes blob, "
                  "PRIMARY KEY ((digest, number)))",
                  own),
      fmt::format("CREATE TABLE IF NOT EXISTS {}.picture (digest text PRIMARY KEY, size bigint, bytes blob)", own)};
  for (std::string& statement : statements) {
    const auto done = co_await session.query(std::move(statement));
    if (!done) co_return forward_error(done);
  }
  co_return Result<void>();
}

Task<Result<Connection>> prepare_objects(std::unique_ptr<Session> session, Options options) {
  const auto made = co_await make_tables(*session, options);
  if (!made) co_return forward_error(made);
  Connection connection;
  connection.session = std::move(session);
  connection.keyspace = options.keyspace;
  const std::string& own = options.keyspace;
  const std::vector<std::pair<Statement*, std::string>> statements{
      {&connection.find, fmt::format("SELECT size, bytes FROM {}.picture WHERE digest = ?", own)},
      {&connection.find_size, fmt::format("SELECT size FROM {}.picture WHERE digest = ?", own)},
      {&connection.insert, fmt::format("INSERT INTO {}.picture (digest, size, bytes) VALUES (?, ?, ?)", own)},
      {&connection.remove, fmt::format("DELETE FROM {}.picture WHERE digest = ?", own)},
      {&connection.find_chunk, fmt::format("SELECT bytes FROM {}.picture_chunk WHERE digest = ? AND number = ?", own)},
      {&connection.insert_chunk,
       fmt::format("INSERT INTO {}.picture_chunk (digest, number, bytes) VALUES (?, ?, ?)", own)},
      {&connection.remove_chunk, fmt::format("DELETE FROM {}.picture_chunk WHERE digest = ? AND number = ?", own)}};
  for (const auto& [target, text] : statements) {
    auto prepared = co_await connection.session->prepare(text, 1);
    if (!prepared) co_return forward_error(prepared);
    *target = *prepared;
  }
  co_return connection;
}

std::size_t chunks_of(std::size_t size) { return size <= kChunk ? 0 : (size + kChunk - 1) / kChunk; }

Error damaged() { return {ErrorCode::internal, "a stored picture is damaged"}; }

CellWriter key_of(const Digest& digest) {
  CellWriter key;
  key.text(to_string(digest));
  return key;
}

CellWriter key_of(const Digest& digest, std::size_t chunk) {
  CellWriter key = key_of(digest);
  key.integer(static_cast<std::int32_t>(chunk));
  return key;
}

class CassandraStore final : public ObjectStore {
 public:
  CassandraStore(vidi::cassandra::Cluster cluster, const Options& options)
      : connector_("objects", std::move(cluster), [options](std::unique_ptr<Session> session) {
          return prepare_objects(std::move(session), options);
        }) {}

  Task<Result<void>> put(Digest digest, ByteView bytes) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const std::size_t chunks = chunks_of(bytes.size());
    if (chunks > 0) {
      const auto size = co_await size_of(**connection, digest);
      if (!size) co_return forward_error(size);
      if (*size) co_return Result<void>();
      auto done = co_await for_each_chunk(chunks, [&](std::size_t chunk) {
        CellWriter values = key_of(digest, chunk);
        const std::size_t begin = chunk * kChunk;
        values.blob(bytes.subspan(begin, std::min(kChunk, bytes.size() - begin)));
        return execute(**connection, (*connection)->insert_chunk, std::move(values));
      });
      if (!done) co_return done;
    }
    CellWriter values = key_of(digest);
    values.bigint(static_cast<std::int64_t>(bytes.size()));
    if (chunks == 0) {
      values.blob(bytes);
    } else {
      values.null();
    }
    co_return co_await execute(**connection, (*connection)->insert, std::move(values));
  }

  Task<Result<std::optional<Bytes>>> get(Digest digest) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    auto row = co_await (*connection)->session->execute((*connection)->find, key_of(digest));
    if (!row) co_return forward_error(row);
    if (row->count == 0) co_return std::optional<Bytes>();
    CellReader reader(row->cells);
    const auto size = static_cast<std::size_t>(reader.bigint());
    const auto small = reader.cell();
    Bytes picture = to_bytes(small.value_or(ByteView()));
    if (const std::size_t chunks = chunks_of(size); chunks > 0) {
      picture.resize(size);
      const auto read = co_await for_each_chunk(
          chunks, [&](std::size_t chunk) { return read_chunk(**connection, digest, chunk, picture); });
      if (!read) co_return forward_error(read);
    }
    if (!reader.good() || picture.size() != size || sha256(picture) != digest) co_return std::unexpected(damaged());
    co_return picture;
  }

  Task<Result<bool>> contains(Digest digest) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto size = co_await size_of(**connection, digest);
    if (!size) co_return forward_error(size);
    co_return size->has_value();
  }

  Task<Result<bool>> remove(Digest digest) override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto size = co_await size_of(**connection, digest);
    if (!size) co_return forward_error(size);
    if (!*size) co_return false;
    const auto removed = co_await execute(**connection, (*connection)->remove, key_of(digest));
    if (!removed) co_return forward_error(removed);
    const auto chunks = co_await for_each_chunk(chunks_of(**size), [&](std::size_t chunk) {
      return execute(**connection, (*connection)->remove_chunk, key_of(digest, chunk));
    });
    if (!chunks) co_return forward_error(chunks);
    co_return true;
  }

  Task<Result<void>> check() override {
    const auto connection = connector_.get();
    if (!connection) co_return forward_error(connection);
    const auto asked = co_await size_of(**connection, Digest());
    if (!asked) co_return forward_error(asked);
    co_return Result<void>();
  }

 private:
  static Task<Result<std::optional<std::size_t>>> size_of(const Connection& connection, const Digest& digest) {
    auto row = co_await connection.session->execute(connection.find_size, key_of(digest));
    if (!row) co_return forward_error(row);
    if (row->count == 0) co_return std::optional<std::size_t>();
    CellReader reader(row->cells);
    const auto size = static_cast<std::size_t>(reader.bigint());
    if (!reader.good()) co_return std::unexpected(damaged());
    co_return size;
  }

  static Task<Result<void>> execute(const Connection& connection, Statement statement, CellWriter values) {
    auto done = co_await connection.session->execute(statement, std::move(values));
    if (!done) co_return forward_error(done);
    co_return Result<void>();
  }

  // Into its place in `picture`.
  static Task<Result<void>> read_chunk(const Connection& connection, Digest digest, std::size_t chunk, Bytes& picture) {
    auto row = co_await connection.session->execute(connection.find_chunk, key_of(digest, chunk));
    if (!row) co_return forward_error(row);
    CellReader reader(row->cells);
    const ByteView bytes = row->count == 1 ? reader.blob() : ByteView();
    const std::size_t begin = chunk * kChunk;
    if (bytes.size() != std::min(kChunk, picture.size() - begin)) co_return std::unexpected(damaged());
    std::ranges::copy(bytes, picture.begin() + static_cast<std::ptrdiff_t>(begin));
    co_return Result<void>();
  }

  template <typename Work>
  static Task<Result<void>> for_each_chunk(std::size_t chunks, Work work) {
    for (std::size_t first = 0; first < chunks; first += kTogether) {
      std::vector<Task<Result<void>>> tasks;
      for (std::size_t chunk = first; chunk < std::min(first + kTogether, chunks); ++chunk)
        tasks.push_back(work(chunk));
      for (auto& done : co_await when_all(std::move(tasks))) {
        if (!done) co_return forward_error(done);
      }
    }
    co_return Result<void>();
  }

  vidi::cassandra::Connector<Connection> connector_;
};

void check_exists(const std::string& url, const Secrets& secrets) {
  vidi::cassandra::require_tables(url, secrets, has_tables, "pictures");
}

}  // namespace

std::unique_ptr<ObjectStore> open_store(const std::string& url, const Secrets& secrets) {
  auto address = vidi::cassandra::parse_address(url);
  if (!address) throw std::runtime_error(address.error().message);
  if (!address->options.empty()) {
    throw std::runtime_error(
        fmt::format("the option {} of an object store in Cassandra is not known: consistency, "
                    "replication, datacenter, timeout_ms, connect_timeout_ms and in_flight are",
                    address->options.begin()->first));
  }
  address->cluster.access = vidi::cassandra::access_from(secrets);
  const Options options{.keyspace = address->keyspace, .replication = address->replication};
  return std::make_unique<CassandraStore>(std::move(address->cluster), options);
}

Kind kind() {
  return {.traits = {.scheme = "cassandra",
                     .form = "cassandra://HOSTS/KEYSPACE?OPTIONS",
                     .is_remote = true,
                     .settings = vidi::cassandra::access_settings,
                     .check_secrets = vidi::cassandra::check_access},
          .open = open_store,
          .check_exists = check_exists};
}

}  // namespace vidi::objects::cassandra
