#include "recognition/recognizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "digits/explain.hpp"
#include "image/picture_file.hpp"
#include "models/preprocess.hpp"
#include "recognition/digit_pages.hpp"
#include "recognition/filename.hpp"
#include "recognition/whole_picture.hpp"

namespace vidi::recognition {
namespace {

using models::LoadedModel;
using records::Prediction;

// Fills in what does not depend on what the picture shows.
void describe(const Upload& upload, const LoadedModel& model, const image::Format& format, const Digest& picture,
              Prediction& prediction) {
  prediction.id = upload.id;
  prediction.time = upload.time;
  prediction.model = model.description.name;
  prediction.version = model.version;
  if (upload.filename) {
    prediction.filename = recorded_text(*upload.filename);
    prediction.safe_filename = safe_filename(*upload.filename);
  }
  prediction.user = upload.user;
  prediction.image = picture;
  prediction.media_type = format.media_type;
}

// The work, which is handed to a worker now: the wait for it belongs to decoding. Both must outlive what is returned.
template <typename Work>
auto after_wait(const Upload& upload, const Work& work) {
  return [&upload, &work, begin = telemetry::Clock::now()] {
    if (upload.stages != nullptr) upload.stages->add(telemetry::Stage::decode, begin, telemetry::Clock::now());
    return work();
  };
}

// One below the other, on white. Three channels each.
image::Image stacked(const std::vector<image::Image>& images) {
  int width = 0;
  int height = 0;
  for (const image::Image& each : images) {
    width = std::max(width, each.width);
    height += each.height;
  }
  image::Image result = image::make_image(width, height, 3);
  std::ranges::fill(result.pixels, std::uint8_t{255});
  int top = 0;
  for (const image::Image& each : images) {
    for (int y = 0; y < each.height; ++y) std::ranges::copy(each.row(y), result.row(top + y).begin());
    top += each.height;
  }
  return result;
}

Result<void> check_load_of(const LoadedModel& model) {
  if (!model.network->overloaded()) return {};
  return fail(ErrorCode::overloaded, "the model is busy: too much is waiting for it");
}

}  // namespace

// What the model made of an upload, before it is put into words.
struct Recognizer::Outcome {
  std::vector<DigitPage> pages;  // of a model of digits
  WholePicture whole;            // of a model of pictures
};

Recognizer::Recognizer(models::Repository& models, RecognizerOptions options)
    : models_(models),
      options_(std::move(options)),
      responses_(options_.response_cache),
      workers_(options_.workers),
      pdf_workers_(options_.pdf_workers) {}

Result<void> Recognizer::check_load(std::string_view model, std::string_view version) const {
  if (responses_.enabled()) return {};  // it may be known already
  const auto found = version.empty() ? models_.find(model) : models_.find(model, version);
  return found ? check_load_of(**found) : Result<void>();
}

bool Recognizer::is_small(const image::Header& header) const {
  const std::uint64_t pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  return pixels <= options_.inline_pixels;
}

Task<Result<Recognizer::Outcome>> Recognizer::read_picture(const Upload& upload, const image::PictureFile& file,
                                                           const LoadedModel& model, bool keep_picture) {
  const auto header = file.header(digits::kEnoughPixels);
  if (!header) co_return forward_error(header);
  const auto find = [&upload, &file, keep_picture] { return find_page(file, keep_picture, upload.stages); };
  Result<DigitPage> page;
  if (is_small(*header)) {
    page = find();
  } else {
    page = co_await run_on(workers_, after_wait(upload, find));
  }
  if (!page) co_return forward_error(page);
  const auto read = co_await read_page(*page, model, upload.stages, upload.deadline);
  if (!read) co_return forward_error(read);
  Outcome outcome;
  outcome.pages.push_back(std::move(*page));
  co_return outcome;
}

Task<Result<Recognizer::Outcome>> Recognizer::read_document(const Upload& upload, const LoadedModel& model,
                                                            bool keep_pictures) {
  if (upload.bytes.size() > options_.limits.max_bytes) {
    co_return fail(ErrorCode::too_large, fmt::format("The PDF has {} bytes; at most {} are allowed.",
                                                     upload.bytes.size(), options_.limits.max_bytes));
  }
  const auto read = [&upload, &model, keep_pictures, this] {
    return read_pdf(upload.bytes, options_.pdf, model, keep_pictures, upload.stages, upload.deadline);
  };
  auto pages = co_await run_on(pdf_workers_, read);
  if (!pages) co_return forward_error(pages);
  Outcome outcome;
  outcome.pages = std::move(*pages);
  co_return outcome;
}

Task<Result<Recognizer::Outcome>> Recognizer::classify_picture(const Upload& upload, const image::PictureFile& file,
                                                               const LoadedModel& model) {
  const models::InputDescription& input = model.description.input;
  const auto header = file.header();
  if (!header) co_return forward_error(header);
  const auto fit = [&upload, &file, &input] { return fit_to_network(file, input, upload.stages); };
  Result<WholePicture> picture;
  if (is_small(*header)) {
    picture = fit();
  } else {
    picture = co_await run_on(workers_, after_wait(upload, fit));
  }
  if (!picture) co_return forward_error(picture);
  const auto classified = co_await classify(*picture, model, upload.stages, upload.deadline);
  if (!classified) co_return forward_error(classified);
  Outcome outcome;
  outcome.whole = std::move(*picture);
  co_return outcome;
}

Task<Result<Recognizer::Outcome>> Recognizer::ask_model(const Upload& upload, const ModelHandle& model,
                                                        const image::Format& format, bool keep_pictures) {
  const models::Description& description = model->description;
  const bool whole = description.form == models::Form::picture;
  if (format.kind == image::FormatKind::document) {
    if (!whole) co_return co_await read_document(upload, *model, keep_pictures);
    co_return fail(ErrorCode::unsupported_media,
                   fmt::format("The model '{}' takes one picture, and this is a {}: send its page as {}.",
                               description.name, format.name, image::expected_formats({image::FormatKind::picture})));
  }
  const auto file = image::PictureFile::open(upload.bytes, format, options_.limits);
  if (!file) co_return forward_error(file);
  if (whole) co_return co_await classify_picture(upload, *file, *model);
  co_return co_await read_picture(upload, *file, *model, keep_pictures);
}

Task<Result<Prediction>> Recognizer::recognize(const Upload& upload, std::string_view model) {
  auto found = models_.find(model);
  if (!found) co_return forward_error(found);
  auto recognition = co_await recognize(upload, *found);
  if (!recognition) co_return forward_error(recognition);
  co_return std::move(recognition->prediction);
}

Task<Result<Recognition>> Recognizer::recognize(const Upload& upload, ModelHandle model) {
  const auto format = check_upload(upload, options_.rules);
  if (!format) co_return forward_error(format);
  Recognition recognition;
  Prediction& prediction = recognition.prediction;
  const Digest picture = sha256(upload.bytes);
  if (auto known = responses_.find(picture, model)) {
    recognition = std::move(*known);
    describe(upload, *model, **format, picture, prediction);
    co_return recognition;
  }
  if (auto checked = check_load_of(*model); !checked) co_return forward_error(checked);
  describe(upload, *model, **format, picture, prediction);
  const auto outcome = co_await ask_model(upload, model, **format, false);
  if (!outcome) co_return forward_error(outcome);
  const models::Description& description = model->description;
  if (description.form == models::Form::picture) {
    recognition.row = outcome->whole.probabilities;
    describe_picture(recognition.row, description, options_.candidates, prediction);
  } else {
    describe_pages(outcome->pages, description, options_.candidates, prediction);
    const auto row = row_of_single_digit(outcome->pages, description);
    recognition.row.assign(row.begin(), row.end());
  }
  responses_.store(picture, model, recognition);
  co_return recognition;
}

Task<Result<RowRecognition>> Recognizer::recognize_rows(inference::Tensor input, ModelHandle model, Arrival arrival) {
  if (!std::ranges::all_of(input.values, [](float value) { return std::isfinite(value); })) {
    co_return fail(ErrorCode::invalid_argument, "the input has values that are not finite numbers");
  }
  Result<inference::Tensor> output;
  {
    const telemetry::Stopwatch watch(arrival.stages, telemetry::Stage::infer);
    output = co_await model->network->infer(std::move(input), arrival.deadline);
  }
  if (!output) co_return forward_error(output);
  RowRecognition recognition;
  recognition.output = std::move(*output);
  const auto rows = static_cast<std::size_t>(recognition.output.shape.front());
  std::vector<float> probabilities = recognition.output.values;
  const std::size_t columns = probabilities.size() / rows;
  models::make_probabilities(probabilities, columns, model->description.output);
  recognition.predictions.reserve(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    Prediction& prediction = recognition.predictions.emplace_back();
    prediction.id = i == 0 ? arrival.id : make_uuid(arrival.time);
    prediction.time = arrival.time;
    prediction.model = model->description.name;
    prediction.version = model->version;
    prediction.user = arrival.user;
    describe_picture(std::span(probabilities).subspan(i * columns, columns), model->description, options_.candidates,
                     prediction);
  }
  co_return recognition;
}

Task<Result<image::Image>> Recognizer::explain(const Upload& upload, std::string_view model) {
  auto found = models_.find(model);
  if (!found) co_return forward_error(found);
  const auto format = check_upload(upload, options_.rules);
  if (!format) co_return forward_error(format);
  const auto outcome = co_await ask_model(upload, *found, **format, true);
  if (!outcome) co_return forward_error(outcome);
  const models::Description& description = (*found)->description;
  if (description.form == models::Form::picture) co_return explain_picture(outcome->whole.seen);
  std::vector<image::Image> explained;
  for (const DigitPage& page : outcome->pages) {
    explained.push_back(digits::explain(page.picture, page.findings, page.reading, description.labels));
  }
  co_return stacked(explained);
}

}  // namespace vidi::recognition
