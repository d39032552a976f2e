#pragma once
// The tables of the records in Cassandra; docs/formats/cassandra.md shows them, and docs/decisions/ says why they are
// as they are.

#include <optional>
#include <string>
#include <vector>

#include "cassandra/address.hpp"
#include "cassandra/session.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace vidi::records::cassandra {

// Of what this program writes and reads. An older one is brought here; a newer one is refused.
inline constexpr int kSchemaVersion = 1;

struct SchemaOptions {
  std::string keyspace;
  vidi::cassandra::Replication replication;
  bool mirror_cnn_table = false;
  int cnn_copies = 2;  // of bleekeyspace
  int shards = 16;     // into which a day is divided: when the tables are made, and never changed
};

// What an administrator runs to make everything, each without its semicolon. Running them again changes nothing.
std::vector<std::string> schema_statements(const SchemaOptions& options);

// Makes what is missing, and brings what is older up to date. Returns the number of shards that the tables have.
// Errors: those of the session (forbidden: the message says what an administrator can do), conflict (of a newer vidi,
// or a table of another shape under one of the names).
Task<Result<int>> ensure_schema(vidi::cassandra::Session& session, const SchemaOptions& options);

}  // namespace vidi::records::cassandra
