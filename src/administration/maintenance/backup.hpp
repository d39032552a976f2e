#pragma once
// Records, pictures and keys into a folder that a server can be started on, and from such a folder into stores.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/secrets.hpp"

namespace vidi::maintenance {

// Where a server keeps what it is to remember.
struct ServerStores {
  std::string records;         // URL (records/record_store.hpp)
  std::string objects;         // URL (objects/object_store.hpp)
  Secrets secrets;             // that both need
  std::filesystem::path keys;  // the file of the keys; it need not be there
};

struct BackupCounts {
  std::size_t predictions = 0;
  std::size_t with_picture = 0;
  std::size_t pictures_lost = 0;  // that predictions name, and the store has not
  std::size_t forgotten = 0;      // by the server while the backup was made: not in it
};

// Beside a running server. What was answered before the call is in the folder, whose records all have their pictures
// when those of the store have; what waits in a spool is not. A folder with an earlier backup is brought up to date;
// until this returns it holds the earlier records. Throws std::runtime_error.
BackupCounts back_up(const ServerStores& stores, const std::filesystem::path& folder);

struct RestoreCounts {
  std::size_t read = 0;
  std::size_t added = 0;
  std::size_t pictures = 0;       // that were added
  std::size_t pictures_lost = 0;  // that predictions name, and the backup has not
};

// Adds to the stores what they do not have, each picture before its prediction. Keys stay where they are. It may be
// repeated. Throws std::runtime_error.
RestoreCounts restore(const ServerStores& stores, const std::filesystem::path& folder);

}  // namespace vidi::maintenance
