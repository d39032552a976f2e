#pragma once
// The connection to SQLite under the names of this folder, and what its failures mean for records.

#include "sqlite/database.hpp"

namespace vidi::records::sqlite {

using vidi::sqlite::Database;
using vidi::sqlite::is_sync_failure;
using vidi::sqlite::Outcome;
using vidi::sqlite::Statement;

// What a failure of SQLite means to a client, in a sentence without paths.
inline Error explain(int code) { return vidi::sqlite::explain(code, "the records"); }

}  // namespace vidi::records::sqlite
