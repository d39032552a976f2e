#include "inference/openvino/winograd.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace vidi::inference {
namespace {

constexpr std::size_t kTile = 8;                // a tile's width and height, of the input
constexpr std::size_t kStep = 4;                // of the output
constexpr std::size_t kPlaces = kTile * kTile;  // products of a tile
constexpr std::size_t kPadding = 2;             // zeros beside a picture
constexpr std::size_t kTiles = 16;              // worked on together: what they need stays in the cache
constexpr std::size_t kSpread = 16;             // floats between places, so that they share no set of the cache
constexpr std::size_t kKernel = WinogradLayer::kKernel;

std::size_t tiles_of(std::size_t size) { return (size + kStep - 1) / kStep; }

// G of the paper: what of a kernel's five values belongs to each of the eight points.
std::array<std::array<double, kKernel>, kTile> kernel_transform() {
  constexpr std::array<double, 6> kPoints{1, -1, 2, -2, 0.5, -0.5};
  constexpr std::array<double, 6> kScales{-2.0 / 9, -2.0 / 9, 1.0 / 90, 1.0 / 90, 32.0 / 45, 32.0 / 45};
  std::array<std::array<double, kKernel>, kTile> rows{};
  rows.front().front() = 1;
  rows.back().back() = 1;
  for (std::size_t i = 0; i < kPoints.size(); ++i) {
    double power = kScales[i];
    for (double& value : rows[i + 1]) {
      value = power;
      power *= kPoints[i];
    }
  }
  return rows;
}

// What of a kernel belongs to each place of a tile: G g G'.
std::array<double, kPlaces> transformed(const std::array<double, kKernel * kKernel>& kernel) {
  static const auto rows = kernel_transform();
  std::array<double, kPlaces> places{};
  for (std::size_t i = 0; i < kPlaces; ++i) {
    for (std::size_t y = 0; y < kKernel; ++y) {
      for (std::size_t x = 0; x < kKernel; ++x) {
        places[i] += rows[i / kTile][y] * kernel[y * kKernel + x] * rows[i % kTile][x];
      }
    }
  }
  return places;
}

// What one thread works with, kept from one picture to the next.
class Scratch {
 public:
  float* padded(std::size_t count) { return room(padded_, count); }
  float* inputs(std::size_t count) { return room(inputs_, count); }
  float* products(std::size_t count) { return room(products_, count); }

 private:
  struct Memory {
    AlignedArray<float> values;
    std::size_t count = 0;
  };

  static float* room(Memory& memory, std::size_t count) {
    if (memory.count < count) {
      memory.values = make_aligned_array<float>(count);
      memory.count = count;
    }
    return memory.values.get();
  }

  Memory padded_;
  Memory inputs_;
  Memory products_;
};

// The work on some tiles of a padded picture.
struct Tiles {
  WinogradLayer::Shape shape;
  const float* padded;  // [y][x][input]
  std::size_t padded_width;
  const float* kernels;
  const float* biases;
  bool relu;
  std::size_t first;  // the tiles, row by row
  std::size_t count;
  float* inputs;    // [place][tile][input]
  float* products;  // [place][tile][output]
  float* answer;    // [y][x][output]

  [[nodiscard]] std::size_t inputs_of_place() const { return kTiles * shape.inputs + kSpread; }
  [[nodiscard]] std::size_t products_of_place() const { return kTiles * shape.outputs + kSpread; }
  [[nodiscard]] std::size_t top(std::size_t tile) const { return (first + tile) / tiles_of(shape.width) * kStep; }
  [[nodiscard]] std::size_t left(std::size_t tile) const { return (first + tile) % tiles_of(shape.width) * kStep; }
};

using Work = void (*)(const Tiles&);

#if defined(__x86_64__)

#define VIDI_INLINE inline __attribute__((always_inline))

// B' of the paper, on eight vectors.
template <typename Vector>
VIDI_INLINE void transform_input(Vector (&d)[kTile]) {
  const Vector r0 = d[0] - d[6] + (d[4] - d[2]) * 5.25F;
  const Vector r7 = d[7] - d[1] + (d[3] - d[5]) * 5.25F;
  const Vector even1 = d[2] + d[6] - d[4] * 4.25F;
  const Vector odd1 = d[1] + d[5] - d[3] * 4.25F;
  const Vector even2 = d[6] + d[2] * 0.25F - d[4] * 1.25F;
  const Vector odd2 = d[1] * 0.5F - d[3] * 2.5F + d[5] * 2.0F;
  const Vector even3 = d[6] + d[2] * 4.0F - d[4] * 5.0F;
  const Vector odd3 = d[1] * 2.0F - d[3] * 2.5F + d[5] * 0.5F;
  d[0] = r0;
  d[1] = even1 + odd1;
  d[2] = even1 - odd1;
  d[3] = even2 + odd2;
  d[4] = even2 - odd2;
  d[5] = even3 + odd3;
  d[6] = even3 - odd3;
  d[7] = r7;
}

// A' of the paper: eight vectors to four.
template <typename Vector>
VIDI_INLINE void transform_output(const Vector (&m)[kTile], Vector (&y)[kStep]) {
  const Vector even1 = m[1] + m[2];
  const Vector odd1 = m[1] - m[2];
  const Vector even2 = m[3] + m[4];
  const Vector odd2 = m[3] - m[4];
  const Vector even3 = m[5] + m[6];
  const Vector odd3 = m[5] - m[6];
  y[0] = m[0] + even1 + even2 + even3;
  y[1] = odd1 + odd2 * 2.0F + odd3 * 0.5F;
  y[2] = even1 + even2 * 4.0F + even3 * 0.25F;
  y[3] = odd1 + odd2 * 8.0F + odd3 * 0.125F + m[7];
}

template <typename Vector>
VIDI_INLINE void load(const float* from, Vector& vector) {
  std::memcpy(&vector, from, sizeof(vector));
}

template <typename Vector>
VIDI_INLINE void store(const Vector& vector, float* to) {
  std::memcpy(to, &vector, sizeof(vector));
}

template <typename Vector>
VIDI_INLINE void transform_inputs(const Tiles& work) {
  constexpr std::size_t kLanes = sizeof(Vector) / sizeof(float);
  const std::size_t line = work.padded_width * work.shape.inputs;
  for (std::size_t tile = 0; tile < work.count; ++tile) {
    const float* const corner = work.padded + work.top(tile) * line + work.left(tile) * work.shape.inputs;
    for (std::size_t channel = 0; channel < work.shape.inputs; channel += kLanes) {
      Vector columns[kTile][kTile];
      for (std::size_t x = 0; x < kTile; ++x) {
        for (std::size_t y = 0; y < kTile; ++y) {
          load(corner + y * line + x * work.shape.inputs + channel, columns[x][y]);
        }
        transform_input(columns[x]);
      }
      float* to = work.inputs + tile * work.shape.inputs + channel;
      for (std::size_t y = 0; y < kTile; ++y) {
        Vector row[kTile];
        for (std::size_t x = 0; x < kTile; ++x) row[x] = columns[x][y];
        transform_input(row);
        for (std::size_t x = 0; x < kTile; ++x, to += work.inputs_of_place()) store(row[x], to);
      }
    }
  }
}

template <typename Vector>
VIDI_INLINE void transform_products(const Tiles& work) {
  constexpr std::size_t kLanes = sizeof(Vector) / sizeof(float);
  const auto& [inputs, outputs, height, width] = work.shape;
  for (std::size_t tile = 0; tile < work.count; ++tile) {
    const std::size_t rows = std::min(kStep, height - work.top(tile));
    const std::size_t columns = std::min(kStep, width - work.left(tile));
    float* const corner = work.answer + (work.top(tile) * width + work.left(tile)) * outputs;
    for (std::size_t channel = 0; channel < outputs; channel += kLanes) {
      const float* const from = work.products + tile * outputs + channel;
      Vector half[kTile][kStep];  // the columns are short by now
      for (std::size_t x = 0; x < kTile; ++x) {
        Vector column[kTile];
        for (std::size_t y = 0; y < kTile; ++y) load(from + (y * kTile + x) * work.products_of_place(), column[y]);
        transform_output(column, half[x]);
      }
      Vector bias;
      load(work.biases + channel, bias);
      for (std::size_t y = 0; y < rows; ++y) {
        Vector row[kTile];
        for (std::size_t x = 0; x < kTile; ++x) row[x] = half[x][y];
        Vector answer[kStep];
        transform_output(row, answer);
        for (std::size_t x = 0; x < columns; ++x) {
          Vector value = answer[x] + bias;
          if (work.relu) value = value > 0.0F ? value : Vector{};
          store(value, corner + (y * width + x) * outputs + channel);
        }
      }
    }
  }
}

// Of one place: products of some tiles with a panel of outputs, two vectors wide.
template <typename Vector, std::size_t kRows>
VIDI_INLINE void multiply_panel(const float* panel, std::size_t inputs, const float* x, float* y, std::size_t outputs) {
  constexpr std::size_t kLanes = sizeof(Vector) / sizeof(float);
  Vector sums[kRows][2] = {};
  for (std::size_t k = 0; k < inputs; ++k, panel += 2 * kLanes) {
    Vector left;
    Vector right;
    load(panel, left);
    load(panel + kLanes, right);
    for (std::size_t row = 0; row < kRows; ++row) {
      const float value = x[row * inputs + k];
      sums[row][0] += left * value;
      sums[row][1] += right * value;
    }
  }
  for (std::size_t row = 0; row < kRows; ++row) {
    store(sums[row][0], y + row * outputs);
    store(sums[row][1], y + row * outputs + kLanes);
  }
}

template <typename Vector, std::size_t kRows>
VIDI_INLINE void multiply_rows(const Tiles& work) {
  constexpr std::size_t kPanel = 2 * sizeof(Vector) / sizeof(float);
  const auto& [inputs, outputs, height, width] = work.shape;
  for (std::size_t place = 0; place < kPlaces; ++place) {
    const float* const x = work.inputs + place * work.inputs_of_place();
    float* const y = work.products + place * work.products_of_place();
    for (std::size_t output = 0; output < outputs; output += kPanel) {
      const float* const panel = work.kernels + (place * outputs + output) * inputs;
      std::size_t row = 0;
      for (; row + kRows <= work.count; row += kRows) {
        multiply_panel<Vector, kRows>(panel, inputs, x + row * inputs, y + row * outputs + output, outputs);
      }
      for (; row < work.count; ++row) {
        multiply_panel<Vector, 1>(panel, inputs, x + row * inputs, y + row * outputs + output, outputs);
      }
    }
  }
}

using Vector16 = float __attribute__((vector_size(64)));
using Vector8 = float __attribute__((vector_size(32)));

__attribute__((target("avx512f"))) void work_avx512(const Tiles& work) {
  transform_inputs<Vector16>(work);
  multiply_rows<Vector16, 8>(work);
  transform_products<Vector16>(work);
}

__attribute__((target("avx2,fma"))) void work_avx2(const Tiles& work) {
  transform_inputs<Vector8>(work);
  multiply_rows<Vector8, 4>(work);
  transform_products<Vector8>(work);
}

#undef VIDI_INLINE

#endif

}  // namespace

// How the work is done.
struct WinogradLayer::Way {
  Work work;
  std::size_t columns;  // outputs of a panel
};

const WinogradLayer::Way& WinogradLayer::way_of(Instructions instructions) {
#if defined(__x86_64__)
  static constexpr Way kAvx512{.work = work_avx512, .columns = 32};
  static constexpr Way kAvx2{.work = work_avx2, .columns = 16};
  if (instructions == Instructions::avx512) return kAvx512;
  if (instructions == Instructions::avx2) return kAvx2;
#endif
  throw std::logic_error("this processor has no instructions for Winograd's way");
}

WinogradLayer::WinogradLayer(const Shape& shape, const Weight& weight, std::vector<float> biases, bool relu,
                             Instructions instructions)
    : shape_(shape), biases_(std::move(biases)), relu_(relu), way_(&way_of(instructions)) {
  const auto& [inputs, outputs, height, width] = shape_;
  if (inputs % kInputsOf != 0 || outputs % kOutputsOf != 0 || biases_.size() != outputs) {
    throw std::logic_error("no layer for Winograd's way");
  }
  const std::size_t columns = way_->columns;
  kernels_ = make_aligned_array<float>(kPlaces * inputs * outputs);
  for (std::size_t output = 0; output < outputs; ++output) {
    for (std::size_t input = 0; input < inputs; ++input) {
      std::array<double, kKernel * kKernel> kernel{};
      for (std::size_t i = 0; i < kernel.size(); ++i) kernel[i] = weight(output, input, i / kKernel, i % kKernel);
      const auto places = transformed(kernel);
      const std::size_t in_panel = (output / columns * inputs + input) * columns + output % columns;
      for (std::size_t place = 0; place < kPlaces; ++place) {
        kernels_[place * inputs * outputs + in_panel] = static_cast<float>(places[place]);
      }
    }
  }
}

void WinogradLayer::apply(std::span<const float> x, std::span<float> y) const {
  thread_local Scratch scratch;
  const auto& [inputs, outputs, height, width] = shape_;
  const std::size_t tiles = tiles_of(height) * tiles_of(width);
  const std::size_t padded_width = tiles_of(width) * kStep + kKernel - 1;
  const std::size_t padded_height = tiles_of(height) * kStep + kKernel - 1;
  Tiles work{.shape = shape_,
             .padded = nullptr,
             .padded_width = padded_width,
             .kernels = kernels_.get(),
             .biases = biases_.data(),
             .relu = relu_,
             .first = 0,
             .count = 0,
             .inputs = nullptr,
             .products = nullptr,
             .answer = y.data()};
  float* const padded = scratch.padded(padded_height * padded_width * inputs);
  std::fill_n(padded, padded_height * padded_width * inputs, 0.0F);
  for (std::size_t row = 0; row < height; ++row) {
    std::memcpy(padded + ((row + kPadding) * padded_width + kPadding) * inputs, x.data() + row * width * inputs,
                width * inputs * sizeof(float));
  }
  work.padded = padded;
  work.inputs = scratch.inputs(kPlaces * work.inputs_of_place());
  work.products = scratch.products(kPlaces * work.products_of_place());
  for (work.first = 0; work.first < tiles; work.first += kTiles) {
    work.count = std::min(kTiles, tiles - work.first);
    way_->work(work);
  }
}

}  // namespace vidi::inference
