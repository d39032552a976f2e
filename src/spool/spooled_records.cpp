#include "spool/spooled_records.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

#include "core/deadline.hpp"
#include "core/when_all.hpp"
#include "records/packing/packing.hpp"

namespace vidi::spool {
namespace {

using records::Correction;
using records::Forgotten;
using records::Page;
using records::Prediction;
using records::Query;
using records::RecordStore;

// Whether trying again later may help.
bool may_pass(const Error& error) {
  return error.code == ErrorCode::unavailable || error.code == ErrorCode::overloaded ||
         error.code == ErrorCode::deadline_exceeded || error.code == ErrorCode::forbidden;
}

Task<Result<void>> append_to(std::shared_ptr<RecordStore> store, Prediction prediction) {
  co_return co_await store->append(std::move(prediction));
}

class Spool final : public SpooledRecords {
 public:
  Spool(std::unique_ptr<RecordStore> store, const RecordSpoolOptions& options)
      : options_(options), store_(std::move(store)), journal_(options.folder, options.limits) {
    note_what_waits();
    boost::asio::co_spawn(background_, hand_over(), boost::asio::detached);
    thread_ = std::jthread([this] { background_.run(); });
  }

  ~Spool() override {
    background_.stop();
    thread_.join();
  }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  Spool(Spool&&) = delete;
  Spool& operator=(Spool&&) = delete;

  Task<Result<void>> append(Prediction prediction) override {
    if (answering_) {
      // A copy goes to the store: if it does not answer in time, it is spooled too.
      Prediction copy = prediction;
      auto done = co_await within(options_.patience, append_to(store_, std::move(copy)));
      if (done && (*done || !may_pass(done->error()))) co_return std::move(*done);
      stop_asking(done ? done->error().message : "it takes too long");
    }
    Bytes packed;
    records::pack(prediction, packed);
    note(prediction.id);
    auto kept = co_await journal_.append(std::move(packed));
    if (!kept) forget_note(prediction.id);
    co_return kept;
  }

  Task<Result<std::optional<Prediction>>> find(Uuid id) override {
    auto found = co_await store_->find(id);
    if (found && !*found && waits(id)) co_return not_yet();
    co_return found;
  }

  Task<Result<Page>> list(Query query) override { return store_->list(std::move(query)); }

  Task<Result<bool>> correct(Uuid id, Correction correction) override {
    if (waits(id)) co_return not_yet();
    co_return co_await store_->correct(id, std::move(correction));
  }

  Task<Result<Forgotten>> forget(Uuid id) override {
    if (waits(id)) co_return not_yet();
    co_return co_await store_->forget(id);
  }

  // Predictions can be taken as long as there is room in the spool.
  Task<Result<void>> check() override {
    if (journal_.depth().bytes < options_.limits.bytes) co_return Result<void>();
    co_return co_await store_->check();
  }

  [[nodiscard]] Depth depth() const override { return journal_.depth(); }

 private:
  static std::unexpected<Error> not_yet() {
    return fail(ErrorCode::unavailable, "the prediction is kept, but its store cannot be reached yet: try again later");
  }

  void note(const Uuid& id) {
    const std::scoped_lock lock(mutex_);
    waiting_.insert(id);
  }

  void forget_note(const Uuid& id) {
    const std::scoped_lock lock(mutex_);
    waiting_.erase(id);
  }

  bool waits(const Uuid& id) {
    const std::scoped_lock lock(mutex_);
    return waiting_.contains(id);
  }

  void note_what_waits() {
    const Depth depth = journal_.depth();
    if (depth.entries == 0) return;
    spdlog::info("spool: {} predictions wait for their store", depth.entries);
    answering_ = false;
  }

  void stop_asking(const std::string& why) {
    if (answering_.exchange(false)) {
      spdlog::warn("spool: the store does not take predictions ({}): they are kept on this machine until it does", why);
    }
  }

  // Forever: what waits, as soon as the store takes it.
  Task<void> hand_over() {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    while (true) {
      const bool more = co_await hand_over_some();
      if (more) continue;
      timer.expires_after(options_.pause);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }

  // False: nothing waits, or the store does not take it.
  Task<bool> hand_over_some() {
    auto entries = journal_.read(options_.together);
    if (!entries) {
      spdlog::error("spool: {}", entries.error().message);
      co_return false;
    }
    if (entries->empty()) {
      if (!answering_) co_await ask_again();
      co_return false;
    }
    std::vector<Prediction> predictions;
    std::vector<const Entry*> sources;
    std::vector<Task<Result<void>>> tasks;
    for (const Entry& entry : *entries) {
      auto prediction = records::unpack_prediction(entry.payload);
      if (!prediction) {
        set_aside(entry, "it is damaged, or of a newer vidi");
        continue;
      }
      tasks.push_back(append_to(store_, *prediction));
      predictions.push_back(std::move(*prediction));
      sources.push_back(&entry);
    }
    const auto results = co_await when_all(std::move(tasks));
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i]) continue;
      if (may_pass(results[i].error())) {
        stop_asking(results[i].error().message);
        co_return false;
      }
      set_aside(*sources[i], results[i].error().message);
    }
    journal_.done(entries->back().number);
    for (const Prediction& prediction : predictions) forget_note(prediction.id);
    if (journal_.depth().entries == 0) answer_again();
    co_return true;
  }

  // What no store will ever take is kept for a person to look at.
  void set_aside(const Entry& entry, const std::string& why) const {
    const std::filesystem::path path = options_.folder / fmt::format("refused-{}", entry.number);
    const auto kept = files::write_whole(options_.folder / "refused-new", path, entry.payload);
    spdlog::error("spool: entry {} cannot be stored ({}); {} {}", entry.number, why,
                  kept ? "it is now in" : "it could not be written to", path.string());
  }

  Task<void> ask_again() {
    const auto good = co_await store_->check();
    if (good) answer_again();
  }

  void answer_again() {
    if (!answering_.exchange(true)) spdlog::info("spool: the store takes predictions again");
  }

  const RecordSpoolOptions options_;
  const std::shared_ptr<RecordStore> store_;  // also of appends that took too long, until they end
  Journal journal_;
  std::atomic<bool> answering_ = true;
  std::mutex mutex_;
  std::unordered_set<Uuid> waiting_;  // of what is in the journal since this process began
  boost::asio::io_context background_{1};
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<SpooledRecords> spool(std::unique_ptr<RecordStore> store, const RecordSpoolOptions& options) {
  return std::make_unique<Spool>(std::move(store), options);
}

}  // namespace vidi::spool
