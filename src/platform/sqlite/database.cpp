#include "sqlite/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace vidi::sqlite {

Statement::Statement(sqlite3* database, std::string_view text) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(database, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  handle_.reset(statement);
  if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errmsg(database));
}

void Statement::bind(int parameter, std::string_view text) {
  // SQLite takes a null pointer for NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  note(sqlite3_bind_text64(handle_.get(), parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int parameter, ByteView blob) {
  const void* data = blob.data() == nullptr ? static_cast<const void*>("") : blob.data();
  note(sqlite3_bind_blob64(handle_.get(), parameter, data, blob.size(), SQLITE_STATIC));
}

Outcome<bool> Statement::step() {
  int code = std::exchange(bind_error_, SQLITE_OK);
  if (code == SQLITE_OK) code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  reset();
  return std::unexpected(code);
}

Outcome<void> Statement::execute() {
  const auto stepped = step();
  if (!stepped) return forward_error(stepped);
  reset();
  return {};
}

void Statement::reset() { sqlite3_reset(handle_.get()); }

ByteView Statement::blob(int column) const {
  // The bytes must be asked for before their number.
  const void* data = sqlite3_column_blob(handle_.get(), column);
  const int size = sqlite3_column_bytes(handle_.get(), column);
  return {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)};
}

Uuid Statement::id(int column) const {
  Uuid id;
  const ByteView bytes = blob(column);
  if (bytes.size() == id.bytes.size()) std::ranges::copy(bytes, id.bytes.begin());
  return id;
}

Database::Database(const std::string& path) {
  sqlite3* database = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  handle_.reset(database);
  if (code != SQLITE_OK) {
    throw std::runtime_error(fmt::format("{} cannot be opened: {}", path, sqlite3_errstr(code)));
  }
  // Another process (vidi records, a second server) may hold the write lock for the length of a commit.
  sqlite3_busy_timeout(database, 5000);
}

Outcome<void> Database::execute(const char* text) {
  const int code = sqlite3_exec(handle_.get(), text, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return std::unexpected(code);
  return {};
}

Error explain(int code, std::string_view what) {
  if (is_sync_failure(code)) {
    return {ErrorCode::internal,
            fmt::format("the disk failed to keep what was written: {} take nothing more until vidi is started again",
                        what)};
  }
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::internal, fmt::format("the disk that holds {} is full: make room on it", what)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, fmt::format("another process holds {}: try again later", what)};
    case SQLITE_TOOBIG:
      return {ErrorCode::too_large, fmt::format("{} take nothing as large as that", what)};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::internal, fmt::format("{} cannot be written: their file is read-only", what)};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::internal, fmt::format("the file that holds {} is damaged", what)};
    case SQLITE_IOERR:
      return {ErrorCode::internal, fmt::format("the disk that holds {} reported an error (it may be full)", what)};
    default:
      return {ErrorCode::internal, fmt::format("{} failed: {}", what, sqlite3_errstr(code))};
  }
}

bool is_sync_failure(int code) { return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC; }

}  // namespace vidi::sqlite
