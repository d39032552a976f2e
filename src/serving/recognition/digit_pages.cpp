#include "recognition/digit_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <utility>

#include "models/preprocess.hpp"
#include "recognition/candidates.hpp"

namespace vidi::recognition {
namespace {

using digits::Form;
using models::LoadedModel;
using records::Prediction;
using telemetry::Stage;
using telemetry::Stopwatch;

// One picture must not end the server: a lack of memory, or what OpenCV finds wrong, is this picture's error.
Result<void> search(image::Image picture, bool keep_picture, DigitPage& page, telemetry::Stages* stages) {
  const Stopwatch watch(stages, Stage::prepare);
  try {
    if (keep_picture) page.picture = picture;
    page.findings = digits::find_digits(std::move(picture));
    return {};
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal, fmt::format("the search for digits failed: {}", error.what()));
  }
}

inference::Tensor to_tensor(std::span<const Form* const> forms, const LoadedModel& model) {
  inference::Tensor tensor;
  tensor.shape = model.network->input().shape;
  tensor.shape.front() = static_cast<std::int64_t>(forms.size());
  tensor.values.reserve(forms.size() * Form{}.size());
  for (const Form* form : forms) {
    for (const std::uint8_t value : *form) {
      tensor.values.push_back(static_cast<float>(models::input_value(value, 0, model.description.input)));
    }
  }
  return tensor;
}

// One row of probabilities for each form, in their order.
Task<Result<std::vector<float>>> infer_forms(const LoadedModel& model, std::vector<const Form*> forms,
                                             inference::Deadline deadline) {
  // A page full of writing goes through the model in parts, so that memory stays bounded.
  constexpr std::size_t kBatch = 64;
  std::vector<float> probabilities;
  for (std::size_t done = 0; done < forms.size(); done += kBatch) {
    const auto part = std::span(forms).subspan(done, std::min(kBatch, forms.size() - done));
    auto input = to_tensor(part, model);
    const auto output = co_await model.network->infer(std::move(input), deadline);
    if (!output) co_return forward_error(output);
    probabilities.insert(probabilities.end(), output->values.begin(), output->values.end());
  }
  models::make_probabilities(probabilities, model.description.classes(), model.description.output);
  co_return probabilities;
}

digits::OutputRules rules_of(const models::Description& description) {
  return {.labels = description.labels.size(),
          .has_none = description.has_none,
          .least_probability = description.least_probability};
}

int scaled(int value, double scale) { return static_cast<int>(std::lround(value * scale)); }

// Adds the page's digits to the prediction, and returns them as text.
std::string add_page(Prediction& prediction, const DigitPage& page, const models::Description& description) {
  std::string text;
  for (const auto& line : page.reading.lines) {
    if (!text.empty()) text += '\n';
    for (const digits::ReadDigit& digit : line) {
      const std::string& label = description.labels[digit.label];
      const digits::Box& box = digit.box;
      prediction.digits.push_back({label,
                                   digit.probability,
                                   {scaled(box.x, page.scale), scaled(box.y, page.scale), scaled(box.width, page.scale),
                                    scaled(box.height, page.scale)}});
      prediction.confidence *= digit.probability;
      text += label;
    }
  }
  return text;
}

}  // namespace

Result<DigitPage> find_page(const image::PictureFile& file, bool keep_picture, telemetry::Stages* stages) {
  auto decoded = [&] {
    const Stopwatch watch(stages, Stage::decode);
    return file.decode_scaled(digits::kEnoughPixels);
  }();
  if (!decoded) return forward_error(decoded);
  DigitPage page;
  page.scale = static_cast<double>(decoded->full_width) / decoded->image.width;
  if (auto found = search(std::move(decoded->image), keep_picture, page, stages); !found) return forward_error(found);
  return page;
}

Task<Result<void>> read_page(DigitPage& page, const LoadedModel& model, telemetry::Stages* stages,
                             inference::Deadline deadline) {
  Result<std::vector<float>> probabilities;
  {
    const Stopwatch watch(stages, Stage::infer);
    probabilities = co_await infer_forms(model, digits::forms_of(page.findings), deadline);
  }
  if (!probabilities) co_return forward_error(probabilities);
  page.probabilities = std::move(*probabilities);
  page.reading = digits::read(page.findings, page.probabilities, rules_of(model.description));
  co_return Result<void>{};
}

Result<std::vector<DigitPage>> read_pdf(ByteView file, const documents::PdfOptions& options, const LoadedModel& model,
                                        bool keep_pictures, telemetry::Stages* stages, inference::Deadline deadline) {
  auto document = documents::PdfPages::open(file, options);
  if (!document) return forward_error(document);
  const std::size_t count = keep_pictures ? std::min<std::size_t>(document->count(), kExplainedPages) : SIZE_MAX;
  std::vector<DigitPage> pages;
  while (pages.size() < count) {
    auto picture = [&] {
      const Stopwatch watch(stages, Stage::decode);
      return document->next();
    }();
    if (!picture) return forward_error(picture);
    if (!*picture) break;
    DigitPage& page = pages.emplace_back();
    if (auto found = search(std::move(**picture), keep_pictures, page, stages); !found) return forward_error(found);
    if (auto read = run(read_page(page, model, stages, deadline)); !read) return forward_error(read);
    if (!keep_pictures) page.findings = {};
  }
  return pages;
}

std::span<const float> row_of_single_digit(const std::vector<DigitPage>& pages,
                                           const models::Description& description) {
  const std::size_t columns = rules_of(description).columns();
  std::span<const float> found;
  for (const DigitPage& page : pages) {
    for (const auto& line : page.reading.lines) {
      if (!found.empty() || line.size() > 1) return {};
      found = std::span(page.probabilities).subspan(line.front().candidate * columns, columns);
    }
  }
  return found;
}

void describe_pages(const std::vector<DigitPage>& pages, const models::Description& description, std::size_t candidates,
                    Prediction& prediction) {
  std::string result;
  prediction.confidence = 1;
  for (std::size_t i = 0; i < pages.size(); ++i) {
    if (i > 0) result += '\f';
    result += add_page(prediction, pages[i], description);
  }
  if (prediction.digits.empty()) {
    prediction.confidence = 0;
    prediction.reason = pages.empty() ? "the document has no pages" : pages.front().reading.reason;
    return;
  }
  if (prediction.digits.size() == 1) {
    prediction.candidates = best_candidates(row_of_single_digit(pages, description), description.labels, candidates);
  } else {
    prediction.candidates.push_back({result, prediction.confidence});
  }
  prediction.result = std::move(result);
}

}  // namespace vidi::recognition
