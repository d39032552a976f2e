#pragma once
// How a store in Cassandra is named: cassandra://HOST[:PORT][,HOST[:PORT]...]/KEYSPACE[?NAME=VALUE[&NAME=VALUE...]]

#include <map>
#include <string>
#include <string_view>

#include "cassandra/session.hpp"
#include "core/address_options.hpp"
#include "core/result.hpp"

namespace vidi::cassandra {

// How a keyspace keeps copies: of each row `simple` nodes, or in each datacenter as many as it says.
struct Replication {
  int simple = 1;
  std::map<std::string, int> by_datacenter;  // not empty: NetworkTopologyStrategy

  // As CQL writes it.
  [[nodiscard]] std::string to_cql() const;
};

struct Address {
  Cluster cluster;       // hosts, consistency, datacenter and timeouts as the address has them
  std::string keyspace;  // a name that needs no quotes
  Replication replication;
  AddressOptions options;  // those that only the store knows
};

// Error invalid_argument: what is wrong, with the value and what would be right.
Result<Address> parse_address(std::string_view url);

// A name of a keyspace or table that needs no quotes: a letter, then letters, digits and underscores, at most 48.
bool is_plain_name(std::string_view name);

}  // namespace vidi::cassandra
