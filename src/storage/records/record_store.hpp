#pragma once
// Where predictions are remembered. The implementations are the kinds of open.hpp.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "records/prediction.hpp"
#include "records/tally.hpp"

namespace vidi::records {

// Which predictions; what is absent does not restrict.
struct Query {
  std::optional<std::string> user = std::nullopt;
  std::optional<std::string> model = std::nullopt;
  std::optional<std::string> result = std::nullopt;  // an empty string: those without a result
  std::optional<Timestamp> from = std::nullopt;      // at that time or later
  std::optional<Timestamp> to = std::nullopt;        // before that time
  std::size_t limit = 50;                            // at most that many, 1 to 1,000
  std::optional<std::string> cursor = std::nullopt;  // Page::next of the page before
};

struct Page {
  std::vector<Prediction> predictions;  // newest first (by identifier)
  std::optional<std::string> next;      // absent: this was the last page
};

// What forgetting a prediction did.
struct Forgotten {
  bool existed = false;
  std::optional<Digest> orphan;  // the prediction's picture, when no other prediction refers to it any more
};

// Every method may be called from several threads at once. A store must outlive the tasks it has returned; its
// destructor finishes what has been started. Errors: unavailable (cannot be reached now), overloaded (too much
// waiting), internal (the disk is full or broken), invalid_argument (a cursor that is not one).
class RecordStore {
 public:
  virtual ~RecordStore() = default;

  // Durable when it returns: the prediction survives a kill of the process and a loss of power. Appending the same
  // identifier again changes nothing.
  virtual Task<Result<void>> append(Prediction prediction) = 0;

  // Absent: there is no such prediction.
  virtual Task<Result<std::optional<Prediction>>> find(Uuid id) = 0;

  virtual Task<Result<Page>> list(Query query) = 0;

  // What is there, counted: exact at every moment, also after corrections, after forgetting and after a kill.
  virtual Task<Result<Tallies>> tally(Hours hours) = 0;

  // Sets the correction, in place of an earlier one. False: there is no such prediction.
  virtual Task<Result<bool>> correct(Uuid id, Correction correction) = 0;

  virtual Task<Result<Forgotten>> forget(Uuid id) = 0;

  // Whether the store can take a prediction now; the error says why not.
  virtual Task<Result<void>> check() = 0;

  // How many operations wait for their group's turn to be committed; 0 where there are no groups.
  [[nodiscard]] virtual std::size_t waiting() const { return 0; }
};

}  // namespace vidi::records
