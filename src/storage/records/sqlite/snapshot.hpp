#pragma once
// A copy of a file of records at one moment, made while others write to it.

#include <string>

namespace vidi::records::sqlite {

// Makes the file `to`, which must not be there, of what is committed in `from` now; durable when this returns. Writers
// go on, and their log grows meanwhile. Throws std::runtime_error.
void write_snapshot(const std::string& from, const std::string& to);

}  // namespace vidi::records::sqlite
