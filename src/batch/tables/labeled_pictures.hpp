#pragma once
// Pictures with their labels as a Parquet file: what a training elsewhere reads.

#include <filesystem>
#include <memory>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/uuid.hpp"

namespace vidi::tables {

struct LabeledPicture {
  Uuid id;  // of the prediction that the label is of
  std::string label;
  std::string media_type;
  Bytes image;  // the file, as it was uploaded
};

// One thread at a time. Columns: id, label, media_type, image.
class LabeledPictureWriter {
 public:
  // As PredictionWriter::create().
  static Result<LabeledPictureWriter> create(const std::filesystem::path& path);

  LabeledPictureWriter(LabeledPictureWriter&&) noexcept;
  LabeledPictureWriter& operator=(LabeledPictureWriter&&) noexcept;
  LabeledPictureWriter(const LabeledPictureWriter&) = delete;
  LabeledPictureWriter& operator=(const LabeledPictureWriter&) = delete;
  ~LabeledPictureWriter();

  // Errors: internal (the disk is full or broken).
  Result<void> add(const LabeledPicture& picture);

  // Durable when it returns. Errors: as add().
  Result<void> finish();

 private:
  struct State;
  explicit LabeledPictureWriter(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vidi::tables
