#include "recognition/response_cache.hpp"

#include <boost/multi_index/hashed_index.hpp>
#include <boost/multi_index/member.hpp>
#include <boost/multi_index/sequenced_index.hpp>
#include <boost/multi_index_container.hpp>
#include <functional>
#include <mutex>
#include <utility>

namespace vidi::recognition {
namespace {

namespace multi_index = boost::multi_index;
using records::Prediction;

struct Key {
  Digest picture;
  const models::LoadedModel* model;

  bool operator==(const Key&) const = default;
};

struct HashOfKey {
  std::size_t operator()(const Key& key) const {
    return std::hash<Digest>()(key.picture) ^ std::hash<const models::LoadedModel*>()(key.model);
  }
};

struct Entry {
  Key key;
  std::weak_ptr<const models::LoadedModel> model;  // another one may be loaded later where this one was
  Recognition answer;
  std::size_t bytes = 0;
};

// Without what belongs to the request.
Recognition answer_of(const Recognition& recognition) {
  const Prediction& from = recognition.prediction;
  Recognition answer;
  answer.row = recognition.row;
  answer.prediction.result = from.result;
  answer.prediction.reason = from.reason;
  answer.prediction.confidence = from.confidence;
  answer.prediction.candidates = from.candidates;
  answer.prediction.digits = from.digits;
  return answer;
}

// About what it takes in memory, the container's own share included.
std::size_t size_of(const Recognition& answer) {
  constexpr std::size_t kOfContainer = 8 * sizeof(void*);
  const Prediction& prediction = answer.prediction;
  std::size_t bytes = sizeof(Entry) + kOfContainer + answer.row.size() * sizeof(float) + prediction.reason.size() +
                      prediction.result.value_or("").size();
  for (const records::Candidate& candidate : prediction.candidates) bytes += sizeof(candidate) + candidate.label.size();
  for (const records::Digit& digit : prediction.digits) bytes += sizeof(digit) + digit.label.size();
  return bytes;
}

telemetry::Counter& lookups(const char* outcome) {
  return telemetry::registry().counter({.name = "vidi_response_cache_lookups_total",
                                        .help = "Pictures whose answer was looked up in the response cache."},
                                       {{"outcome", outcome}});
}

}  // namespace

class ResponseCache::Answers {
 public:
  std::optional<Recognition> find(const Key& key, const ModelHandle& model) {
    const std::scoped_lock lock(mutex_);
    auto& by_key = entries_.get<1>();
    const auto found = by_key.find(key);
    if (found == by_key.end() || found->model.lock() != model) return std::nullopt;
    auto& by_use = entries_.get<0>();
    by_use.relocate(by_use.begin(), entries_.project<0>(found));
    return found->answer;
  }

  void store(Entry entry, std::size_t max_bytes) {
    const std::scoped_lock lock(mutex_);
    auto& by_key = entries_.get<1>();
    if (const auto old = by_key.find(entry.key); old != by_key.end()) {
      bytes_ -= old->bytes;
      by_key.erase(old);
    }
    bytes_ += entry.bytes;
    auto& by_use = entries_.get<0>();
    by_use.push_front(std::move(entry));
    while (bytes_ > max_bytes) {
      bytes_ -= by_use.back().bytes;
      by_use.pop_back();
    }
  }

 private:
  std::mutex mutex_;
  // By use, the latest first; by key.
  multi_index::multi_index_container<
      Entry,
      multi_index::indexed_by<multi_index::sequenced<>,
                              multi_index::hashed_unique<multi_index::member<Entry, Key, &Entry::key>, HashOfKey>>>
      entries_;
  std::size_t bytes_ = 0;
};

ResponseCache::ResponseCache(std::size_t max_bytes)
    : max_bytes_(max_bytes), hits_(lookups("hit")), misses_(lookups("miss")), answers_(std::make_unique<Answers>()) {}

ResponseCache::~ResponseCache() = default;

std::optional<Recognition> ResponseCache::find(const Digest& picture, const ModelHandle& model) {
  if (!enabled()) return std::nullopt;
  auto answer = answers_->find({.picture = picture, .model = model.get()}, model);
  (answer ? hits_ : misses_).add();
  return answer;
}

void ResponseCache::store(const Digest& picture, const ModelHandle& model, const Recognition& recognition) {
  if (!enabled()) return;
  Entry entry{.key = {.picture = picture, .model = model.get()}, .model = model, .answer = answer_of(recognition)};
  entry.bytes = size_of(entry.answer);
  answers_->store(std::move(entry), max_bytes_);
}

}  // namespace vidi::recognition
