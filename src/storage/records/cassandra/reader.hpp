#pragma once
// Pages of predictions: merged from the partitions in which they stand, newest first.

#include "records/cassandra/statements.hpp"
#include "records/record_store.hpp"

namespace vidi::records::cassandra {

// Statements and layout must outlive the task. Errors: those of the session, and of id_range().
Task<Result<Page>> read_page(vidi::cassandra::Session& session, const Statements& statements, const Layout& layout,
                             Query query);

Task<Result<std::optional<Prediction>>> read_one(vidi::cassandra::Session& session, const Statements& statements,
                                                 const Layout& layout, Uuid id);

}  // namespace vidi::records::cassandra
