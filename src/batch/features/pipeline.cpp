#include "features/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <utility>

#include "core/bounded_queue.hpp"

namespace vidi::features {
namespace {

constexpr std::size_t kReadAheadBytes = std::size_t{128} << 20U;  // of files that wait to be decoded
constexpr std::size_t kOutcomes = 256;                            // that wait to be written down
constexpr std::chrono::milliseconds kBatchPatience{20};

struct File {
  PendingPicture pending;
  sources::Picture picture;
};

// One picture on its way through the network.
struct PictureInFlight {
  std::int64_t sequence = 0;
  std::int64_t size = 0;
  std::string version;
  std::vector<std::uint8_t> pixels;  // of its variants
  std::vector<float> rows;
  std::atomic<std::size_t> left = 0;  // variants without a row
};

struct VariantInFlight {
  std::shared_ptr<PictureInFlight> picture;
  std::size_t variant = 0;
};

// What became of a picture: a finished one, or why it is rejected.
struct Outcome {
  std::shared_ptr<PictureInFlight> picture;
  std::int64_t sequence = 0;
  std::string reason;
  std::string detail;
};

class Pipeline {
 public:
  Pipeline(PictureLedger& ledger, sources::Source& source, inference::PictureNetwork& network,
           const PipelineOptions& options, StageTimes& times)
      : ledger_(ledger),
        source_(source),
        network_(network),
        options_(options),
        times_(times),
        listed_(2 * source.reads_at_once()),
        files_(2 * source.reads_at_once() + 16, kReadAheadBytes,
               [](const File& file) { return file.picture.bytes.size(); }),
        items_(2 * network.batch() * network.streams() + 8),
        outcomes_(kOutcomes) {
    options_.reading.stopped = [this, stopped = options.reading.stopped] { return failed_ || stopped(); };
  }

  Result<void> run(const std::function<Result<void>()>& settled) {
    const std::size_t decoders =
        options_.decoders != 0 ? options_.decoders : std::max(1U, std::thread::hardware_concurrency());
    {
      const Stage feeding(1, [this] { feed(); }, [this] { listed_.close(); });
      const Stage reading(source_.reads_at_once(), [this] { read(); }, [this] { files_.close(); });
      const Stage decoding(decoders, [this] { decode(); }, [this] { items_.close(); });
      const Stage inferring(network_.streams(), [this] { infer(); }, [this] { outcomes_.close(); });
      settle_all(settled);
    }
    const std::scoped_lock lock(mutex_);
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

 private:
  // Threads that do the same; whoever ends last calls `end`. Joined when it is destroyed.
  class Stage {
   public:
    Stage(std::size_t threads, const std::function<void()>& work, std::function<void()> end)
        : left_(threads), end_(std::move(end)) {
      for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, work] {
          work();
          if (--left_ == 0) end_();
        });
      }
    }

   private:
    std::atomic<std::size_t> left_;
    const std::function<void()> end_;
    std::vector<std::jthread> threads_;
  };

  void fail_with(Error error) {
    {
      const std::scoped_lock lock(mutex_);
      if (!failure_) failure_ = std::move(error);
      failed_ = true;
    }
    ledger_.stop();
    listed_.abandon();
    files_.abandon();
    items_.abandon();
    outcomes_.abandon();
  }

  void feed() {
    while (!options_.reading.stopped()) {
      auto pictures = ledger_.next(listed_capacity());
      if (!pictures) return fail_with(std::move(pictures.error()));
      if (pictures->empty()) return;
      for (PendingPicture& picture : *pictures) {
        if (options_.reading.stopped() || !listed_.push(std::move(picture))) return;
      }
    }
  }

  [[nodiscard]] std::size_t listed_capacity() const { return 2 * source_.reads_at_once(); }

  void reject(std::int64_t sequence, Error error) {
    outcomes_.push({.sequence = sequence, .reason = rejection_reason(error.code), .detail = std::move(error.message)});
  }

  void read() {
    while (auto pending = listed_.pop()) {
      if (options_.labels_are_needed && pending->entry.label.empty()) {
        outcomes_.push(
            {.sequence = pending->sequence, .reason = "unlabelled", .detail = "the table of labels has none for it"});
        continue;
      }
      auto picture = [&] {
        const StageClock clock(times_.reading);
        return read_patiently(source_, pending->entry, options_.reading);
      }();
      if (picture) {
        files_.push({.pending = std::move(*pending), .picture = std::move(*picture)});
      } else if (picture.error().code != ErrorCode::unavailable) {
        reject(pending->sequence, std::move(picture.error()));
      } else if (!options_.reading.stopped()) {
        fail_with(std::move(picture.error()));
      }
    }
  }

  void decode() {
    while (auto file = files_.pop()) {
      auto pictures = [&] {
        const StageClock clock(times_.decoding);
        return prepare(file->picture.bytes, file->pending.entry.key, options_.preparing);
      }();
      if (!pictures) {
        reject(file->pending.sequence, std::move(pictures.error()));
        continue;
      }
      const std::size_t variants = options_.preparing.variants;
      auto picture = std::make_shared<PictureInFlight>();
      picture->sequence = file->pending.sequence;
      picture->size = static_cast<std::int64_t>(file->picture.bytes.size());
      picture->version = std::move(file->picture.version);
      picture->pixels = std::move(*pictures);
      picture->rows.resize(variants * network_.columns());
      picture->left = variants;
      for (std::size_t variant = 0; variant < variants; ++variant)
        items_.push({.picture = picture, .variant = variant});
    }
  }

  void infer() {
    std::vector<std::uint8_t> pictures;
    std::vector<float> rows;
    while (true) {
      const std::vector<VariantInFlight> items = items_.pop(network_.batch(), kBatchPatience);
      if (items.empty()) return;
      pictures.clear();
      for (const VariantInFlight& item : items) {
        const std::size_t size = item.picture->pixels.size() / options_.preparing.variants;
        const auto pixels = std::span(item.picture->pixels).subspan(item.variant * size, size);
        pictures.insert(pictures.end(), pixels.begin(), pixels.end());
      }
      rows.resize(items.size() * network_.columns());
      auto inferred = [&] {
        const StageClock clock(times_.inferring);
        return network_.infer(pictures, items.size(), rows);
      }();
      if (!inferred) return fail_with(std::move(inferred.error()));
      for (std::size_t i = 0; i < items.size(); ++i) finish(items[i], std::span(rows).subspan(i * network_.columns()));
    }
  }

  void finish(const VariantInFlight& item, std::span<const float> row) {
    PictureInFlight& picture = *item.picture;
    std::copy_n(row.begin(), network_.columns(),
                picture.rows.begin() + static_cast<std::ptrdiff_t>(item.variant * network_.columns()));
    if (--picture.left == 0) outcomes_.push({.picture = item.picture, .sequence = picture.sequence});
  }

  void settle_all(const std::function<Result<void>()>& settled) {
    while (auto outcome = outcomes_.pop()) {
      const StageClock clock(times_.writing);
      auto done = settle(*outcome);
      if (done) done = settled();
      if (!done) return fail_with(std::move(done.error()));
    }
  }

  Result<void> settle(const Outcome& outcome) {
    if (outcome.picture) {
      const PictureInFlight& picture = *outcome.picture;
      if (std::ranges::all_of(picture.rows, [](float value) { return std::isfinite(value); })) {
        return ledger_.add_rows(picture.sequence, picture.size, picture.version, picture.rows);
      }
      return ledger_.reject(picture.sequence, kNotFinite, kNotFiniteDetail);
    }
    auto rejected = ledger_.reject(outcome.sequence, outcome.reason, outcome.detail);
    if (!rejected) return rejected;
    const std::uint64_t count = ledger_.totals().rejected;
    if (count <= options_.max_rejects) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} pictures are rejected, and at most {} may be (--max-rejects); the last one: {}", count,
                            options_.max_rejects, outcome.detail));
  }

  PictureLedger& ledger_;
  sources::Source& source_;
  inference::PictureNetwork& network_;
  PipelineOptions options_;
  StageTimes& times_;
  BoundedQueue<PendingPicture> listed_;
  BoundedQueue<File> files_;
  BoundedQueue<VariantInFlight> items_;
  BoundedQueue<Outcome> outcomes_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  std::optional<Error> failure_;
};

}  // namespace

Result<void> run_pipeline(PictureLedger& ledger, sources::Source& source, inference::PictureNetwork& network,
                          const PipelineOptions& options, StageTimes& times,
                          const std::function<Result<void>()>& settled) {
  return Pipeline(ledger, source, network, options, times).run(settled);
}

}  // namespace vidi::features
