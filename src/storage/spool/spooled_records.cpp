#include "spool/spooled_records.hpp"

#include <mutex>
#include <unordered_set>
#include <utility>

#include "records/packing/packing.hpp"

namespace vidi::spool {
namespace {

using records::Correction;
using records::Forgotten;
using records::Page;
using records::Prediction;
using records::Query;
using records::RecordStore;

// About as many bytes as a prediction has in the spool.
constexpr std::uint64_t kOneRecord = 1024;

class SpooledRecordStore final : public SpooledRecords {
 public:
  SpooledRecordStore(std::unique_ptr<RecordStore> store, Options options)
      : store_(std::move(store)),
        dispatcher_(std::move(options), {.name = "records",
                                         .deliver = [this](Entry entry) { return deliver(std::move(entry)); },
                                         .check = [this] { return store_->check(); },
                                         .delivered = [this](const Entry& entry) { note_delivered(entry); }}) {}

  Task<Result<void>> append(Prediction prediction) override {
    const auto shared = std::make_shared<const Prediction>(std::move(prediction));
    // g++ 12 destroys a function that is made inside a co_await expression twice.
    std::function<Task<Result<void>>()> work = [this, shared] { return append_now(shared); };
    auto done = co_await dispatcher_.ask(std::move(work));
    if (done) co_return std::move(*done);
    Bytes packed;
    records::pack(*shared, packed);
    note_waiting(shared->id);
    auto kept = co_await dispatcher_.enqueue(std::move(packed));
    if (!kept) note_gone(shared->id);
    co_return kept;
  }

  Task<Result<std::optional<Prediction>>> find(Uuid id) override {
    auto found = co_await store_->find(id);
    if (found && !*found && waits(id)) co_return not_yet();
    co_return found;
  }

  Task<Result<Page>> list(Query query) override { return store_->list(std::move(query)); }

  Task<Result<records::Tallies>> tally(records::Hours hours) override { return store_->tally(hours); }

  // What waits may be in the store already, when its answer was only late: handing it over once more brings back
  // neither what was corrected nor what was forgotten.
  Task<Result<bool>> correct(Uuid id, Correction correction) override {
    auto corrected = co_await store_->correct(id, std::move(correction));
    if (corrected && !*corrected && waits(id)) co_return not_yet();
    co_return corrected;
  }

  Task<Result<Forgotten>> forget(Uuid id) override {
    auto forgotten = co_await store_->forget(id);
    if (forgotten && !forgotten->existed && waits(id)) co_return not_yet();
    co_return forgotten;
  }

  // Predictions are taken as long as there is room in the spool, or the store answers.
  Task<Result<void>> check() override {
    if (dispatcher_.room_for(kOneRecord)) co_return Result<void>();
    co_return co_await store_->check();
  }

  [[nodiscard]] Depth depth() const override { return dispatcher_.depth(); }
  [[nodiscard]] bool connected() const override { return dispatcher_.connected(); }

 private:
  static std::unexpected<Error> not_yet() {
    return fail(ErrorCode::unavailable, "the prediction is kept, but its store cannot be reached yet: try again later");
  }

  Task<Result<void>> append_now(std::shared_ptr<const Prediction> prediction) {
    Prediction copy = *prediction;
    co_return co_await store_->append(std::move(copy));
  }

  Task<Result<void>> deliver(Entry entry) {
    auto prediction = records::unpack_prediction(entry.payload);
    if (!prediction) co_return fail(ErrorCode::internal, "it is damaged, or of a newer vidi");
    co_return co_await store_->append(std::move(*prediction));
  }

  void note_waiting(const Uuid& id) {
    const std::scoped_lock lock(mutex_);
    waiting_.insert(id);
  }

  void note_gone(const Uuid& id) {
    const std::scoped_lock lock(mutex_);
    waiting_.erase(id);
  }

  void note_delivered(const Entry& entry) {
    if (const auto prediction = records::unpack_prediction(entry.payload)) note_gone(prediction->id);
  }

  bool waits(const Uuid& id) {
    const std::scoped_lock lock(mutex_);
    return waiting_.contains(id);
  }

  const std::unique_ptr<RecordStore> store_;
  std::mutex mutex_;
  std::unordered_set<Uuid> waiting_;  // of what this process has put into the spool
  Dispatcher dispatcher_;             // last: it ends before what it uses
};

}  // namespace

std::unique_ptr<SpooledRecords> spool(std::unique_ptr<RecordStore> store, Options options) {
  return std::make_unique<SpooledRecordStore>(std::move(store), std::move(options));
}

}  // namespace vidi::spool
