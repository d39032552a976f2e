#pragma once
// A network that makes a row of numbers of every picture, for many pictures: pictures of 8 bits in, rows of float32
// out, as many a second as the machine can.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "inference/model.hpp"

namespace vidi::inference {

// What the network's input wants to be made of a picture's bytes.
struct PixelInput {
  std::string name;  // empty: the network's only one
  int width = 0;     // pixels
  int height = 0;
  int channels = 3;             // 1 or 3
  bool channels_first = false;  // (n, channels, height, width); otherwise (n, height, width, channels)
  bool reversed = false;        // blue, green, red
  // The network sees value * scale + offset, values from 0 to 255; where there are means it sees (value - mean) /
  // deviation, a pair for each channel in the network's order of colors.
  std::vector<double> mean;
  std::vector<double> deviation;
  double scale = 1;
  double offset = 0;
  bool inverted = false;                    // 255 - value, before all that
  std::map<std::string, double> constants;  // values for inputs besides the picture
};

struct PictureNetworkOptions {
  Precision precision = Precision::f32;
  // Pictures that are computed together, batches computed at the same time, and processors to compute with. 0: what is
  // fastest for the usual backbones, as tuning.hpp chooses.
  std::size_t batch = 0;
  std::size_t streams = 0;
  std::size_t threads = 0;
  std::string output;  // the name of the output to read; empty: the only one
  // Pictures, one behind the other as infer() takes them, from which int8 finds its ranges: 64 are enough of a set that
  // they are like. They are not needed after compilation.
  std::span<const std::uint8_t> calibration;
};

// How a network is computed, as the compiled network says of itself.
struct Execution {
  std::string processor;  // the name of what computes it
  // Convolutions and matrix products by the precision that they are computed in.
  std::map<std::string, std::size_t> operations;
};

// Every method may be called from several threads at once.
class PictureNetwork {
 public:
  virtual ~PictureNetwork() = default;

  // Makes rows of `columns()` numbers of `count` pictures, 1 to batch(). `pictures`: (count, height, width, channels),
  // 8 bits, red, green, blue, as they are decoded. `rows`: count * columns() values. Returns when they are written:
  // as many threads at a time as streams() keep the processors busy. Fewer pictures than batch() take as long as that
  // many. Errors: invalid_argument (sizes that do not fit), internal.
  virtual Result<void> infer(std::span<const std::uint8_t> pictures, std::size_t count, std::span<float> rows) = 0;

  [[nodiscard]] virtual std::size_t batch() const = 0;
  [[nodiscard]] virtual std::size_t streams() const = 0;
  [[nodiscard]] virtual std::size_t columns() const = 0;
  [[nodiscard]] virtual const Execution& execution() const = 0;
};

// For people: "convolutions and matrix products: 1 in bf16, 52 in int8; on PROCESSOR, 2 batches of 4 pictures at a
// time".
std::string describe(const PictureNetwork& network);

}  // namespace vidi::inference
