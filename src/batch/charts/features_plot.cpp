#include "charts/features_plot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "charts/canvas.hpp"
#include "core/value_of.hpp"
#include "datasets/accuracy.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "tables/feature_statistics.hpp"
#include "tables/features.hpp"

namespace vidi::charts {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPoints = 5000;
constexpr std::size_t kMostNames = 48;  // in the legend
constexpr std::size_t kNamesInRow = 6;
constexpr std::size_t kLongestLabel = 26;
constexpr int kWidth = 1200;
constexpr double kTop = 56;
constexpr double kHeight = 420;  // of both charts
constexpr double kLegendTop = kTop + kHeight + 70;
constexpr double kLegendLine = 20;

struct Point {
  float x = 0;
  float y = 0;
  std::size_t label = 0;
};

struct Drawn {
  std::vector<double> ratios;  // of the explained variance
  std::vector<std::string> labels;
  std::vector<Point> points;
  std::size_t rows = 0;
};

// Where values are on the canvas.
struct Axes {
  double left, width;
  double low_x, high_x;
  double low_y, high_y;

  [[nodiscard]] Place place(double x, double y) const {
    return {.x = left + (x - low_x) / (high_x - low_x) * width,
            .y = kTop + kHeight - (y - low_y) / (high_y - low_y) * kHeight};
  }
};

Drawn read_table(const fs::path& out) {
  Drawn drawn;
  const auto pca = value_of(tables::read_pca(out / "pca.parquet"));
  drawn.ratios.assign(pca.explained_variance_ratio().begin(), pca.explained_variance_ratio().end());
  std::map<std::string, std::size_t> numbers;
  std::vector<Point> all;
  std::vector<std::string> of_rows;
  for (const fs::path& part : value_of(tables::list_parts(out / tables::kReducedFeatures))) {
    auto reader = value_of(tables::FeatureReader::open(part, tables::kReducedFeatures));
    for (auto rows = value_of(reader.next()); rows.rows() > 0; rows = value_of(reader.next())) {
      for (std::size_t i = 0; i < rows.rows(); ++i) {
        const float* values = rows.values.data() + i * rows.columns;
        const auto place = numbers.try_emplace(rows.labels[i], numbers.size()).first;
        all.push_back({.x = values[0], .y = rows.columns > 1 ? values[1] : 0, .label = place->second});
      }
    }
  }
  // Labels in their order, whatever that of the rows is.
  std::vector<std::size_t> order(numbers.size());
  for (const auto& [label, number] : numbers) {
    order[number] = drawn.labels.size();
    drawn.labels.push_back(label);
  }
  drawn.rows = all.size();
  const std::size_t shown = std::min(all.size(), kMostPoints);
  for (std::size_t i = 0; i < shown; ++i) {
    Point point = all[i * all.size() / shown];
    point.label = order[point.label];
    drawn.points.push_back(point);
  }
  return drawn;
}

// Hues at the golden angle, so that neighbors differ, in two depths that show on white and on black.
Rgb color_of_label(std::size_t label) {
  const double hue = std::fmod(static_cast<double>(label) * 137.508, 360) / 60;
  const double lightness = label % 2 == 0 ? 0.45 : 0.6;
  const double chroma = (1 - std::abs(2 * lightness - 1)) * 0.75;
  const double second = chroma * (1 - std::abs(std::fmod(hue, 2) - 1));
  constexpr std::array<std::array<int, 3>, 6> kOrder{
      {{0, 1, 2}, {1, 0, 2}, {2, 0, 1}, {2, 1, 0}, {1, 2, 0}, {0, 2, 1}}};
  const std::array<double, 3> values{chroma, second, 0};
  const auto& order = kOrder[static_cast<std::size_t>(hue) % 6];
  const auto channel = [&](std::size_t i) {
    return static_cast<std::uint8_t>(
        std::lround(255 * (values[static_cast<std::size_t>(order[i])] + lightness - chroma / 2)));
  };
  return {.red = channel(0), .green = channel(1), .blue = channel(2)};
}

// A round step that divides a range into about five.
double step_of(double range) {
  const double rough = range / 5;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

void draw_frame(Canvas& canvas, const Axes& axes, const std::string& title, const std::string& below) {
  canvas.line({{axes.left, kTop}, {axes.left, kTop + kHeight}, {axes.left + axes.width, kTop + kHeight}}, Tone::faint,
              1);
  canvas.text({axes.left, kTop - 22}, title, 17, Anchor::start, Tone::ink);
  canvas.text({axes.left + axes.width / 2, kTop + kHeight + 42}, below, 13, Anchor::middle, Tone::faint);
}

void draw_scale_y(Canvas& canvas, const Axes& axes, std::string_view unit) {
  const double step = step_of(axes.high_y - axes.low_y);
  for (double y = std::ceil(axes.low_y / step) * step; y <= axes.high_y; y += step) {
    const Place at = axes.place(axes.low_x, y);
    canvas.line({{axes.left, at.y}, {axes.left + axes.width, at.y}}, Tone::line, 1);
    canvas.text({axes.left - 8, at.y + 4}, fmt::format("{:g}{}", std::abs(y) < step / 2 ? 0 : y, unit), 12, Anchor::end,
                Tone::faint);
  }
}

void draw_scale_x(Canvas& canvas, const Axes& axes) {
  const double step = std::max(step_of(axes.high_x - axes.low_x), 1e-9);
  for (double x = std::ceil(axes.low_x / step) * step; x <= axes.high_x; x += step) {
    const Place at = axes.place(x, axes.low_y);
    canvas.text({at.x, kTop + kHeight + 20}, fmt::format("{:g}", std::abs(x) < step / 2 ? 0 : x), 12, Anchor::middle,
                Tone::faint);
  }
}

// Bars: each component's share, on the left scale, whose top is that of the first; the line: all up to it, 0 to 100 %.
void draw_variance(Canvas& canvas, const Drawn& drawn) {
  const auto count = static_cast<double>(drawn.ratios.size());
  const double most = 100 * std::max(*std::ranges::max_element(drawn.ratios), 1e-9);
  const Axes bars{.left = 70, .width = 440, .low_x = 0.5, .high_x = count + 0.5, .low_y = 0, .high_y = most * 1.05};
  const Axes sums{.left = 70, .width = 440, .low_x = 0.5, .high_x = count + 0.5, .low_y = 0, .high_y = 105};
  draw_scale_y(canvas, bars, " %");
  draw_scale_x(canvas, bars);
  std::vector<Place> line;
  double sum = 0;
  for (std::size_t i = 0; i < drawn.ratios.size(); ++i) {
    const auto component = static_cast<double>(i + 1);
    const Place upper = bars.place(component - 0.4, 100 * drawn.ratios[i]);
    const Place right = bars.place(component + 0.4, 0);
    canvas.rectangle(upper, right.x - upper.x, right.y - upper.y, Tone::bar);
    sum += 100 * drawn.ratios[i];
    line.push_back(sums.place(component, sum));
  }
  if (line.size() == 1) line.push_back(line.front());
  canvas.line(line, Tone::curve, 2);
  for (int percent = 0; percent <= 100; percent += 20) {
    canvas.text({sums.left + sums.width + 8, sums.place(1, percent).y + 4}, fmt::format("{} %", percent), 12,
                Anchor::start, Tone::curve);
  }
  draw_frame(canvas, bars, fmt::format("Explained variance: {:.1f} % by {} components", sum, drawn.ratios.size()),
             "component; bars: its own share (left), line: with those before it (right)");
}

void draw_points(Canvas& canvas, const Drawn& drawn) {
  const auto [left, right] = std::ranges::minmax(drawn.points, {}, &Point::x);
  const auto [low, high] = std::ranges::minmax(drawn.points, {}, &Point::y);
  const auto room = [](float from, float to) { return std::max(0.04 * static_cast<double>(to - from), 1e-6); };
  const Axes axes{.left = 660,
                  .width = 500,
                  .low_x = static_cast<double>(left.x) - room(left.x, right.x),
                  .high_x = static_cast<double>(right.x) + room(left.x, right.x),
                  .low_y = static_cast<double>(low.y) - room(low.y, high.y),
                  .high_y = static_cast<double>(high.y) + room(low.y, high.y)};
  draw_scale_y(canvas, axes, "");
  draw_scale_x(canvas, axes);
  for (const Point& point : drawn.points) {
    canvas.dot(axes.place(static_cast<double>(point.x), static_cast<double>(point.y)), 2.2,
               color_of_label(point.label));
  }
  std::string title = fmt::format("First two components of {} rows", datasets::with_thousands(drawn.rows));
  if (drawn.points.size() < drawn.rows)
    title += fmt::format(", {} shown", datasets::with_thousands(drawn.points.size()));
  draw_frame(canvas, axes, title, "first component; upwards: the second");
}

// At most `kLongestLabel` characters, of which none is cut in its bytes.
std::string shortened(const std::string& name) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((static_cast<unsigned char>(name[i]) & 0xC0U) != 0x80U && ++characters > kLongestLabel) {
      return name.substr(0, i) + "..";
    }
  }
  return name;
}

std::size_t names_shown(const Drawn& drawn) { return std::min(drawn.labels.size(), kMostNames); }

int height_of(const Drawn& drawn) {
  const std::size_t lines = (names_shown(drawn) + kNamesInRow - 1) / kNamesInRow;
  const bool has_more = drawn.labels.size() > kMostNames;
  return static_cast<int>(kLegendTop + static_cast<double>(lines + (has_more ? 1 : 0)) * kLegendLine + 16);
}

void draw_legend(Canvas& canvas, const Drawn& drawn) {
  const double column = (kWidth - 60.0) / kNamesInRow;
  for (std::size_t i = 0; i < names_shown(drawn); ++i) {
    const std::size_t line = i / kNamesInRow;
    const double x = 40 + static_cast<double>(i % kNamesInRow) * column;
    const double y = kLegendTop + static_cast<double>(line) * kLegendLine;
    canvas.dot({x, y - 4}, 5, color_of_label(i));
    canvas.text({x + 12, y}, shortened(drawn.labels[i]), 13, Anchor::start, Tone::ink);
  }
  if (drawn.labels.size() <= kMostNames) return;
  canvas.text({40, height_of(drawn) - 16.0}, fmt::format("and {} other labels", drawn.labels.size() - kMostNames), 13,
              Anchor::start, Tone::faint);
}

void draw_features(const Drawn& drawn, const fs::path& picture) {
  const auto canvas = picture.extension() == ".svg" ? make_svg_canvas(kWidth, height_of(drawn))
                                                    : make_png_canvas(kWidth, height_of(drawn));
  draw_variance(*canvas, drawn);
  draw_points(*canvas, drawn);
  draw_legend(*canvas, drawn);
  const auto written = files::write_whole(picture, canvas->finish(), {.mode = 0666});
  if (!written) throw std::runtime_error(files::explain_with_path(written.error(), picture).message);
}

}  // namespace

bool can_draw(const fs::path& picture) { return picture.extension() == ".svg" || picture.extension() == ".png"; }

std::vector<fs::path> plot_features(const fs::path& out, const fs::path& picture) {
  const Drawn drawn = read_table(out);
  if (drawn.points.empty()) throw std::runtime_error(fmt::format("{} has no rows to draw", out.string()));
  std::vector<fs::path> pictures{picture};
  if (picture.empty()) pictures = {out / "plot.svg", out / "plot.png"};
  for (const fs::path& each : pictures) draw_features(drawn, each);
  return pictures;
}

}  // namespace vidi::charts
