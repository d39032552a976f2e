#pragma once
// Features brought to mean 0 and deviation 1, and reduced to their principal components.

#include <cstddef>
#include <string>

#include "core/result.hpp"
#include "features/feature_table.hpp"
#include "features/output.hpp"
#include "statistics/moments.hpp"
#include "statistics/reduction.hpp"

namespace vidi::features {

using statistics::Reduction;

// Of at most `components` (0: none), or as many as the rows allow. Errors: invalid_argument (fewer than 2 rows).
Result<Reduction> fit_reduction(const statistics::Moments& moments, std::size_t components);

// Writes scaler.parquet and pca.parquet.
Result<void> write_reduction(const Reduction& reduction, Output& output, FeatureTable& table);
// Reads them. Error not_found: that output holds none.
Result<Reduction> read_reduction(Output& output);

struct TransformOptions {
  bool has_variants = false;
  bool keep_scaled = false;  // writes features_scaled too
};

// Writes features_pca of every part.
Result<void> transform_parts(const Reduction& reduction, PictureLedger& ledger, Output& output, FeatureTable& table,
                             const TransformOptions& options);

}  // namespace vidi::features
