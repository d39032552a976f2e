#pragma once
// The heart of vidi: the bytes of a picture in, a prediction out.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "core/worker_pool.hpp"
#include "documents/pdf.hpp"
#include "image/picture_file.hpp"
#include "models/repository.hpp"
#include "recognition/recognition.hpp"
#include "recognition/response_cache.hpp"
#include "recognition/upload.hpp"
#include "records/prediction.hpp"

namespace vidi::recognition {

struct RecognizerOptions {
  UploadRules rules;
  image::DecodeLimits limits;
  // A picture of at most this many pixels is decoded on the thread that asks; a larger one by the workers, so that it
  // does not hold up the network. Handing a small picture over costs more than decoding it.
  std::uint64_t inline_pixels = 16'384;
  std::size_t candidates = 5;      // at most that many in an answer
  std::size_t response_cache = 0;  // bytes of answers that are remembered, see ResponseCache
  WorkerPool::Options workers;
  documents::PdfOptions pdf;
  // PDFs have threads of their own, one for each that is rendered at a time, so that they do not hold pictures up.
  WorkerPool::Options pdf_workers{.threads = 2, .max_queue = 16};
};

// What a network made of rows that a client had prepared itself, and a prediction for each.
struct RowRecognition {
  inference::Tensor output;
  std::vector<records::Prediction> predictions;
};

// Any thread. Must outlive the tasks it has returned, and the models must outlive it.
class Recognizer {
 public:
  Recognizer(models::Repository& models, RecognizerOptions options);

  // Whether the model would take a picture now: worth asking before one is read. A model that is not there does not
  // refuse here. Error: overloaded.
  [[nodiscard]] Result<void> check_load(std::string_view model, std::string_view version = {}) const;

  // The prediction of a picture, not yet recorded: `id`, `time`, names and digest are filled in, `latency` is not.
  // By the version that the model answers with by default.
  // Errors: not_found (no such model), those of check_upload, PictureFile and documents::PdfPages, unsupported_media
  // (a document for a model of pictures), overloaded (too many pictures waiting), internal.
  Task<Result<records::Prediction>> recognize(const Upload& upload, std::string_view model);
  // By that version of a model, however long it takes.
  Task<Result<Recognition>> recognize(const Upload& upload, ModelHandle model);

  // Predictions of rows without a picture: the first has the identifier `id`, and all have the time and the user.
  // Errors: invalid_argument (a tensor that the network does not take, values that are not numbers), internal.
  Task<Result<RowRecognition>> recognize_rows(inference::Tensor input, ModelHandle model, Arrival arrival);

  // How that prediction comes about: the picture with what was found in it, and what the model saw of each. RGB; the
  // first pages of a document stand below one another. Errors: as recognize.
  Task<Result<image::Image>> explain(const Upload& upload, std::string_view model);

  [[nodiscard]] models::Repository& models() const { return models_; }
  // What decodes large pictures, and what renders PDFs: to see how much waits for them.
  [[nodiscard]] const WorkerPool& workers() const { return workers_; }
  [[nodiscard]] const WorkerPool& pdf_workers() const { return pdf_workers_; }

 private:
  struct Outcome;
  Task<Result<Outcome>> ask_model(const Upload& upload, const ModelHandle& model, const image::Format& format,
                                  bool keep_pictures);
  Task<Result<Outcome>> read_picture(const Upload& upload, const image::PictureFile& file,
                                     const models::LoadedModel& model, bool keep_picture);
  Task<Result<Outcome>> read_document(const Upload& upload, const models::LoadedModel& model, bool keep_pictures);
  Task<Result<Outcome>> classify_picture(const Upload& upload, const image::PictureFile& file,
                                         const models::LoadedModel& model);
  // Whether decoding it in place costs less than handing it to a worker.
  [[nodiscard]] bool is_small(const image::Header& header) const;

  models::Repository& models_;
  RecognizerOptions options_;
  ResponseCache responses_;
  WorkerPool workers_;
  WorkerPool pdf_workers_;
};

}  // namespace vidi::recognition
