#pragma once
// Pictures with their labels as a Parquet file: what a training elsewhere reads.

#include <filesystem>
#include <memory>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace vidi::tables {

struct LabelledPicture {
  Uuid id;  // of the prediction that the label is of
  std::string label;
  std::string media_type;
  Bytes image;  // the file, as it was uploaded
};

// One thread at a time. Columns: id, label, media_type, image.
class LabelledPictureWriter {
 public:
  // As PredictionWriter::create().
  static Result<LabelledPictureWriter> create(const std::filesystem::path& path);

  LabelledPictureWriter(LabelledPictureWriter&&) noexcept;
  LabelledPictureWriter& operator=(LabelledPictureWriter&&) noexcept;
  LabelledPictureWriter(const LabelledPictureWriter&) = delete;
  LabelledPictureWriter& operator=(const LabelledPictureWriter&) = delete;
  ~LabelledPictureWriter();

  // Errors: internal (the disk is full or broken).
  Result<void> add(const LabelledPicture& picture);

  // Durable when it returns. Errors: as add().
  Result<void> finish();

 private:
  struct State;
  explicit LabelledPictureWriter(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vidi::tables
