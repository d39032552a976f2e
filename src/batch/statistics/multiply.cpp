#include "statistics/multiply.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

#include "core/parallel.hpp"

namespace vidi::statistics {
namespace {

// A panel of 24 x kStepsAtOnce doubles takes 48 KiB: an L1 cache. Four of them are taken at a time, so that what they
// are multiplied with is fetched from beyond the L2 cache a quarter as often.
constexpr std::size_t kPanelsAtOnce = 4;
// Multiplications between two barriers that are worth several threads: a core takes about 0.1 ms for them.
constexpr std::size_t kWorthThreads = std::size_t{1} << 20U;
constexpr std::size_t kMaxHeight = 8;
constexpr std::size_t kMaxTile = kMaxHeight * 24;
constexpr std::align_val_t kAlignment{64};

struct Free {
  void operator()(double* data) const { ::operator delete(data, kAlignment); }
};

// The panels of one operand, `kStepsAtOnce` steps of them.
class Panels {
 public:
  Panels(std::size_t vectors, std::size_t width, std::size_t steps)
      : vectors_(vectors),
        width_(width),
        size_(width * steps),
        data_(static_cast<double*>(::operator new(count() * size_ * sizeof(double), kAlignment))) {}

  [[nodiscard]] std::size_t count() const { return (vectors_ + width_ - 1) / width_; }
  [[nodiscard]] const double* panel(std::size_t index) const { return data_.get() + index * size_; }

  void fill(const Fill& fill, std::size_t index, std::size_t step, std::size_t steps) {
    Panel panel{.first = index * width_,
                .count = std::min(width_, vectors_ - index * width_),
                .step = step,
                .steps = steps,
                .width = width_,
                .out = data_.get() + index * size_};
    if (panel.count < width_) std::fill_n(panel.out, steps * width_, 0.0);
    fill(panel);
  }

 private:
  std::size_t vectors_;
  std::size_t width_;
  std::size_t size_;
  std::unique_ptr<double, Free> data_;
};

// Where the sums go: row i begins at row(i), and only j >= i is wanted of an upper triangle.
struct Output {
  std::size_t rows;
  std::size_t columns;
  bool upper;
  double* data;
  std::size_t stride;

  [[nodiscard]] double* row(std::size_t i) const { return data + (upper ? triangle_row(columns, i) : i * stride); }
};

// A tile that reaches beyond the output, or below the diagonal.
void add_edge(const Kernel& kernel, std::size_t steps, const double* a, const double* b, const Output& out,
              std::size_t i0, std::size_t j0) {
  alignas(64) std::array<double, kMaxTile> tile{};
  std::array<double*, kMaxHeight> rows{};
  for (std::size_t i = 0; i < kernel.height; ++i) rows[i] = tile.data() + i * kernel.width;
  kernel.add(steps, a, kernel.width, b, rows.data());
  for (std::size_t i = i0; i < std::min(i0 + kernel.height, out.rows); ++i) {
    double* row = out.row(i);
    const double* sums = rows[i - i0];
    const std::size_t first = out.upper ? std::max(i, j0) : j0;
    for (std::size_t j = first; j < std::min(j0 + kernel.width, out.columns); ++j) row[j] += sums[j - j0];
  }
}

void add_tile_at(const Kernel& kernel, std::size_t steps, const double* a, const double* b, const Output& out,
                 std::size_t i0, std::size_t j0) {
  const bool inside = i0 + kernel.height <= out.rows && j0 + kernel.width <= out.columns;
  if (!inside || (out.upper && j0 + 1 < i0 + kernel.height)) {
    add_edge(kernel, steps, a, b, out, i0, j0);
    return;
  }
  std::array<double*, kMaxHeight> rows{};
  for (std::size_t i = 0; i < kernel.height; ++i) rows[i] = out.row(i0 + i) + j0;
  kernel.add(steps, a, kernel.width, b, rows.data());
}

// The part of the output that belongs to the panels `first` to `last - 1` of a.
void add_panels(const Kernel& kernel, std::size_t steps, const Panels& a, std::size_t first, std::size_t last,
                const Panels& b, const Output& out) {
  for (std::size_t j = out.upper ? first : 0; j < b.count(); ++j) {
    for (std::size_t i = first; i < (out.upper ? std::min(last, j + 1) : last); ++i) {
      for (std::size_t part = 0; part < kernel.width; part += kernel.height) {
        const std::size_t row = i * kernel.width + part;
        if (row < out.rows) add_tile_at(kernel, steps, a.panel(i) + part, b.panel(j), out, row, j * kernel.width);
      }
    }
  }
}

// `b` null: the same as a.
void add(const Execution& execution, std::size_t steps, const Fill& a, const Fill* b, const Output& out) {
  const Kernel& kernel = execution.kernel != nullptr ? *execution.kernel : *kernels().front();
  const std::size_t most = std::min(steps, kStepsAtOnce);
  Panels left(out.rows, kernel.width, most);
  Panels right(b != nullptr ? out.columns : 0, kernel.width, most);
  const Panels& other = b != nullptr ? right : left;
  // A small output still gives work to several threads.
  const std::size_t at_once = left.count() >= 8 * kPanelsAtOnce ? kPanelsAtOnce : 1;
  const std::size_t groups = (left.count() + at_once - 1) / at_once;
  // Two phases for each part of the steps: first the panels are filled, then they are multiplied.
  auto count = [&](std::size_t phase) { return phase % 2 == 0 ? left.count() + right.count() : groups; };
  auto work = [&](std::size_t phase, std::size_t index) {
    const std::size_t step = phase / 2 * kStepsAtOnce;
    const std::size_t now = std::min(kStepsAtOnce, steps - step);
    if (phase % 2 == 1) {
      const std::size_t first = index * at_once;
      add_panels(kernel, now, left, first, std::min(first + at_once, left.count()), other, out);
    } else if (index < left.count()) {
      left.fill(a, index, step, now);
    } else {
      right.fill(*b, index - left.count(), step, now);
    }
  };
  const std::size_t parts = (steps + kStepsAtOnce - 1) / kStepsAtOnce;
  const std::size_t threads = out.rows * out.columns * most < kWorthThreads ? 1 : execution.threads;
  in_parallel(threads, {.phases = 2 * parts, .count = count, .work = work});
}

}  // namespace

Fill columns_of(ConstView view) {
  return [view](const Panel& panel) {
    for (std::size_t s = 0; s < panel.steps; ++s) {
      std::copy_n(view.data + (panel.step + s) * view.stride + panel.first, panel.count, panel.out + s * panel.width);
    }
  };
}

Fill rows_of(ConstView view) {
  return [view](const Panel& panel) {
    for (std::size_t i = 0; i < panel.count; ++i) {
      const double* row = view.data + (panel.first + i) * view.stride + panel.step;
      for (std::size_t s = 0; s < panel.steps; ++s) panel.out[s * panel.width + i] = row[s];
    }
  };
}

void add_product(const Execution& execution, std::size_t steps, const Fill& a, const Fill& b, View out) {
  add(execution, steps, a, &b,
      {.rows = out.rows, .columns = out.columns, .upper = false, .data = out.data, .stride = out.stride});
}

void add_cross_products(const Execution& execution, std::size_t steps, const Fill& a, std::size_t columns,
                        double* out) {
  add(execution, steps, a, nullptr, {.rows = columns, .columns = columns, .upper = true, .data = out, .stride = 0});
}

}  // namespace vidi::statistics
