#pragma once
// Whether a keyspace holds what a store would read, asked without making anything.

#include <functional>
#include <string>
#include <string_view>

#include "cassandra/session.hpp"
#include "core/result.hpp"
#include "core/secrets.hpp"
#include "core/task.hpp"

namespace vidi::cassandra {

using HasTables = std::function<Task<Result<bool>>(Session& session, std::string keyspace)>;

// Throws std::runtime_error with a sentence for the operator when the keyspace of that address holds no `what` of vidi,
// or cannot be reached. Blocks meanwhile.
void require_tables(const std::string& url, const Secrets& secrets, const HasTables& has_tables, std::string_view what);

}  // namespace vidi::cassandra
