#pragma once
// A SQLite connection and its prepared statements, closed and finalized by their owners. Neither may be used by two
// threads at once. What records and the picture ledger of features share.

#include <sqlite3.h>

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace vidi::sqlite {

// A value, or SQLite's extended result code.
template <typename T>
using Outcome = std::expected<T, int>;

class Statement {
 public:
  // Throws std::runtime_error when the text is not valid for the database.
  Statement(sqlite3* database, std::string_view text);

  // Parameters count from 1. What is bound must stay valid until reset().
  void bind(int parameter, std::int64_t value) { note(sqlite3_bind_int64(handle_.get(), parameter, value)); }
  void bind(int parameter, double value) { note(sqlite3_bind_double(handle_.get(), parameter, value)); }
  void bind(int parameter, std::string_view text);
  void bind(int parameter, ByteView blob);
  void bind(int parameter, const Uuid& id) { bind(parameter, ByteView(id.bytes)); }
  void bind_null(int parameter) { note(sqlite3_bind_null(handle_.get(), parameter)); }

  // True: there is a row. An error has reset the statement.
  Outcome<bool> step();
  // Runs a statement that gives no rows, and resets it.
  Outcome<void> execute();
  void reset();

  // Columns count from 0. Views are valid until the next step or reset.
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  [[nodiscard]] double real(int column) const { return sqlite3_column_double(handle_.get(), column); }
  [[nodiscard]] ByteView blob(int column) const;
  [[nodiscard]] std::string_view text(int column) const { return as_text(blob(column)); }
  // The zero identifier when the column does not hold 16 bytes.
  [[nodiscard]] Uuid id(int column) const;
  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  void note(int code) {
    if (code != SQLITE_OK) bind_error_ = code;
  }

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int bind_error_ = SQLITE_OK;
};

class Database {
 public:
  // Opens or makes the file. Throws std::runtime_error with the path.
  explicit Database(const std::string& path);

  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] Statement prepare(std::string_view text) const { return {handle_.get(), text}; }
  // Runs statements that give no rows.
  Outcome<void> execute(const char* text);

 private:
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
  };

  std::unique_ptr<sqlite3, Close> handle_;
};

// What a failure of SQLite means to a client, in a sentence without paths. `what` the file holds, in the plural: "the
// records".
Error explain(int code, std::string_view what);

// Whether the disk has failed to make something durable: nothing written afterwards can be trusted.
bool is_sync_failure(int code);

}  // namespace vidi::sqlite
