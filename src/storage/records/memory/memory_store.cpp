#include "records/memory/memory_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>

#include "records/query_range.hpp"

namespace vidi::records::memory {
namespace {

class MemoryStore final : public RecordStore {
 public:
  Task<Result<void>> append(Prediction prediction) override {
    const std::scoped_lock lock(mutex_);
    const Uuid id = prediction.id;
    predictions_.try_emplace(id, std::move(prediction));
    co_return Result<void>();
  }

  Task<Result<std::optional<Prediction>>> find(Uuid id) override {
    const std::scoped_lock lock(mutex_);
    const auto found = predictions_.find(id);
    if (found == predictions_.end()) co_return std::optional<Prediction>();
    co_return std::optional<Prediction>(found->second);
  }

  Task<Result<Page>> list(Query query) override {
    const auto range = id_range(query);
    if (!range) co_return forward_error(range);
    const std::scoped_lock lock(mutex_);
    Page page;
    // Newest first: it begins with the first one before the end of the range.
    const std::optional<Uuid>& end = range->end;
    auto at = end ? predictions_.upper_bound(*end) : predictions_.begin();
    for (; at != predictions_.end() && at->first >= range->first; ++at) {
      if (!matches(query, at->second)) continue;
      if (page.predictions.size() == query.limit) {
        page.next = to_string(page.predictions.back().id);
        break;
      }
      page.predictions.push_back(at->second);
    }
    co_return page;
  }

  Task<Result<Tallies>> tally(Hours hours) override {
    const std::scoped_lock lock(mutex_);
    Tallies tallies;
    for (const auto& [id, prediction] : predictions_) {
      const TallyKey key = tally_key(prediction);
      if ((hours.from && key.hour < *hours.from) || (hours.to && key.hour >= *hours.to)) continue;
      add(tallies[key], prediction.latency, prediction.confidence);
    }
    co_return tallies;
  }

  Task<Result<bool>> correct(Uuid id, Correction correction) override {
    const std::scoped_lock lock(mutex_);
    const auto found = predictions_.find(id);
    if (found == predictions_.end()) co_return false;
    found->second.correction = std::move(correction);
    co_return true;
  }

  Task<Result<Forgotten>> forget(Uuid id) override {
    const std::scoped_lock lock(mutex_);
    Forgotten forgotten;
    const auto node = predictions_.extract(id);
    if (!node.empty()) {
      forgotten.existed = true;
      const auto& image = node.mapped().image;
      const auto same_image = [&](const auto& entry) { return entry.second.image == image; };
      if (std::ranges::none_of(predictions_, same_image)) forgotten.orphan = image;
    }
    co_return forgotten;
  }

  Task<Result<void>> check() override { co_return Result<void>(); }

 private:
  std::mutex mutex_;
  std::map<Uuid, Prediction, std::greater<>> predictions_;  // newest first
};

std::unique_ptr<RecordStore> open(const std::string& url, const Secrets&) {
  if (!url.ends_with(':')) {
    throw std::runtime_error(fmt::format("the record store \"{}\" must be just \"memory:\"", url));
  }
  return make_store();
}

}  // namespace

std::unique_ptr<RecordStore> make_store() { return std::make_unique<MemoryStore>(); }

Kind kind() { return {.traits = {.scheme = "memory", .form = "memory:", .ends_with_process = true}, .open = open}; }

}  // namespace vidi::records::memory
