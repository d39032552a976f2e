#pragma once
// A record store that is never kept waiting by another: what that one does not take at once is kept on the local disk,
// and handed over, in order, when it takes it again.

#include <memory>

#include "records/record_store.hpp"
#include "spool/dispatcher.hpp"

namespace vidi::spool {

class SpooledRecords : public records::RecordStore {
 public:
  [[nodiscard]] virtual Depth depth() const = 0;
  // Whether the store behind it answered when it was last asked for anything, at most seconds ago.
  [[nodiscard]] virtual bool connected() const = 0;
};

// append() fails only when the spool is full or its disk is broken. Reads, corrections and forgetting need the store
// itself; of a prediction that is still in the spool they are `unavailable`. Throws std::runtime_error when the folder
// cannot be used.
std::unique_ptr<SpooledRecords> spool(std::unique_ptr<records::RecordStore> store, Options options);

}  // namespace vidi::spool
