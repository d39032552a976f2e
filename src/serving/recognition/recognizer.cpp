#include "recognition/recognizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "digits/explain.hpp"
#include "models/preprocess.hpp"
#include "recognition/digit_pages.hpp"
#include "recognition/filename.hpp"
#include "recognition/whole_picture.hpp"

namespace vidi::recognition {
namespace {

using models::LoadedModel;
using records::Prediction;

// Fills in what does not depend on what the picture shows.
void describe(const Upload& upload, const LoadedModel& model, image::Format format, const Digest& picture,
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
  prediction.media_type = image::media_type(format);
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

// What became of an upload before it is put into words.
struct Recognizer::Examination {
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

Task<Result<std::vector<DigitPage>>> Recognizer::examine_picture(const Upload& upload, const LoadedModel& model,
                                                                 bool keep_picture) {
  const auto header = image::read_header(upload.bytes, options_.limits, digits::kEnoughPixels);
  if (!header) co_return forward_error(header);
  const auto find = [&upload, keep_picture, this] {
    return find_page(upload.bytes, options_.limits, keep_picture, upload.stages);
  };
  const std::uint64_t pixels = static_cast<std::uint64_t>(header->width) * static_cast<std::uint64_t>(header->height);
  Result<DigitPage> page;
  if (pixels <= options_.inline_pixels) {
    page = find();
  } else {
    page = co_await run_on(workers_, after_wait(upload, find));
  }
  if (!page) co_return forward_error(page);
  const auto read = co_await read_page(*page, model, upload.stages, upload.deadline);
  if (!read) co_return forward_error(read);
  std::vector<DigitPage> pages;
  pages.push_back(std::move(*page));
  co_return pages;
}

Task<Result<std::vector<DigitPage>>> Recognizer::examine_pdf(const Upload& upload, const LoadedModel& model,
                                                             bool keep_pictures) {
  if (upload.bytes.size() > options_.limits.max_bytes) {
    co_return fail(ErrorCode::too_large, fmt::format("The PDF has {} bytes; at most {} are allowed.",
                                                     upload.bytes.size(), options_.limits.max_bytes));
  }
  const auto read = [&upload, &model, keep_pictures, this] {
    return read_pdf(upload.bytes, options_.pdf, model, keep_pictures, upload.stages, upload.deadline);
  };
  co_return co_await run_on(pdf_workers_, read);
}

Task<Result<WholePicture>> Recognizer::examine_whole(const Upload& upload, const LoadedModel& model) {
  const models::InputDescription& input = model.description.input;
  const auto header = image::read_header(upload.bytes, options_.limits);
  if (!header) co_return forward_error(header);
  const auto see = [&upload, &input, this] { return see_picture(upload.bytes, options_.limits, input, upload.stages); };
  const std::uint64_t pixels = static_cast<std::uint64_t>(header->width) * static_cast<std::uint64_t>(header->height);
  Result<WholePicture> picture;
  if (pixels <= options_.inline_pixels) {
    picture = see();
  } else {
    picture = co_await run_on(workers_, after_wait(upload, see));
  }
  if (!picture) co_return picture;
  const auto classified = co_await classify(*picture, model, upload.stages, upload.deadline);
  if (!classified) co_return forward_error(classified);
  co_return picture;
}

Task<Result<Recognizer::Examination>> Recognizer::examine(const Upload& upload, const ModelHandle& model,
                                                          image::Format format, bool keep_pictures) {
  Examination examination;
  const models::Description& description = model->description;
  if (description.form == models::Form::picture) {
    if (format == image::Format::pdf) {
      co_return fail(
          ErrorCode::unsupported_media,
          fmt::format("The model '{}' takes one picture, and this is a PDF: send its page as a PNG, JPEG, GIF "
                      "or BMP.",
                      description.name));
    }
    auto whole = co_await examine_whole(upload, *model);
    if (!whole) co_return forward_error(whole);
    examination.whole = std::move(*whole);
    co_return examination;
  }
  Result<std::vector<DigitPage>> pages;
  if (format == image::Format::pdf) {
    pages = co_await examine_pdf(upload, *model, keep_pictures);
  } else {
    pages = co_await examine_picture(upload, *model, keep_pictures);
  }
  if (!pages) co_return forward_error(pages);
  examination.pages = std::move(*pages);
  co_return examination;
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
    describe(upload, *model, *format, picture, prediction);
    co_return recognition;
  }
  if (auto checked = check_load_of(*model); !checked) co_return forward_error(checked);
  describe(upload, *model, *format, picture, prediction);
  const auto examination = co_await examine(upload, model, *format, false);
  if (!examination) co_return forward_error(examination);
  const models::Description& description = model->description;
  if (description.form == models::Form::picture) {
    recognition.row = examination->whole.probabilities;
    describe_picture(recognition.row, description, options_.candidates, prediction);
  } else {
    describe_pages(examination->pages, description, options_.candidates, prediction);
    const auto row = row_of_only_digit(examination->pages, description);
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
  const auto examination = co_await examine(upload, *found, *format, true);
  if (!examination) co_return forward_error(examination);
  const models::Description& description = (*found)->description;
  if (description.form == models::Form::picture) co_return explain_picture(examination->whole.seen);
  std::vector<image::Image> explained;
  for (const DigitPage& page : examination->pages) {
    explained.push_back(digits::explain(page.picture, page.findings, page.reading, description.labels));
  }
  co_return stacked(explained);
}

}  // namespace vidi::recognition
