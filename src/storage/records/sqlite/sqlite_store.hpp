#pragma once
// Predictions in one SQLite file. A prediction is durable when append() returns: what waits is committed together, with
// one fsync. Several processes may open the same file.

#include <cstddef>
#include <memory>
#include <string>

#include "records/kind.hpp"
#include "records/record_store.hpp"

namespace vidi::records::sqlite {

struct Options {
  std::size_t max_waiting_writes = 8192;
  std::size_t max_waiting_reads = 256;
  std::size_t reading_threads = 2;
};

// The folder of `path` is made when it is missing. Throws std::runtime_error.
std::unique_ptr<RecordStore> open_store(const std::string& path, const Options& options = {});

// sqlite:PATH
Kind kind();

}  // namespace vidi::records::sqlite
