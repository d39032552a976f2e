#pragma once
// Features of pictures as Parquet files: a row for each picture, or for each variant of one.
// docs/reference/formats/features.md describes the columns.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace vidi::tables {

// Rows one after another; `values` holds as many as rows() times `columns`, row-major.
struct FeatureRows {
  std::vector<std::string> images;  // keys in the source, such as "Banana/0_100.jpg"
  std::vector<std::string> labels;
  std::vector<std::int32_t> variants;  // 0: the picture itself; empty: there is no such column
  std::size_t columns = 0;
  std::vector<float> values;

  [[nodiscard]] std::size_t rows() const { return images.size(); }
};

// What the column with the numbers is called.
inline constexpr std::string_view kFeatures = "features";
inline constexpr std::string_view kReducedFeatures = "features_pca";
inline constexpr std::string_view kScaledFeatures = "features_scaled";

// One thread at a time.
class FeatureWriter {
 public:
  struct Options {
    std::string_view name = kFeatures;
    std::size_t columns = 0;
    bool has_variants = false;
  };

  // Replaces a file of that name, once finish() has returned. Errors: internal (the folder is missing or cannot be
  // written, the disk is full).
  static Result<FeatureWriter> create(const std::filesystem::path& path, const Options& options);

  FeatureWriter(FeatureWriter&&) noexcept;
  FeatureWriter& operator=(FeatureWriter&&) noexcept;
  FeatureWriter(const FeatureWriter&) = delete;
  FeatureWriter& operator=(const FeatureWriter&) = delete;
  // Without finish(), nothing has been written.
  ~FeatureWriter();

  // As a row group of its own, with as many columns and variants as the options say. Errors: internal (the disk is full
  // or broken).
  Result<void> add(const FeatureRows& rows);

  // Durable when it returns. Errors: as add().
  Result<void> finish();

 private:
  struct State;
  explicit FeatureWriter(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

// One thread at a time.
class FeatureReader {
 public:
  // Takes lists of numbers of any kind, as other programs write them. Errors: invalid_argument (no such file, no
  // Parquet, or a column is missing).
  static Result<FeatureReader> open(const std::filesystem::path& path, std::string_view name);

  FeatureReader(FeatureReader&&) noexcept;
  FeatureReader& operator=(FeatureReader&&) noexcept;
  FeatureReader(const FeatureReader&) = delete;
  FeatureReader& operator=(const FeatureReader&) = delete;
  ~FeatureReader();

  // Some rows; none: that was all. Errors: invalid_argument (the file is damaged, or its rows differ in length).
  Result<FeatureRows> next();

 private:
  struct State;
  explicit FeatureReader(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

// The parts of a table in a folder, part-00000.parquet and so on, in their order. Error invalid_argument: there are
// none.
Result<std::vector<std::filesystem::path>> list_parts(const std::filesystem::path& folder);

// "part-00007.parquet"
std::string part_name(std::size_t number);

}  // namespace vidi::tables
