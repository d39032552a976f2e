#pragma once
// Brings the rows of an older vidi to where this one looks for them.

#include "core/result.hpp"
#include "core/task.hpp"
#include "records/cassandra/statements.hpp"

namespace vidi::records::cassandra {

// Writes every prediction of prediction_by_day once more, with the time that it was written with: what is there already
// stays as it is, so that it may be broken off and begun again. Returns how many there were. Those of a limited
// lifetime begin it anew. Errors: those of the session, internal (damaged).
Task<Result<std::size_t>> rewrite_all(vidi::cassandra::Session& session, const Statements& statements,
                                      const Layout& layout);

}  // namespace vidi::records::cassandra
