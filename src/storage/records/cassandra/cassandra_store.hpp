#pragma once
// Predictions in Apache Cassandra, shared by any number of vidi's servers.

#include <memory>
#include <string>
#include <vector>

#include "core/secrets.hpp"
#include "records/kind.hpp"
#include "records/record_store.hpp"

namespace vidi::records::cassandra {

// Returns at once: the cluster is looked for from then on, and everything is `unavailable` until it has answered.
// `url`: see cassandra/address.hpp; its options are mirror=cnn_table, shards (when the tables are made) and
// lifetime_days (of what is written). Throws std::runtime_error with a sentence for the operator when the address is
// wrong.
std::unique_ptr<RecordStore> open_store(const std::string& url, const Secrets& secrets);

// The CQL that makes what a store of that address needs, each statement without its semicolon: for an administrator,
// where the program's own user may not make tables. Throws as open_store() does.
std::vector<std::string> schema_of(const std::string& url);

// cassandra://HOSTS/KEYSPACE?OPTIONS
Kind kind();

}  // namespace vidi::records::cassandra
