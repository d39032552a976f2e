#pragma once
// Predictions as a Parquet file, and back; docs/reference/formats/tables.md describes its columns.

#include <filesystem>
#include <memory>
#include <vector>

#include "core/result.hpp"
#include "records/prediction.hpp"

namespace vidi::records::parquet {

// One thread at a time.
class PredictionWriter {
 public:
  // Replaces a file of that name, once finish() has returned. Errors: internal (the folder is missing or cannot be
  // written, the disk is full).
  static Result<PredictionWriter> create(const std::filesystem::path& path);

  PredictionWriter(PredictionWriter&&) noexcept;
  PredictionWriter& operator=(PredictionWriter&&) noexcept;
  PredictionWriter(const PredictionWriter&) = delete;
  PredictionWriter& operator=(const PredictionWriter&) = delete;
  // Without finish(), nothing has been written.
  ~PredictionWriter();

  // Predictions come back in the order in which they were added. Errors: internal (the disk is full or broken).
  Result<void> add(const Prediction& prediction);

  // Durable when it returns. Errors: as add().
  Result<void> finish();

 private:
  struct State;
  explicit PredictionWriter(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

// One thread at a time.
class PredictionReader {
 public:
  // Errors: invalid_argument (no such file, no Parquet, or no table of predictions; the message says why).
  static Result<PredictionReader> open(const std::filesystem::path& path);

  PredictionReader(PredictionReader&&) noexcept;
  PredictionReader& operator=(PredictionReader&&) noexcept;
  PredictionReader(const PredictionReader&) = delete;
  PredictionReader& operator=(const PredictionReader&) = delete;
  ~PredictionReader();

  // Some of them, equal to those that were written; none: that was all. Errors: invalid_argument (the file is damaged,
  // or a row makes no sense; the message names the row, counted from 1).
  Result<std::vector<Prediction>> next();

 private:
  struct State;
  explicit PredictionReader(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vidi::records::parquet
