#pragma once
// The tables of the records in Cassandra; docs/reference/formats/cassandra.md shows them, and docs/decisions/ says why
// they are as they are.

#include <optional>
#include <string>
#include <vector>

#include "cassandra/address.hpp"
#include "cassandra/session.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace vidi::records::cassandra {

// Of what this program writes and reads. An older one is brought here; a newer one is refused.
inline constexpr int kSchemaVersion = 2;

struct SchemaOptions {
  std::string keyspace;
  vidi::cassandra::Replication replication;
  bool mirror_cnn_table = false;
  int cnn_copies = 2;  // of bleekeyspace
  int shards = 16;     // into which a day is divided: when the tables are made, and never changed
};

// What an administrator runs to make everything, each without its semicolon. Running them again changes nothing.
std::vector<std::string> schema_statements(const SchemaOptions& options);

// Whether a vidi has made its tables in the keyspace. Makes nothing. Errors: those of the session.
Task<Result<bool>> has_tables(vidi::cassandra::Session& session, std::string keyspace);

// What there is once every table is.
struct Schema {
  int shards = 0;
  int version = kSchemaVersion;  // of the rows: migration.hpp brings older ones up to date
  bool keep_tallies = false;     // there are tables for them
};

// Makes what is missing. Errors: those of the session (forbidden: the message says what an administrator can do),
// conflict (of a newer vidi, or a table of another shape under one of the names).
Task<Result<Schema>> ensure_schema(vidi::cassandra::Session& session, const SchemaOptions& options);

// To be called when every row is of this version: removes the tables that only older ones had.
Task<Result<void>> finish_schema(vidi::cassandra::Session& session, const SchemaOptions& options);

}  // namespace vidi::records::cassandra
