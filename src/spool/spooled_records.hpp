#pragma once
// A record store that cannot be kept waiting by another: what that one does not take at once is kept on the local disk,
// and handed over, in order, when it takes it again.

#include <chrono>
#include <filesystem>
#include <memory>

#include "records/record_store.hpp"
#include "spool/journal.hpp"

namespace vidi::spool {

struct RecordSpoolOptions {
  std::filesystem::path folder;
  Limits limits;
  std::chrono::milliseconds patience{250};  // an append that takes longer is spooled as well; done twice, it is one
  std::chrono::milliseconds pause{500};     // before a store that failed is tried again
  std::size_t together = 64;                // predictions handed over at the same time
};

class SpooledRecords : public records::RecordStore {
 public:
  [[nodiscard]] virtual Depth depth() const = 0;
};

// append() fails only when the spool is full or its disk is broken. Reads, corrections and forgetting need the store
// itself; of a prediction that is still in the spool they are `unavailable`. Throws std::runtime_error when the folder
// cannot be used.
std::unique_ptr<SpooledRecords> spool(std::unique_ptr<records::RecordStore> store, const RecordSpoolOptions& options);

}  // namespace vidi::spool
