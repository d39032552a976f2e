#pragma once
// The ledger's tables, and what is asked of them. For picture_ledger.cpp.

#include "features/picture_ledger.hpp"

namespace vidi::features {

inline constexpr const char* kSchema = R"(
PRAGMA page_size = 16384;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
PRAGMA wal_autocheckpoint = 2000;
CREATE TABLE IF NOT EXISTS pictures (
  sequence INTEGER PRIMARY KEY,
  image TEXT NOT NULL UNIQUE,
  label TEXT NOT NULL,
  location TEXT NOT NULL,
  size INTEGER NOT NULL,
  version TEXT NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  reason TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS waiting ON pictures (sequence) WHERE state = 0;
CREATE INDEX IF NOT EXISTS rejected ON pictures (sequence) WHERE state = 2;
CREATE TABLE IF NOT EXISTS features (row INTEGER PRIMARY KEY, numbers BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS labels (image TEXT PRIMARY KEY, label TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sample (sequence INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS shape (part_pictures INTEGER, variants INTEGER, columns INTEGER);
)";

struct PictureLedger::Statements {
  explicit Statements(const vidi::sqlite::Database& database)
      : begin(database.prepare("BEGIN IMMEDIATE")),
        commit(database.prepare("COMMIT")),
        find(database.prepare("SELECT sequence, size, version, state, location FROM pictures WHERE image = ?")),
        add(database.prepare("INSERT INTO pictures (sequence, image, label, location, size, version) "
                             "VALUES (?,?,?,?,?,?)")),
        add_done(database.prepare("INSERT INTO pictures (sequence, image, label, location, size, version, state, "
                                  "reason, detail) VALUES (?,?,?,'',?,?,?,?,?)")),
        update(database.prepare("UPDATE pictures SET label = ?, location = ?, size = ?, version = ?, state = 0, "
                                "reason = '', detail = '' WHERE sequence = ?")),
        keep(database.prepare("UPDATE pictures SET state = 1, size = ?, version = ?, location = '' "
                              "WHERE sequence = ? AND state = 0")),
        reject(database.prepare("UPDATE pictures SET state = 2, reason = ?, detail = ?, location = '' "
                                "WHERE sequence = ? AND state = 0")),
        add_row(database.prepare("INSERT OR REPLACE INTO features (row, numbers) VALUES (?,?)")),
        remove_rows(database.prepare("DELETE FROM features WHERE row >= ? AND row < ?")),
        rows(database.prepare("SELECT row, numbers FROM features WHERE row >= ? AND row < ? ORDER BY row")),
        waiting(database.prepare("SELECT sequence, image, label, location, size, version FROM pictures "
                                 "WHERE state = 0 ORDER BY sequence LIMIT ?")),
        pictures(database.prepare("SELECT sequence, image, label, size, version, reason, detail FROM pictures "
                                  "WHERE sequence >= ? AND sequence < ? ORDER BY sequence")),
        rejected(database.prepare("SELECT sequence, image, label, size, version, reason, detail FROM pictures "
                                  "WHERE state = 2 AND sequence > ? ORDER BY sequence LIMIT ?")),
        parts(database.prepare("SELECT number, rows FROM parts ORDER BY number")),
        add_part(database.prepare("INSERT OR REPLACE INTO parts (number, rows) VALUES (?,?)")),
        remove_part(database.prepare("DELETE FROM parts WHERE number = ?")),
        add_label(database.prepare("INSERT OR REPLACE INTO labels (image, label) VALUES (?,?)")),
        find_label(database.prepare("SELECT label FROM labels WHERE image = ?")) {}

  vidi::sqlite::Statement begin, commit, find, add, add_done, update, keep, reject, add_row, remove_rows, rows, waiting,
      pictures, rejected, parts, add_part, remove_part, add_label, find_label;
};

}  // namespace vidi::features
