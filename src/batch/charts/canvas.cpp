#include "charts/canvas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <opencv2/imgproc.hpp>

#include "image/encode.hpp"

namespace vidi::charts {
namespace {

std::string_view class_of(Tone tone) {
  switch (tone) {
    case Tone::ink:
      return "ink";
    case Tone::faint:
      return "faint";
    case Tone::line:
      return "line";
    case Tone::bar:
      return "bar";
    case Tone::curve:
      return "curve";
  }
  return "ink";
}

// A color for each tone, on paper and on what is nearly black.
constexpr std::string_view kStyle = R"(<style>
svg{background:#fff;font-family:system-ui,sans-serif}
.ink{fill:#202020;stroke:#202020}.faint{fill:#666;stroke:#666}.line{fill:#ddd;stroke:#ddd}
.bar{fill:#7aa6d8;stroke:#7aa6d8}.curve{fill:#c0392b;stroke:#c0392b}
text{stroke:none!important}polyline{fill:none!important}rect{stroke:none!important}
@media (prefers-color-scheme:dark){svg{background:#161616}
.ink{fill:#eee;stroke:#eee}.faint{fill:#aaa;stroke:#aaa}.line{fill:#3a3a3a;stroke:#3a3a3a}
.bar{fill:#4f7fb5;stroke:#4f7fb5}.curve{fill:#ff8a75;stroke:#ff8a75}}
</style>
)";

// XML 1.0 allows no other control characters than these two.
std::string escape(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      default:
        escaped += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
    }
  }
  return escaped;
}

class SvgCanvas final : public Canvas {
 public:
  SvgCanvas(int width, int height)
      : text_(fmt::format(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n{2}",
            width, height, kStyle)) {}

  void line(const std::vector<Place>& places, Tone tone, double width) override {
    text_ += fmt::format("<polyline class=\"{}\" stroke-width=\"{}\" points=\"", class_of(tone), width);
    for (const Place& place : places) text_ += fmt::format("{:.1f},{:.1f} ", place.x, place.y);
    text_.back() = '"';
    text_ += "/>\n";
  }

  void rectangle(Place upper_left, double width, double height, Tone tone) override {
    text_ += fmt::format("<rect class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
                         class_of(tone), upper_left.x, upper_left.y, width, height);
  }

  void dot(Place middle, double radius, Rgb color) override {
    text_ +=
        fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" fill=\"#{:02x}{:02x}{:02x}\" fill-opacity=\".8\"/>\n",
                    middle.x, middle.y, radius, color.red, color.green, color.blue);
  }

  void text(Place at, const std::string& text, double size, Anchor anchor, Tone tone) override {
    const std::string_view anchored = anchor == Anchor::start ? "start" : anchor == Anchor::end ? "end" : "middle";
    text_ += fmt::format("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{}\" text-anchor=\"{}\">{}</text>\n",
                         class_of(tone), at.x, at.y, size, anchored, escape(text));
  }

  Bytes finish() override { return to_bytes(text_ + "</svg>\n"); }

 private:
  std::string text_;
};

constexpr int kPngScale = 2;
constexpr int kFractionBits = 4;  // of OpenCV's coordinates

class PngCanvas final : public Canvas {
 public:
  PngCanvas(int width, int height)
      : picture_(image::make_image(width * kPngScale, height * kPngScale, 3)),
        sheet_(picture_.height, picture_.width, CV_8UC3, picture_.pixels.data()) {
    sheet_.setTo(cv::Scalar(255, 255, 255));
  }

  void line(const std::vector<Place>& places, Tone tone, double width) override {
    for (std::size_t i = 1; i < places.size(); ++i) {
      cv::line(sheet_, point(places[i - 1]), point(places[i]), color_of(tone), pixels(width), cv::LINE_AA,
               kFractionBits);
    }
  }

  void rectangle(Place upper_left, double width, double height, Tone tone) override {
    cv::rectangle(sheet_, point(upper_left), point({upper_left.x + width, upper_left.y + height}), color_of(tone),
                  cv::FILLED, cv::LINE_AA, kFractionBits);
  }

  void dot(Place middle, double radius, Rgb color) override {
    cv::circle(sheet_, point(middle), static_cast<int>(std::lround(radius * kPngScale * (1 << kFractionBits))),
               cv::Scalar(color.red, color.green, color.blue), cv::FILLED, cv::LINE_AA, kFractionBits);
  }

  void text(Place at, const std::string& text, double size, Anchor anchor, Tone tone) override {
    std::string drawable;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte & 0xC0U) != 0x80U) drawable += byte >= ' ' && byte < 0x80 ? c : '?';
    }
    const double scale = size * kPngScale / 29;  // the font is 29 pixels high at 1
    int below = 0;
    const int width = cv::getTextSize(drawable, cv::FONT_HERSHEY_SIMPLEX, scale, 1, &below).width;
    const int before = anchor == Anchor::start ? 0 : anchor == Anchor::end ? width : width / 2;
    const cv::Point place(static_cast<int>(std::lround(at.x * kPngScale)) - before,
                          static_cast<int>(std::lround(at.y * kPngScale)));
    cv::putText(sheet_, drawable, place, cv::FONT_HERSHEY_SIMPLEX, scale, color_of(tone), 1, cv::LINE_AA);
  }

  Bytes finish() override { return image::encode_png(picture_); }

 private:
  static cv::Scalar color_of(Tone tone) {
    switch (tone) {
      case Tone::ink:
        return {32, 32, 32};
      case Tone::faint:
        return {102, 102, 102};
      case Tone::line:
        return {221, 221, 221};
      case Tone::bar:
        return {122, 166, 216};
      case Tone::curve:
        return {192, 57, 43};
    }
    return {};
  }
  static int pixels(double width) { return std::max(1, static_cast<int>(std::lround(width * kPngScale))); }
  static cv::Point point(Place place) {
    constexpr double kUnits = kPngScale * (1 << kFractionBits);
    return {static_cast<int>(std::lround(place.x * kUnits)), static_cast<int>(std::lround(place.y * kUnits))};
  }

  image::Image picture_;
  cv::Mat sheet_;
};

}  // namespace

std::unique_ptr<Canvas> make_svg_canvas(int width, int height) { return std::make_unique<SvgCanvas>(width, height); }
std::unique_ptr<Canvas> make_png_canvas(int width, int height) { return std::make_unique<PngCanvas>(width, height); }

}  // namespace vidi::charts
