#pragma once
// Pictures in memory: for tests and for trying things out. Nothing survives the process.

#include <memory>

#include "objects/kind.hpp"
#include "objects/object_store.hpp"

namespace vidi::objects::memory {

std::unique_ptr<ObjectStore> make_store();

// memory:
Kind kind();

}  // namespace vidi::objects::memory
