#include "recognition/recognizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "digits/canonical.hpp"
#include "recognition/filename.hpp"

namespace vidi::recognition {
namespace {

using digits::Reading;
using models::LoadedModel;
using records::Candidate;
using records::Prediction;

// From a picture file to the digits in it. Runs on the asking thread or on a worker.
Result<Reading> read_picture(ByteView bytes, const image::DecodeLimits& limits) {
  auto picture = image::decode(bytes, limits);
  if (!picture) return forward_error(picture);
  return digits::read_digits(std::move(*picture));
}

inference::Tensor to_tensor(const Reading& reading, const models::InputDescription& input) {
  inference::Tensor tensor;
  tensor.shape = {static_cast<std::int64_t>(reading.digits.size()), input.height, input.width, input.channels};
  tensor.values.reserve(reading.digits.size() * digits::Form{}.size());
  for (const digits::FoundDigit& digit : reading.digits) {
    for (const std::uint8_t value : digit.form) {
      tensor.values.push_back(static_cast<float>(value * input.scale + input.offset));
    }
  }
  return tensor;
}

// The most likely labels of one row of probabilities, the likeliest first.
std::vector<Candidate> best_candidates(std::span<const float> row, const std::vector<std::string>& labels,
                                       std::size_t count) {
  std::vector<std::size_t> order(row.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
  std::vector<Candidate> candidates;
  for (auto it = order.begin(); it != end; ++it) candidates.push_back({labels[*it], row[*it]});
  return candidates;
}

// One string over all digits, as sure as all of them together.
void fill_in_digits(Prediction& prediction, const Reading& reading, const inference::Tensor& probabilities,
                    const std::vector<std::string>& labels, std::size_t candidates) {
  std::string result;
  prediction.confidence = 1;
  for (std::size_t i = 0; i < reading.digits.size(); ++i) {
    const auto row = std::span(probabilities.values).subspan(i * labels.size(), labels.size());
    std::vector<Candidate> best = best_candidates(row, labels, candidates);
    const digits::Box& box = reading.digits[i].box;
    prediction.digits.push_back({best.front().label, best.front().probability, {box.x, box.y, box.width, box.height}});
    prediction.confidence *= best.front().probability;
    result += best.front().label;
    if (reading.digits.size() == 1) prediction.candidates = std::move(best);
  }
  if (prediction.candidates.empty()) prediction.candidates.push_back({result, prediction.confidence});
  prediction.result = std::move(result);
}

Prediction describe(const Upload& upload, const LoadedModel& model, image::Format format) {
  Prediction prediction;
  prediction.id = upload.id;
  prediction.time = upload.time;
  prediction.model = model.description.name;
  prediction.version = model.version;
  if (upload.filename) {
    prediction.filename = recorded_text(*upload.filename);
    prediction.safe_filename = safe_filename(*upload.filename);
  }
  prediction.user = upload.user;
  prediction.image = sha256(upload.bytes);
  prediction.media_type = image::media_type(format);
  return prediction;
}

}  // namespace

Recognizer::Recognizer(models::Repository models, RecognizerOptions options)
    : models_(std::move(models)), options_(std::move(options)), workers_(options_.workers) {}

Task<Result<Prediction>> Recognizer::recognize(const Upload& upload, std::string_view model_name) {
  auto found = models_.find(model_name);
  if (!found) co_return forward_error(found);
  const LoadedModel& model = **found;
  const auto format = check_upload(upload, options_.rules);
  if (!format) co_return std::unexpected(format.error());
  const auto header = image::read_header(upload.bytes, options_.limits);
  if (!header) co_return std::unexpected(header.error());

  const auto read = [&upload, this] { return read_picture(upload.bytes, options_.limits); };
  const std::uint64_t pixels = static_cast<std::uint64_t>(header->width) * static_cast<std::uint64_t>(header->height);
  Result<Reading> reading;
  if (pixels <= options_.inline_pixels) {
    reading = read();
  } else {
    reading = co_await run_on(workers_, read);
  }
  if (!reading) co_return forward_error(reading);

  Prediction prediction = describe(upload, model, *format);
  if (reading->digits.empty()) {
    prediction.reason = std::move(reading->reason);
    co_return prediction;
  }
  auto input = to_tensor(*reading, model.description.input);
  const auto probabilities = co_await model.network->infer(std::move(input));
  if (!probabilities) co_return std::unexpected(probabilities.error());
  fill_in_digits(prediction, *reading, *probabilities, model.description.labels, options_.candidates);
  co_return prediction;
}

}  // namespace vidi::recognition
