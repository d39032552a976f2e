#pragma once
// The tables, and how an older file is brought forward. docs/internals/formats/records.md describes them.

#include <string>

#include "records/sqlite/connection.hpp"

namespace vidi::records::sqlite {

// Sets the connection up for durable writing and brings the file to the newest schema.
// Throws std::runtime_error: not a database, not one of vidi's, of a newer vidi, or not writable.
void prepare_for_writing(Database& database, const std::string& path);

// Sets up a connection that only reads. Throws std::runtime_error.
void prepare_for_reading(Database& database, const std::string& path);

}  // namespace vidi::records::sqlite
