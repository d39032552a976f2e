#include "inference/openvino/half_weights.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vidi::inference {
namespace {

// One panel of weights times some rows: y[row][0 .. columns) = sum over k of x[row][k] * w[k][column].
struct Panel {
  const std::uint16_t* weights;
  std::size_t inputs;
  const float* x;  // rows of `inputs` values
  float* y;        // rows of `columns` values, one behind the other
};

using PanelKernel = void (*)(const Panel&);

#if defined(__x86_64__)

// Steps over the inputs that are summed up side by side: with few rows one sum would wait for itself.
template <std::size_t kRows>
constexpr std::size_t kSums = kRows == 1   ? 4
                              : kRows <= 3 ? 2
                                           : 1;

template <std::size_t kRows>
__attribute__((target("avx512f"))) void multiply_avx512(const Panel& panel) {
  constexpr std::size_t kColumns = 32;
  constexpr std::size_t kSteps = kSums<kRows>;
  __m512 sums[kSteps][kRows][2] = {};
  const std::uint16_t* weights = panel.weights;
  std::size_t k = 0;
  for (; k + kSteps <= panel.inputs; k += kSteps) {
    for (std::size_t step = 0; step < kSteps; ++step, weights += kColumns) {
      const __m512 left = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(weights)));
      const __m512 right = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(weights + 16)));
      for (std::size_t row = 0; row < kRows; ++row) {
        const __m512 value = _mm512_set1_ps(panel.x[row * panel.inputs + k + step]);
        sums[step][row][0] = _mm512_fmadd_ps(left, value, sums[step][row][0]);
        sums[step][row][1] = _mm512_fmadd_ps(right, value, sums[step][row][1]);
      }
    }
  }
  for (; k < panel.inputs; ++k, weights += kColumns) {
    const __m512 left = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(weights)));
    const __m512 right = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(weights + 16)));
    for (std::size_t row = 0; row < kRows; ++row) {
      const __m512 value = _mm512_set1_ps(panel.x[row * panel.inputs + k]);
      sums[0][row][0] = _mm512_fmadd_ps(left, value, sums[0][row][0]);
      sums[0][row][1] = _mm512_fmadd_ps(right, value, sums[0][row][1]);
    }
  }
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t half = 0; half < 2; ++half) {
      __m512 sum = sums[0][row][half];
      for (std::size_t step = 1; step < kSteps; ++step) sum = _mm512_add_ps(sum, sums[step][row][half]);
      _mm512_storeu_ps(panel.y + row * kColumns + half * 16, sum);
    }
  }
}

template <std::size_t kRows>
__attribute__((target("avx2,fma,f16c"))) void multiply_avx2(const Panel& panel) {
  constexpr std::size_t kColumns = 16;
  constexpr std::size_t kSteps = kSums<kRows>;
  __m256 sums[kSteps][kRows][2] = {};
  const std::uint16_t* weights = panel.weights;
  std::size_t k = 0;
  for (; k + kSteps <= panel.inputs; k += kSteps) {
    for (std::size_t step = 0; step < kSteps; ++step, weights += kColumns) {
      const __m256 left = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(weights)));
      const __m256 right = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(weights + 8)));
      for (std::size_t row = 0; row < kRows; ++row) {
        const __m256 value = _mm256_set1_ps(panel.x[row * panel.inputs + k + step]);
        sums[step][row][0] = _mm256_fmadd_ps(left, value, sums[step][row][0]);
        sums[step][row][1] = _mm256_fmadd_ps(right, value, sums[step][row][1]);
      }
    }
  }
  for (; k < panel.inputs; ++k, weights += kColumns) {
    const __m256 left = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(weights)));
    const __m256 right = _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(weights + 8)));
    for (std::size_t row = 0; row < kRows; ++row) {
      const __m256 value = _mm256_set1_ps(panel.x[row * panel.inputs + k]);
      sums[0][row][0] = _mm256_fmadd_ps(left, value, sums[0][row][0]);
      sums[0][row][1] = _mm256_fmadd_ps(right, value, sums[0][row][1]);
    }
  }
  for (std::size_t row = 0; row < kRows; ++row) {
    for (std::size_t half = 0; half < 2; ++half) {
      __m256 sum = sums[0][row][half];
      for (std::size_t step = 1; step < kSteps; ++step) sum = _mm256_add_ps(sum, sums[step][row][half]);
      _mm256_storeu_ps(panel.y + row * kColumns + half * 8, sum);
    }
  }
}

// As many rows as leave registers for the weights: two sums a row, of 32 or 16 registers.
template <std::size_t... kIndices>
constexpr std::array<PanelKernel, sizeof...(kIndices)> avx512_kernels(std::index_sequence<kIndices...>) {
  return {multiply_avx512<kIndices + 1>...};
}
template <std::size_t... kIndices>
constexpr std::array<PanelKernel, sizeof...(kIndices)> avx2_kernels(std::index_sequence<kIndices...>) {
  return {multiply_avx2<kIndices + 1>...};
}
constexpr auto kAvx512Kernels = avx512_kernels(std::make_index_sequence<14>());
constexpr auto kAvx2Kernels = avx2_kernels(std::make_index_sequence<6>());

#endif

constexpr std::size_t kMostColumns = 32;
constexpr std::size_t kMostRows = 14;

std::size_t rounded_up(std::size_t value, std::size_t to) { return (value + to - 1) / to * to; }

}  // namespace

struct HalfWeights::Kernel {
  std::size_t columns = 0;               // of a panel
  std::span<const PanelKernel> by_rows;  // [n - 1]: for n rows
};

const HalfWeights::Kernel& HalfWeights::kernel_of(Instructions instructions) {
#if defined(__x86_64__)
  static constexpr Kernel kAvx512{.columns = 32, .by_rows = kAvx512Kernels};
  static constexpr Kernel kAvx2{.columns = 16, .by_rows = kAvx2Kernels};
  if (instructions == Instructions::avx512) return kAvx512;
  if (instructions == Instructions::avx2) return kAvx2;
#endif
  throw std::logic_error("this processor has no instructions for weights in half precision");
}

HalfWeights::HalfWeights(std::size_t outputs, std::size_t inputs, const Value& value, Instructions instructions)
    : outputs_(outputs), inputs_(inputs), kernel_(&kernel_of(instructions)) {
  const std::size_t columns = kernel_->columns;
  const std::size_t count = rounded_up(outputs, columns) * inputs;
  packed_ = make_aligned_array<std::uint16_t>(count);
  std::fill_n(packed_.get(), count, std::uint16_t{0});
  for (std::size_t output = 0; output < outputs; ++output) {
    std::uint16_t* const panel = packed_.get() + output / columns * columns * inputs;
    for (std::size_t input = 0; input < inputs; ++input) {
      panel[input * columns + output % columns] = value(output, input);
    }
  }
}

void HalfWeights::multiply(std::span<const float> x, std::size_t rows, std::span<float> y) const {
  if (rows == 0) return;
  const auto& [columns, by_rows] = *kernel_;
  const std::size_t blocks = (rows + by_rows.size() - 1) / by_rows.size();
  std::array<float, kMostRows * kMostColumns> sums;
  for (std::size_t first = 0; first < outputs_; first += columns) {
    const std::size_t wanted = std::min(columns, outputs_ - first);
    // Blocks of about the same size, so that none has too few rows to be worth reading the panel again.
    for (std::size_t block = 0; block < blocks; ++block) {
      const std::size_t begin = rows * block / blocks;
      const std::size_t end = rows * (block + 1) / blocks;
      by_rows[end - begin - 1]({.weights = packed_.get() + first * inputs_,
                                .inputs = inputs_,
                                .x = x.data() + begin * inputs_,
                                .y = sums.data()});
      for (std::size_t row = begin; row < end; ++row) {
        std::memcpy(y.data() + row * outputs_ + first, sums.data() + (row - begin) * columns, wanted * sizeof(float));
      }
    }
  }
}

}  // namespace vidi::inference
