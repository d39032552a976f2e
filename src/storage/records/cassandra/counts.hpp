#pragma once
// How many predictions there are, by counting rows: a counter column would count twice what is written twice.

#include "cassandra/session.hpp"
#include "records/cassandra/statements.hpp"
#include "records/record_store.hpp"

namespace vidi::records::cassandra {

Task<Result<std::vector<Count>>> read_counts(vidi::cassandra::Session& session, const Statements& statements,
                                             Days days);

}  // namespace vidi::records::cassandra
