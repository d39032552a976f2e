#pragma once
// What the principal components of a table of features look like. Thread-safe.

#include <filesystem>
#include <vector>

namespace vidi::charts {

// Whether a chart can be drawn into a file of that name.
bool can_draw(const std::filesystem::path& picture);

// Draws how much of the variance each component explains, alone and with those before it, and the first two components
// of the rows, colored by label; of more than 5,000 rows, as many at even distances. `out`: a folder that `vidi
// features` has written. `picture`: a file that ends in .svg or .png; empty: OUT/plot.svg and OUT/plot.png.
// Returns the files that were written. Throws std::runtime_error when there is nothing to draw, or a file cannot be
// read or written. Requires: can_draw(picture), unless it is empty.
std::vector<std::filesystem::path> plot_features(const std::filesystem::path& out,
                                                 const std::filesystem::path& picture);

}  // namespace vidi::charts
