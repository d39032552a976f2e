#include "cassandra/tables.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "cassandra/access.hpp"
#include "cassandra/address.hpp"
#include "core/value_or_throw.hpp"

namespace vidi::cassandra {

void require_tables(const std::string& url, const Secrets& secrets, const HasTables& has_tables,
                    std::string_view what) {
  Address address = value_or_throw(parse_address(url));
  address.cluster.access = access_from(secrets);
  const auto session = value_or_throw(run(Session::connect(address.cluster)));
  if (!value_or_throw(run(has_tables(*session, address.keyspace)))) {
    throw std::runtime_error(fmt::format("the keyspace {} holds no {} of vidi", address.keyspace, what));
  }
}

}  // namespace vidi::cassandra
