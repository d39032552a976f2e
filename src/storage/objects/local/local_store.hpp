#pragma once
// Pictures in a folder of this machine: small ones together in append-only segments, made durable in groups with one
// fdatasync; large ones a file each. One process at a time may have the folder open.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "objects/kind.hpp"
#include "objects/object_store.hpp"

namespace vidi::objects::local {

struct Options {
  std::size_t small_limit = std::size_t{64} << 10;       // pictures up to that many bytes go to segments
  std::uint64_t segment_size = std::uint64_t{32} << 20;  // a segment is closed when it is that long
  std::size_t segment_entries = 100'000;                 // or holds that many pictures
  std::size_t max_waiting_writes = 8192;
  std::size_t max_waiting_files = 256;  // reads, and writes of large pictures
  std::size_t file_threads = 2;
};

// The folder is made when it is missing. Throws std::runtime_error.
std::unique_ptr<ObjectStore> open_store(const std::string& folder, const Options& options = {});

// file:FOLDER
Kind kind();

}  // namespace vidi::objects::local
