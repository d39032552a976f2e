#pragma once
// A file's pages, and the digits on them.

#include <cstddef>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "digits/find.hpp"
#include "digits/read.hpp"
#include "documents/pdf.hpp"
#include "image/picture_file.hpp"
#include "models/repository.hpp"
#include "records/prediction.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::recognition {

struct DigitPage {
  image::Image picture;  // as it was searched; empty unless it was asked for
  double scale = 1;      // a pixel of it in pixels of the file's picture
  digits::Findings findings;
  std::vector<float> probabilities;  // of each candidate, filled in by read_page()
  digits::Reading reading;           // filled in by read_page()
};

// Decodes a picture file and finds what may be digits: processor work.
// Errors: those of PictureFile::decode(). `stages` may be null, here and below.
Result<DigitPage> find_page(const image::PictureFile& file, bool keep_picture, telemetry::Stages* stages = nullptr);

// Asks the model what each candidate is. Errors: the model's. `page` and `model` must outlive the task.
Task<Result<void>> read_page(DigitPage& page, const models::LoadedModel& model, telemetry::Stages* stages = nullptr,
                             inference::Deadline deadline = inference::kNoDeadline);

// Both for every page of a PDF, one after the other; waits for the renderer and for the model. Without pictures the
// findings are not kept either; with them at most kExplainedPages are read.
// Errors: those of documents::PdfPages, the model's.
Result<std::vector<DigitPage>> read_pdf(ByteView file, const documents::PdfOptions& options,
                                        const models::LoadedModel& model, bool keep_pictures,
                                        telemetry::Stages* stages = nullptr,
                                        inference::Deadline deadline = inference::kNoDeadline);

// What the model said of the only digit that was read, one value for each of its classes; empty when there is not
// exactly one.
std::span<const float> row_of_single_digit(const std::vector<DigitPage>& pages, const models::Description& description);

// Of a document, in a picture of how it was read.
constexpr std::size_t kExplainedPages = 8;

// Result, confidence, candidates (at most that many), digits, or the reason: one string over all digits, lines
// separated by a newline, pages by a form feed.
void describe_pages(const std::vector<DigitPage>& pages, const models::Description& description, std::size_t candidates,
                    records::Prediction& prediction);

}  // namespace vidi::recognition
