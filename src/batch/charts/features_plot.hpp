#pragma once
// `vidi features plot`: what the principal components of a table of features look like.

#include <filesystem>

namespace vidi::charts {

// Draws how much of the variance each component explains, alone and with those before it, and the first two components
// of the rows, colored by label; of more than 5,000 rows, as many at even distances. `out`: a folder that `vidi
// features` has written. `picture`: a file that ends in .svg or .png; empty: OUT/plot.svg and OUT/plot.png.
// Returns the exit status, and says on stderr what was wrong.
int plot_features(const std::filesystem::path& out, const std::filesystem::path& picture);

}  // namespace vidi::charts
