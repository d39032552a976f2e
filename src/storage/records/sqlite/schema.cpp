#include "records/sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <tuple>

namespace vidi::records::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x76696469;  // "vidi"

// Step N brings a file from version N to N + 1. A step that has been released is never changed.
constexpr std::array kSteps = {
    R"sql(
      CREATE TABLE predictions (
        sequence INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE,
        time INTEGER NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        result TEXT,
        reason TEXT NOT NULL,
        confidence REAL,
        candidates BLOB NOT NULL,
        digits BLOB NOT NULL,
        filename TEXT NOT NULL,
        safe_filename TEXT NOT NULL,
        user TEXT NOT NULL,
        image BLOB,
        media_type TEXT NOT NULL,
        latency INTEGER NOT NULL,
        correction_label TEXT,
        correction_user TEXT,
        correction_time INTEGER
      );
      CREATE TABLE postings (
        key INTEGER NOT NULL,
        newest BLOB NOT NULL,
        oldest BLOB NOT NULL,
        ids BLOB NOT NULL,
        PRIMARY KEY (key, newest)
      ) WITHOUT ROWID;
      CREATE TABLE images (
        first INTEGER PRIMARY KEY,
        last INTEGER NOT NULL,
        prefixes BLOB NOT NULL
      );
      CREATE TABLE models (name TEXT PRIMARY KEY) WITHOUT ROWID;
      CREATE TABLE state (indexed_to INTEGER NOT NULL, checks INTEGER NOT NULL);
      INSERT INTO state VALUES (0, 0);
    )sql",
    R"sql(
      CREATE TABLE tallies (
        hour INTEGER NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        result TEXT NOT NULL,
        label TEXT NOT NULL,
        predictions INTEGER NOT NULL,
        latency BLOB NOT NULL,
        confidence BLOB NOT NULL,
        PRIMARY KEY (hour, model, version, result, label)
      ) WITHOUT ROWID;
      ALTER TABLE state ADD COLUMN tallied_to INTEGER NOT NULL DEFAULT 0;
    )sql",
};

[[noreturn]] void refuse(const std::string& path, int code) {
  switch (code & 0xff) {
    case SQLITE_NOTADB:
      throw std::runtime_error(
          fmt::format("{} is not a database of records: give another file, or move it away", path));
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      throw std::runtime_error(
          fmt::format("the records at {} cannot be written: the file or its folder is read-only for this user", path));
    case SQLITE_BUSY:
      throw std::runtime_error(fmt::format("the records at {} are locked by another process", path));
    default:
      throw std::runtime_error(fmt::format("the records at {} cannot be opened: {}", path, sqlite3_errstr(code)));
  }
}

void must(const std::string& path, const Outcome<void>& outcome) {
  if (!outcome) refuse(path, outcome.error());
}

std::int64_t ask(Database& database, const std::string& path, const char* question) {
  std::int64_t answer = 0;
  const auto take = [](void* to, int, char** values, char**) {
    *static_cast<std::int64_t*>(to) = std::strtoll(values[0], nullptr, 10);
    return 0;
  };
  const int code = sqlite3_exec(database.handle(), question, take, &answer, nullptr);
  if (code != SQLITE_OK) refuse(path, code);
  return answer;
}

void check_that_it_is_ours(Database& database, const std::string& path, std::int64_t version) {
  if (ask(database, path, "PRAGMA application_id") == kApplicationId) return;
  if (version == 0 && ask(database, path, "SELECT count(*) FROM sqlite_schema") == 0) return;
  throw std::runtime_error(fmt::format("{} is a database of another program: give another file for the records", path));
}

// In a transaction, so that of two processes that start together one does it and the other finds it done.
void migrate(Database& database, const std::string& path) {
  must(path, database.execute("BEGIN IMMEDIATE"));
  const std::int64_t version = ask(database, path, "PRAGMA user_version");
  check_that_it_is_ours(database, path, version);
  if (version > static_cast<std::int64_t>(kSteps.size())) {
    throw std::runtime_error(
        fmt::format("the records at {} were written by a newer vidi (schema {}, this one knows {}): use that vidi",
                    path, version, kSteps.size()));
  }
  for (auto step = static_cast<std::size_t>(version); step < kSteps.size(); ++step) {
    must(path, database.execute(kSteps[step]));
  }
  must(path, database.execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str()));
  must(path, database.execute(fmt::format("PRAGMA user_version = {}", kSteps.size()).c_str()));
  // Writing something shows now, not at the first prediction, that the file can be written.
  must(path, database.execute("UPDATE state SET checks = checks + 1"));
  must(path, database.execute("COMMIT"));
}

// Brings the write-ahead log to the length that it has between two checkpoints, with pages of a transaction that is
// rolled back. A commit that need not lengthen the file has a fsync two to ten times as quick. On a disk without room
// for it, the log grows as it is written.
void lengthen_log(Database& database) {
  constexpr const char* kFill =
      "PRAGMA cache_size = 10; BEGIN IMMEDIATE; CREATE TABLE filling (bytes BLOB);"
      "WITH RECURSIVE count (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM count WHERE n < 9)"
      "INSERT INTO filling SELECT zeroblob(1000000) FROM count;";
  std::ignore = database.execute(kFill);
  if (sqlite3_get_autocommit(database.handle()) == 0) std::ignore = database.execute("ROLLBACK");
}

}  // namespace

void prepare_for_writing(Database& database, const std::string& path) {
  ask(database, path, "SELECT count(*) FROM sqlite_schema");
  must(path, database.execute("PRAGMA journal_mode = WAL"));
  must(path, database.execute("PRAGMA synchronous = FULL"));
  // The writer checkpoints itself, between groups.
  must(path, database.execute("PRAGMA wal_autocheckpoint = 0"));
  must(path, database.execute("PRAGMA journal_size_limit = 67108864"));
  migrate(database, path);
  lengthen_log(database);
  must(path, database.execute("PRAGMA cache_size = -16384"));
}

void prepare_for_reading(Database& database, const std::string& path) {
  must(path, database.execute("PRAGMA cache_size = -8192"));
  must(path, database.execute("PRAGMA query_only = 1"));
}

}  // namespace vidi::records::sqlite
