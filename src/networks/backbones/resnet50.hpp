#pragma once
// ResNet50 (He, Zhang, Ren and Sun 2015) without its top, as keras.applications.ResNet50(include_top=False) has it.

#include <cstddef>

#include "backbones/weight_source.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"
#include "models/description.hpp"

namespace vidi::backbones {

enum class Pooling { max, avg };

struct Resnet50 {
  static constexpr std::size_t kColumns = 2048;
  static constexpr int kLeastSide = 32;

  int width = 224;  // pixels, kLeastSide at least
  int height = 224;
  Pooling pooling = Pooling::max;
};

// Input `image` (n, 3, height, width), blue, green, red; output `features` (n, 2048). Each normalization is folded into
// the convolution before it, in double precision. Errors: those of the source; invalid_argument (a variance below 0).
Result<Bytes> write_resnet50(const Resnet50& network, WeightSource& source);

// What that input takes, as keras.applications.resnet50.preprocess_input makes it of a picture that Pillow has resized.
models::InputDescription resnet50_input(const Resnet50& network);

}  // namespace vidi::backbones
