#include "records/sqlite/snapshot.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "records/sqlite/connection.hpp"

namespace vidi::records::sqlite {

void write_snapshot(const std::string& from, const std::string& to) {
  const Database source(from);
  const Database target(to);
  sqlite3_backup* backup = sqlite3_backup_init(target.handle(), "main", source.handle(), "main");
  if (backup == nullptr) {
    throw std::runtime_error(
        fmt::format("the records cannot be copied to {}: {}", to, sqlite3_errmsg(target.handle())));
  }
  // In one step, which reads one state of the file; in several it would begin again whenever somebody has written.
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) {
    throw std::runtime_error(fmt::format("the records cannot be copied to {}: {}", to, sqlite3_errstr(code)));
  }
}

}  // namespace vidi::records::sqlite
