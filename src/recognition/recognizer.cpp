#include "recognition/recognizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "digits/find.hpp"
#include "digits/read.hpp"
#include "recognition/filename.hpp"

namespace vidi::recognition {
namespace {

using digits::Findings;
using models::LoadedModel;
using records::Candidate;
using records::Prediction;

// From a picture file to the places in it where digits may stand. Runs on the asking thread or on a worker.
Result<Findings> find_in_picture(ByteView bytes, const image::DecodeLimits& limits) {
  auto picture = image::decode(bytes, limits);
  if (!picture) return forward_error(picture);
  return digits::find_digits(std::move(*picture));
}

std::vector<const digits::Form*> forms_of(const Findings& findings) {
  std::vector<const digits::Form*> forms;
  for (const digits::Line& line : findings.lines) {
    for (const digits::Candidate& candidate : line.candidates) forms.push_back(&candidate.form);
  }
  return forms;
}

inference::Tensor to_tensor(std::span<const digits::Form* const> forms, const models::InputDescription& input) {
  inference::Tensor tensor;
  tensor.shape = {static_cast<std::int64_t>(forms.size()), input.height, input.width, input.channels};
  tensor.values.reserve(forms.size() * digits::Form{}.size());
  for (const digits::Form* form : forms) {
    for (const std::uint8_t value : *form) {
      tensor.values.push_back(static_cast<float>(value * input.scale + input.offset));
    }
  }
  return tensor;
}

// One row of probabilities for each form, in their order.
Task<Result<std::vector<float>>> infer_forms(const LoadedModel& model, const std::vector<const digits::Form*>& forms) {
  // A page full of writing goes through the model in parts, so that memory stays bounded.
  constexpr std::size_t kBatch = 64;
  std::vector<float> probabilities;
  for (std::size_t done = 0; done < forms.size(); done += kBatch) {
    const auto part = std::span(forms).subspan(done, std::min(kBatch, forms.size() - done));
    auto input = to_tensor(part, model.description.input);
    const auto output = co_await model.network->infer(std::move(input));
    if (!output) co_return std::unexpected(output.error());
    probabilities.insert(probabilities.end(), output->values.begin(), output->values.end());
  }
  co_return probabilities;
}

// The most likely labels of one row of probabilities, the likeliest first.
std::vector<Candidate> best_candidates(std::span<const float> row, const std::vector<std::string>& labels,
                                       std::size_t count) {
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto end = order.begin() + static_cast<std::ptrdiff_t>(std::min(count, order.size()));
  std::partial_sort(order.begin(), end, order.end(), [&](std::size_t a, std::size_t b) { return row[a] > row[b]; });
  std::vector<Candidate> candidates;
  for (auto it = order.begin(); it != end; ++it) candidates.push_back({labels[*it], row[*it]});
  return candidates;
}

std::size_t probabilities_per_form(const models::Description& description) {
  return description.labels.size() + (description.has_none ? 1 : 0);
}

// One string over all digits, lines separated by a newline, as sure as all of them together.
void fill_in_digits(Prediction& prediction, const digits::Reading& reading, std::span<const float> probabilities,
                    const models::Description& description, std::size_t candidates) {
  if (reading.lines.empty()) {
    prediction.reason = reading.reason;
    return;
  }
  const std::size_t columns = probabilities_per_form(description);
  std::string result;
  prediction.confidence = 1;
  for (const auto& line : reading.lines) {
    if (!result.empty()) result += '\n';
    for (const digits::ReadDigit& digit : line) {
      const std::string& label = description.labels[digit.label];
      const digits::Box& box = digit.box;
      prediction.digits.push_back({label, digit.probability, {box.x, box.y, box.width, box.height}});
      prediction.confidence *= digit.probability;
      result += label;
    }
  }
  if (prediction.digits.size() == 1) {
    const auto row = probabilities.subspan(reading.lines.front().front().candidate * columns, columns);
    prediction.candidates = best_candidates(row, description.labels, candidates);
  } else {
    prediction.candidates.push_back({result, prediction.confidence});
  }
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

  const auto find = [&upload, this] { return find_in_picture(upload.bytes, options_.limits); };
  const std::uint64_t pixels = static_cast<std::uint64_t>(header->width) * static_cast<std::uint64_t>(header->height);
  Result<Findings> findings;
  if (pixels <= options_.inline_pixels) {
    findings = find();
  } else {
    findings = co_await run_on(workers_, find);
  }
  if (!findings) co_return forward_error(findings);

  Prediction prediction = describe(upload, model, *format);
  const auto forms = forms_of(*findings);
  const auto probabilities = co_await infer_forms(model, forms);
  if (!probabilities) co_return std::unexpected(probabilities.error());
  const models::Description& description = model.description;
  const digits::OutputRules rules{.labels = description.labels.size(),
                                  .has_none = description.has_none,
                                  .least_probability = description.least_probability};
  const auto reading = digits::read(*findings, *probabilities, rules);
  fill_in_digits(prediction, reading, *probabilities, description, options_.candidates);
  co_return prediction;
}

}  // namespace vidi::recognition
