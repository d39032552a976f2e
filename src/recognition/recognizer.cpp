#include "recognition/recognizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "digits/explain.hpp"
#include "recognition/digit_pages.hpp"
#include "recognition/filename.hpp"

namespace vidi::recognition {
namespace {

using models::LoadedModel;
using records::Prediction;

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

}  // namespace

// What became of an upload before it is put into words.
struct Recognizer::Examination {
  std::shared_ptr<const LoadedModel> model;
  image::Format format = image::Format::png;
  std::vector<DigitPage> pages;
};

Recognizer::Recognizer(models::Repository models, RecognizerOptions options)
    : models_(std::move(models)),
      options_(std::move(options)),
      workers_(options_.workers),
      pdf_workers_(options_.pdf_workers) {}

Task<Result<std::vector<DigitPage>>> Recognizer::examine_picture(const Upload& upload, const LoadedModel& model,
                                                                 bool keep_picture) {
  const auto header = image::read_header(upload.bytes, options_.limits, digits::kEnoughPixels);
  if (!header) co_return std::unexpected(header.error());
  const auto find = [&upload, keep_picture, this] {
    return find_page(upload.bytes, options_.limits, keep_picture, upload.stages);
  };
  const std::uint64_t pixels = static_cast<std::uint64_t>(header->width) * static_cast<std::uint64_t>(header->height);
  Result<DigitPage> page;
  if (pixels <= options_.inline_pixels) {
    page = find();
  } else {
    const auto wait_and_find = [&upload, &find, begin = telemetry::Clock::now()] {
      if (upload.stages != nullptr) upload.stages->add(telemetry::Stage::decode, begin, telemetry::Clock::now());
      return find();
    };
    page = co_await run_on(workers_, wait_and_find);
  }
  if (!page) co_return forward_error(page);
  const auto read = co_await read_page(*page, model, upload.stages);
  if (!read) co_return std::unexpected(read.error());
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
    return read_pdf(upload.bytes, options_.pdf, model, keep_pictures, upload.stages);
  };
  co_return co_await run_on(pdf_workers_, read);
}

Task<Result<Recognizer::Examination>> Recognizer::examine(const Upload& upload, std::string_view model_name,
                                                          bool keep_pictures) {
  auto found = models_.find(model_name);
  if (!found) co_return forward_error(found);
  const auto format = check_upload(upload, options_.rules);
  if (!format) co_return std::unexpected(format.error());
  Examination examination;
  examination.model = *found;
  examination.format = *format;
  Result<std::vector<DigitPage>> pages;
  if (*format == image::Format::pdf) {
    pages = co_await examine_pdf(upload, *examination.model, keep_pictures);
  } else {
    pages = co_await examine_picture(upload, *examination.model, keep_pictures);
  }
  if (!pages) co_return forward_error(pages);
  examination.pages = std::move(*pages);
  co_return examination;
}

Task<Result<Prediction>> Recognizer::recognize(const Upload& upload, std::string_view model) {
  const auto examination = co_await examine(upload, model, false);
  if (!examination) co_return std::unexpected(examination.error());
  Prediction prediction = describe(upload, *examination->model, examination->format);
  describe_pages(examination->pages, examination->model->description, options_.candidates, prediction);
  co_return prediction;
}

Task<Result<image::Image>> Recognizer::explain(const Upload& upload, std::string_view model) {
  const auto examination = co_await examine(upload, model, true);
  if (!examination) co_return std::unexpected(examination.error());
  std::vector<image::Image> explained;
  for (const DigitPage& page : examination->pages) {
    explained.push_back(
        digits::explain(page.picture, page.findings, page.reading, examination->model->description.labels));
  }
  co_return stacked(explained);
}

}  // namespace vidi::recognition
