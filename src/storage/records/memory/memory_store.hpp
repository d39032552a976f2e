#pragma once
// Predictions in memory: for tests and for trying things out. Nothing survives the process.

#include <memory>

#include "records/kind.hpp"
#include "records/record_store.hpp"

namespace vidi::records::memory {

std::unique_ptr<RecordStore> make_store();

// memory:
Kind kind();

}  // namespace vidi::records::memory
