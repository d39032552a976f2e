#pragma once
// The output of `vidi features` as something to learn from: docs/reference/formats/features.md.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "statistics/reduction.hpp"

namespace vidi::classifier {

// How features become what is learned from: it has components.
using statistics::Reduction;

struct FeatureTable {
  std::vector<std::string> images;
  std::vector<std::string> labels;     // of each row
  std::vector<std::int32_t> variants;  // 0: the picture itself
  std::size_t columns = 0;             // components
  std::vector<float> values;           // features_pca, row after row
  // Of each row: the length of what the components leave of its scaled features. What was never seen lies far from
  // where the components lie.
  std::vector<float> residuals;

  [[nodiscard]] std::size_t rows() const { return labels.size(); }
};

// What manifest.json says of where a table comes from.
struct Origin {
  std::string source;
  std::string backbone;  // its name
  std::string weights;
  std::string backbone_sha256;
  std::string precision;
  std::size_t pictures = 0;
  std::size_t augment = 0;  // variants of each picture besides itself
};

// Errors: invalid_argument (no finished job, or a file is missing or damaged: the message names it).
Result<Origin> read_origin(const std::filesystem::path& folder);
Result<Reduction> read_reduction(const std::filesystem::path& folder);

// Adds the other's rows, which have as many columns.
void append(FeatureTable&& more, FeatureTable& table);

// As if every picture itself, unlike its variants, were there `times` times.
void repeat_originals(std::size_t times, FeatureTable& table);

// Reads `features` too, a part at a time, for the residuals. Errors: invalid_argument (a file is missing or damaged;
// the two tables have other rows, or features_pca is not what `reduction` makes of the features).
Result<FeatureTable> read_table(const std::filesystem::path& folder, const Reduction& reduction);

}  // namespace vidi::classifier
