#pragma once
// How many columns of features become few: each is brought to mean 0 and deviation 1, then the scaled rows are
// projected onto their principal components. One type for the job of features, the classifier and Python.

#include <optional>

#include "statistics/pca.hpp"
#include "statistics/standard_scaler.hpp"

namespace vidi::statistics {

// Thread-safe as long as it is not changed.
struct Reduction {
  StandardScaler scaler;
  std::optional<Pca> pca;  // of scaled rows; absent: they are scaled and not reduced
};

}  // namespace vidi::statistics
