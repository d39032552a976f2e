#include "features/extractor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <optional>
#include <utility>

#include "core/parallel.hpp"
#include "inference/load.hpp"

namespace vidi::features {
namespace {

Result<std::unique_ptr<inference::PictureNetwork>> compile_for(const backbones::Backbone& backbone,
                                                               const ExtractorOptions& options, std::size_t threads) {
  return inference::compile_picture_network(backbone.onnx, pixel_input(backbone.input),
                                            {.precision = options.precision,
                                             .batch = options.batch,
                                             .threads = threads,
                                             .output = backbone.output,
                                             .calibration = options.calibration});
}

}  // namespace

// One call of extract(). Its threads take as many files at a time as the network infers together: each of them decodes
// and infers by itself, so that every processor is busy with either.
class Extractor::Extraction {
 public:
  Extraction(const Extractor& extractor, std::span<const File> files, std::span<float> rows)
      : extractor_(extractor), files_(files), rows_(rows), batch_(extractor.network_->batch()) {}

  Result<std::vector<Rejection>> run(std::size_t threads) {
    const std::size_t batches = (files_.size() + batch_ - 1) / batch_;
    if (batches > 0) on_threads(std::min(threads, batches), [this](std::size_t) { work(); });
    if (failure_) return std::unexpected(std::move(*failure_));
    std::ranges::sort(rejections_, {}, &Rejection::index);
    return std::move(rejections_);
  }

 private:
  // A row that is to be inferred, by its number among all.
  struct Batch {
    std::vector<std::uint8_t> pictures;
    std::vector<std::size_t> rows;
    std::vector<float> values;
  };

  [[nodiscard]] std::size_t columns() const { return extractor_.columns(); }
  [[nodiscard]] std::size_t variants() const { return extractor_.variants(); }

  void work() {
    Batch batch;
    for (std::size_t first = next_.fetch_add(batch_); first < files_.size(); first = next_.fetch_add(batch_)) {
      for (std::size_t i = first; i < std::min(first + batch_, files_.size()); ++i) add(i, batch);
      if (!infer(batch)) return;
    }
  }

  void add(std::size_t index, Batch& batch) {
    const auto prepared = extractor_.prepare(files_[index]);
    if (!prepared) return reject(index, rejection_reason(prepared.error().code), prepared.error().message);
    batch.pictures.insert(batch.pictures.end(), prepared->begin(), prepared->end());
    for (std::size_t variant = 0; variant < variants(); ++variant) batch.rows.push_back(index * variants() + variant);
  }

  void reject(std::size_t index, std::string reason, std::string detail) {
    std::ranges::fill(rows_.subspan(index * variants() * columns(), variants() * columns()), 0.0F);
    const std::scoped_lock lock(mutex_);
    rejections_.push_back({.index = index, .reason = std::move(reason), .detail = std::move(detail)});
  }

  // False: it failed, and the rest is left alone.
  bool infer(Batch& batch) {
    const std::size_t size = picture_bytes(extractor_.backbone_.input);
    for (std::size_t first = 0; first < batch.rows.size(); first += batch_) {
      const std::size_t count = std::min(batch_, batch.rows.size() - first);
      batch.values.resize(count * columns());
      auto inferred = extractor_.network_->infer(std::span(batch.pictures).subspan(first * size, count * size), count,
                                                 batch.values);
      if (!inferred) return fail_with(std::move(inferred.error()));
      for (std::size_t i = 0; i < count; ++i) {
        std::ranges::copy(std::span(batch.values).subspan(i * columns(), columns()),
                          rows_.subspan(batch.rows[first + i] * columns(), columns()).begin());
      }
    }
    check_finite(batch.rows);
    batch.pictures.clear();
    batch.rows.clear();
    return true;
  }

  void check_finite(const std::vector<std::size_t>& inferred) {
    const std::size_t numbers = variants() * columns();
    for (std::size_t i = 0; i < inferred.size(); i += variants()) {
      const std::size_t index = inferred[i] / variants();
      const auto values = rows_.subspan(index * numbers, numbers);
      if (std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) continue;
      reject(index, kNotFinite, kNotFiniteDetail);
    }
  }

  bool fail_with(Error error) {
    const std::scoped_lock lock(mutex_);
    if (!failure_) failure_ = std::move(error);
    next_ = files_.size();
    return false;
  }

  const Extractor& extractor_;
  const std::span<const File> files_;
  const std::span<float> rows_;
  const std::size_t batch_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;
  std::vector<Rejection> rejections_;
  std::optional<Error> failure_;
};

Result<std::unique_ptr<Extractor>> Extractor::open(const ExtractorOptions& options) {
  if (options.variants == 0)
    return fail(ErrorCode::invalid_argument, "0 variants of a picture: there must be 1 or more");
  auto backbone = backbones::open_backbone(options.backbone);
  if (!backbone) return forward_error(backbone);
  std::unique_ptr<Extractor> extractor(new Extractor);
  extractor->backbone_ = std::move(*backbone);
  extractor->preparing_ = {.input = extractor->backbone_.input,
                           .limits = options.limits,
                           .variants = options.variants,
                           .seed = options.seed};
  extractor->threads_ = options.threads != 0 ? options.threads : processors();
  auto network = compile_for(extractor->backbone_, options, extractor->threads_);
  if (!network) return forward_error(network);
  extractor->network_ = std::move(*network);
  return extractor;
}

Result<std::vector<std::uint8_t>> Extractor::prepare(const File& file) const {
  return features::prepare(file.bytes, file.key, preparing_);
}

Result<std::vector<Extractor::Rejection>> Extractor::extract(std::span<const File> files, std::span<float> rows) const {
  const std::size_t numbers = files.size() * variants() * columns();
  if (rows.size() != numbers) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("there is room for {} numbers, and {} files make {}", rows.size(), files.size(), numbers));
  }
  return Extraction(*this, files, rows).run(threads_);
}

Result<PrecisionCheck> Extractor::check_precision(std::span<const std::uint8_t> pictures) const {
  const std::size_t size = picture_bytes(backbone_.input);
  if (pictures.empty() || pictures.size() % size != 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} bytes of pictures: each has {}, and there must be whole ones", pictures.size(), size));
  }
  auto exact = compile_for(backbone_, {}, threads_);
  if (!exact) return forward_error(exact);
  return features::check_precision(**exact, *network_, pictures, pictures.size() / size);
}

}  // namespace vidi::features
