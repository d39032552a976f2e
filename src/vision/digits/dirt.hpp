#pragma once
// Which parts of the ink may belong to digits. Internal to this module.

#include <vector>

#include "digits/blobs.hpp"

namespace vidi::digits {

// Without what cannot be a part of a digit: specks, straight thin lines, empty boxes, surfaces, soft shadows, what
// reaches in from the picture's edge, what is far fainter than the rest.
std::vector<Blob> without_dirt(const Blobs& blobs);

// How much the blobs look like strokes of a pen: ink, by its contrast squared; a surface counts for little.
double stroke_mass(const std::vector<Blob>& blobs);

}  // namespace vidi::digits
