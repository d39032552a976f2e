#pragma once
// What each kind of record store exports, and everything outside its folder knows about it.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/secrets.hpp"
#include "records/record_store.hpp"
#include "registry/registry.hpp"

namespace vidi::records {

// Some rows of a table in which a program other than vidi records.
struct ForeignRows {
  std::vector<Prediction> predictions;  // their safe file names are left to the caller
  std::size_t of_vidi = 0;              // vidi has written them, and they have their predictions
  std::vector<std::string> unreadable;  // the times of rows that are no predictions, since these are no times
};

// Reads the next rows; absent: that was all. Not thread-safe. Throws std::runtime_error.
using ForeignReader = std::function<std::optional<ForeignRows>()>;

// Its functions take a URL of the kind. They are thread-safe, and throw std::runtime_error with a sentence for the
// operator.
struct Kind {
  registry::Traits traits;

  // Makes what is missing.
  std::unique_ptr<RecordStore> (*open)(const std::string& url, const Secrets& secrets) = nullptr;

  // Throws when the store has never been made, or cannot be reached. Makes nothing. nullptr: opening makes nothing.
  void (*check_exists)(const std::string& url, const Secrets& secrets) = nullptr;

  // What makes the store, each statement without its semicolon: for an administrator, where the program's own user may
  // not. nullptr: the program always may.
  std::vector<std::string> (*schema)(const std::string& url) = nullptr;

  // Writes the store, as it is at one moment and while others use it, to a file of the kind that data folders have,
  // which must not exist; durable when this returns. nullptr: its predictions are copied one by one.
  void (*snapshot)(const std::string& url, const std::filesystem::path& to) = nullptr;

  // Reads the table beside the store's own ones in which other programs record. Makes nothing. nullptr: there is none.
  ForeignReader (*foreign_rows)(const std::string& url, const Secrets& secrets) = nullptr;
};

}  // namespace vidi::records
