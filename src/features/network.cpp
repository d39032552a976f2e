#include "features/network.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <numbers>
#include <thread>
#include <utility>
#include <vector>

#include "features/manifest.hpp"
#include "files/file.hpp"
#include "statistics/pca.hpp"

namespace vidi::features {
namespace {

// Components whose subspaces are compared.
constexpr std::size_t kComponents = 10;

constexpr std::size_t kSample = 64;          // pictures that calibrate int8
constexpr std::size_t kCheck = 32;           // of them, those that tell what a precision loses
constexpr std::uint64_t kSampleOf = 20'000;  // pictures that they are taken from, the first ones
constexpr const char* kCalibration = "backbone/calibration.bin";

inference::PixelInput pixel_input(const models::InputDescription& input) {
  return {.name = input.name,
          .width = input.width,
          .height = input.height,
          .channels = input.channels,
          .channels_first = input.layout == models::Layout::nchw,
          .reversed = input.colour == models::Colour::bgr,
          .mean = input.mean,
          .deviation = input.deviation,
          .scale = input.scale,
          .offset = input.offset,
          .inverted = input.is_inverted,
          .constants = input.constants};
}

Result<std::vector<float>> infer_all(inference::PictureNetwork& network, std::span<const std::uint8_t> pictures,
                                     std::size_t count) {
  std::vector<float> rows(count * network.columns());
  const std::size_t size = pictures.size() / count;
  std::atomic<std::size_t> next = 0;
  std::vector<Result<void>> outcomes(network.streams());
  const auto infer = [&](Result<void>& outcome) {
    for (std::size_t first = next.fetch_add(network.batch()); first < count && outcome;
         first = next.fetch_add(network.batch())) {
      const std::size_t some = std::min(network.batch(), count - first);
      outcome = network.infer(pictures.subspan(first * size, some * size), some,
                              std::span(rows).subspan(first * network.columns(), some * network.columns()));
    }
  };
  {
    std::vector<std::jthread> threads;
    for (Result<void>& outcome : outcomes) threads.emplace_back(infer, std::ref(outcome));
  }
  for (Result<void>& outcome : outcomes) {
    if (!outcome) return forward_error(outcome);
  }
  return rows;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0;
  double squares_a = 0;
  double squares_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * b[i];
    squares_a += static_cast<double>(a[i]) * a[i];
    squares_b += static_cast<double>(b[i]) * b[i];
  }
  const double norms = std::sqrt(squares_a * squares_b);
  return norms == 0 ? 1 : product / norms;
}

Result<statistics::Pca> components_of(std::span<const float> rows, std::size_t columns, std::size_t components) {
  auto moments = statistics::Moments::create(columns);
  if (!moments) return forward_error(moments);
  auto updated = moments->update({.values = rows.data(), .count = rows.size() / columns, .columns = columns});
  if (!updated) return forward_error(updated);
  return statistics::Pca::fit(*moments, {.components = components});
}

// The largest principal angle, in degrees, between the subspaces that two sets of orthonormal rows span: that whose
// cosine is the least singular value of their products (Björck and Golub 1973). Found by power iteration on I - M M',
// whose largest eigenvalue is the sine squared.
double largest_angle(const statistics::Pca& a, const statistics::Pca& b) {
  const std::size_t count = a.count();
  const std::size_t columns = a.columns();
  std::vector<double> products(count * count);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = 0; j < count; ++j) {
      for (std::size_t k = 0; k < columns; ++k) {
        products[i * count + j] += a.components()[i * columns + k] * b.components()[j * columns + k];
      }
    }
  }
  std::vector<double> vector(count, 1.0);
  double sine_squared = 0;
  for (int step = 0; step < 200; ++step) {
    std::vector<double> inner(count);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) inner[j] += products[i * count + j] * vector[i];
    }
    std::vector<double> next = vector;
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t j = 0; j < count; ++j) next[i] -= products[i * count + j] * inner[j];
    }
    double norm = 0;
    for (const double value : next) norm += value * value;
    norm = std::sqrt(norm);
    if (norm < 1e-300) return 0;
    double length = 0;
    for (const double value : vector) length += value * value;
    sine_squared = norm / std::sqrt(length);
    for (std::size_t i = 0; i < count; ++i) vector[i] = next[i] / norm;
  }
  return std::asin(std::sqrt(std::clamp(sine_squared, 0.0, 1.0))) * 180 / std::numbers::pi;
}

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

std::size_t picture_bytes(const models::InputDescription& input) {
  return static_cast<std::size_t>(input.width) * static_cast<std::size_t>(input.height * input.channels);
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
  const auto file = files::File::open(*path, O_RDONLY);
  if (!file) return {};
  std::vector<std::uint8_t> pictures(file->size().value_or(0));
  const auto read = file->read(std::as_writable_bytes(std::span(pictures)), 0);
  output.release(kCalibration);
  const bool whole = read && *read == pictures.size() && pictures.size() % picture_bytes(use.backbone.input) == 0;
  return whole ? pictures : std::vector<std::uint8_t>();
}

Result<void> keep_calibration(const NetworkUse& use, std::span<const std::uint8_t> pictures) {
  const auto path = use.output.place(kCalibration);
  if (!path) return std::unexpected(path.error());
  const auto written = files::write_whole(path->parent_path() / ".calibration.tmp", *path, std::as_bytes(pictures));
  if (!written) return std::unexpected(files::explain(written.error(), "the table"));
  return use.table.publish(kCalibration);
}

// The chosen pictures, fitted, several read at a time; empty where one cannot be used.
std::vector<std::vector<std::uint8_t>> read_sample(const NetworkUse& use, const std::vector<Waiting>& chosen) {
  PrepareOptions preparing = use.pipeline.preparing;
  preparing.variants = 1;
  std::vector<std::vector<std::uint8_t>> pictures(chosen.size());
  std::atomic<std::size_t> next = 0;
  const auto read = [&] {
    for (std::size_t at = next++; at < chosen.size(); at = next++) {
      const sources::Entry& entry = chosen[at].entry;
      const auto picture = read_patiently(use.source, entry, use.pipeline.reading);
      if (!picture) continue;
      if (auto fitted = prepare(picture->bytes, entry.key, preparing)) pictures[at] = std::move(*fitted);
    }
  };
  std::vector<std::jthread> readers;
  for (std::size_t i = 0; i < std::min<std::size_t>(8, use.source.reads_at_once()); ++i) readers.emplace_back(read);
  readers.clear();
  return pictures;
}

// Pictures that stand for the source, one after another.
Result<std::vector<std::uint8_t>> take_sample(const NetworkUse& use) {
  const auto chosen = use.catalogue.sample(kSample, kSampleOf);
  if (!chosen) return std::unexpected(chosen.error());
  std::vector<std::uint8_t> sample;
  for (const auto& picture : read_sample(use, *chosen)) sample.insert(sample.end(), picture.begin(), picture.end());
  if (!sample.empty() || use.pipeline.reading.stopped()) return sample;
  return fail(ErrorCode::invalid_argument,
              fmt::format("none of {} pictures of {} can be read, so nothing tells what {} would lose", chosen->size(),
                          use.job.source, precision_name(use.job.precision)));
}

}  // namespace

Result<PrecisionCheck> check_precision(inference::PictureNetwork& exact, inference::PictureNetwork& network,
                                       std::span<const std::uint8_t> pictures, std::size_t count) {
  auto wanted = infer_all(exact, pictures, count);
  if (!wanted) return forward_error(wanted);
  auto found = infer_all(network, pictures, count);
  if (!found) return forward_error(found);
  const std::size_t columns = exact.columns();
  PrecisionCheck check{.pictures = count, .mean_cosine = 0};
  for (std::size_t i = 0; i < count; ++i) {
    const double similarity =
        cosine(std::span(*wanted).subspan(i * columns, columns), std::span(*found).subspan(i * columns, columns));
    check.mean_cosine += similarity / static_cast<double>(count);
    check.least_cosine = std::min(check.least_cosine, similarity);
  }
  check.components = std::min({kComponents, columns, count / 4});
  if (check.components == 0) return check;
  const auto a = components_of(*wanted, columns, check.components);
  if (!a) return std::unexpected(a.error());
  const auto b = components_of(*found, columns, check.components);
  if (!b) return std::unexpected(b.error());
  check.angle = largest_angle(*a, *b);
  return check;
}

Result<OpenedNetwork> open_network(const NetworkUse& use) {
  const bool is_int8 = use.job.precision == inference::Precision::int8;
  const bool wants_check = use.job.precision != inference::Precision::f32 && !use.is_checked;
  std::vector<std::uint8_t> sample;
  if (is_int8) sample = read_calibration(use);
  const bool is_new = sample.empty();
  if (is_new && (is_int8 || wants_check)) {
    auto taken = take_sample(use);
    if (!taken) return forward_error(taken);
    sample = std::move(*taken);
  }
  auto network = compile(use, use.job.precision, sample);
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
