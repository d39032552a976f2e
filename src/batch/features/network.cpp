#include "features/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "files/read_file.hpp"
#include "inference/load.hpp"

namespace vidi::features {
namespace {

constexpr std::size_t kSample = 64;          // pictures that calibrate int8
constexpr std::size_t kCheck = 32;           // of them, those that tell what a precision loses
constexpr std::uint64_t kSampleOf = 20'000;  // pictures that they are taken from, the first ones
constexpr const char* kCalibration = "backbone/calibration.bin";

Result<std::unique_ptr<inference::PictureNetwork>> compile(const NetworkUse& use, inference::Precision precision,
                                                           std::span<const std::uint8_t> calibration) {
  return inference::compile_picture_network(use.backbone.onnx, pixel_input(use.backbone.input),
                                            {.precision = precision,
                                             .batch = use.job.batch,
                                             .streams = use.job.streams,
                                             .threads = use.job.threads,
                                             .output = use.backbone.output,
                                             .calibration = calibration});
}

// At most `count` of the pictures, at even distances.
std::vector<std::uint8_t> spread(std::span<const std::uint8_t> pictures, std::size_t size, std::size_t count) {
  const std::size_t all = pictures.size() / size;
  std::vector<std::uint8_t> some;
  for (std::size_t i = 0; i < std::min(all, count); ++i) {
    const auto picture = pictures.subspan(i * all / std::min(all, count) * size, size);
    some.insert(some.end(), picture.begin(), picture.end());
  }
  return some;
}

// Of an earlier run, or of the job that is applied.
std::vector<std::uint8_t> read_calibration(const NetworkUse& use) {
  Output& output = use.other != nullptr ? *use.other : use.output;
  const auto path = output.fetch(kCalibration);
  if (!path) return {};
  const auto bytes = files::read_file(*path);
  output.release(kCalibration);
  if (!bytes || bytes->size() % picture_bytes(use.backbone.input) != 0) return {};
  std::vector<std::uint8_t> pictures(bytes->size());
  std::ranges::transform(*bytes, pictures.begin(),
                         [](std::byte value) { return std::to_integer<std::uint8_t>(value); });
  return pictures;
}

Result<void> keep_calibration(const NetworkUse& use, std::span<const std::uint8_t> pictures) {
  const auto path = use.output.place(kCalibration);
  if (!path) return forward_error(path);
  const auto written =
      files::write_whole(*path, std::as_bytes(pictures), {.temporary = path->parent_path() / ".calibration.tmp"});
  if (!written) return std::unexpected(files::explain(written.error(), "the table"));
  return use.table.publish(kCalibration);
}

// The chosen pictures, fitted, several read at a time; empty where one cannot be used.
std::vector<std::vector<std::uint8_t>> read_sample(const NetworkUse& use, const std::vector<PendingPicture>& chosen) {
  PrepareOptions preparing = use.pipeline.preparing;
  preparing.variants = 1;
  std::vector<std::vector<std::uint8_t>> pictures(chosen.size());
  in_parallel(std::min<std::size_t>(8, use.source.reads_at_once()), chosen.size(), [&](std::size_t at) {
    const sources::Entry& entry = chosen[at].entry;
    const auto picture = read_patiently(use.source, entry, use.pipeline.reading);
    if (!picture) return;
    if (auto fitted = prepare(picture->bytes, entry.key, preparing)) pictures[at] = std::move(*fitted);
  });
  return pictures;
}

// Pictures that stand for the source, one after another.
Result<std::vector<std::uint8_t>> take_sample(const NetworkUse& use) {
  const auto chosen = use.ledger.sample(kSample, kSampleOf);
  if (!chosen) return forward_error(chosen);
  std::vector<std::uint8_t> sample;
  for (const auto& picture : read_sample(use, *chosen)) sample.insert(sample.end(), picture.begin(), picture.end());
  if (!sample.empty() || use.pipeline.reading.stopped()) return sample;
  return fail(ErrorCode::invalid_argument,
              fmt::format("none of {} pictures of {} can be read, so nothing tells what {} would lose", chosen->size(),
                          use.job.source, inference::precision_name(precision_of(use.job))));
}

}  // namespace

Result<OpenedNetwork> open_network(const NetworkUse& use) {
  const bool is_int8 = precision_of(use.job) == inference::Precision::int8;
  const bool wants_check = precision_of(use.job) != inference::Precision::f32 && !use.is_checked;
  std::vector<std::uint8_t> sample;
  if (is_int8) sample = read_calibration(use);
  const bool is_new = sample.empty();
  if (is_new && (is_int8 || wants_check)) {
    auto taken = take_sample(use);
    if (!taken) return forward_error(taken);
    sample = std::move(*taken);
  }
  auto network = compile(use, precision_of(use.job), sample);
  if (!network) return forward_error(network);
  OpenedNetwork opened{.network = std::move(*network), .check = std::nullopt};
  if (is_int8 && is_new) {
    if (auto kept = keep_calibration(use, sample); !kept) return forward_error(kept);
  }
  if (!wants_check || sample.empty()) return opened;
  auto exact = compile(use, inference::Precision::f32, {});
  if (!exact) return forward_error(exact);
  const std::vector<std::uint8_t> some = spread(sample, picture_bytes(use.backbone.input), kCheck);
  auto check = check_precision(**exact, *opened.network, some, some.size() / picture_bytes(use.backbone.input));
  if (!check) return forward_error(check);
  opened.check = *check;
  return opened;
}

}  // namespace vidi::features
