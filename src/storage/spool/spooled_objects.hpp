#pragma once
// An object store that is never kept waiting by another: pictures that one does not take at once wait in a local store,
// and are handed over when it takes them again.

#include <memory>

#include "objects/object_store.hpp"
#include "spool/dispatcher.hpp"

namespace vidi::spool {

class SpooledObjects : public objects::ObjectStore {
 public:
  [[nodiscard]] virtual Depth depth() const = 0;
  // Whether the store behind it answered when it was last asked for anything, at most seconds ago.
  [[nodiscard]] virtual bool connected() const = 0;
};

// put() fails only when the spool is full or its disk is broken; what waits is read from where it waits. Throws
// std::runtime_error when the folder cannot be used.
std::unique_ptr<SpooledObjects> spool(std::unique_ptr<objects::ObjectStore> store,
                                      std::unique_ptr<objects::ObjectStore> local, Options options);

}  // namespace vidi::spool
