#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "charts/canvas.hpp"
#include "charts/features_plot.hpp"
#include "core/value_of.hpp"
#include "image/decode.hpp"
#include "tables/feature_statistics.hpp"
#include "tables/features.hpp"

namespace vidi::charts {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(SvgCanvas, EscapesText) {
  const auto canvas = make_svg_canvas(100, 50);
  canvas->text({1, 2}, "<b>&\x01", 12, Anchor::end, Tone::ink);
  const Bytes file = canvas->finish();
  const std::string svg(as_text(file));
  EXPECT_THAT(svg, HasSubstr("text-anchor=\"end\">&lt;b&gt;&amp; </text>"));
  EXPECT_THAT(svg, HasSubstr("viewBox=\"0 0 100 50\""));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
}

TEST(PngCanvas, IsDrawnInTwiceAsManyPixels) {
  const auto canvas = make_png_canvas(40, 20);
  canvas->rectangle({.x = 10, .y = 5}, 20, 10, Tone::curve);
  const auto picture = image::decode(canvas->finish(), {});
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->width, 80);
  EXPECT_EQ(picture->height, 40);
  const auto middle = picture->row(20).subspan(std::size_t{40} * 3, 3);
  EXPECT_THAT(std::vector(middle.begin(), middle.end()), ElementsAre(192, 57, 43));
  EXPECT_EQ(picture->row(0)[0], 255) << "paper around it";
}

class FeaturesPlot : public testing::Test {
 protected:
  FeaturesPlot() {
    fs::create_directories(out_ / tables::kReducedFeatures);
    check_done(tables::write_pca(out_ / "pca.parquet",
                                 value_of(statistics::Pca::from({.components = {1, 0, 0, 1},
                                                                 .means = {0, 0},
                                                                 .explained_variance = {3, 1},
                                                                 .explained_variance_ratio = {0.6, 0.2}}))));
  }
  ~FeaturesPlot() override { fs::remove_all(out_); }
  FeaturesPlot(const FeaturesPlot&) = delete;
  FeaturesPlot& operator=(const FeaturesPlot&) = delete;
  FeaturesPlot(FeaturesPlot&&) = delete;
  FeaturesPlot& operator=(FeaturesPlot&&) = delete;

  // A row for each of `rows`, of as many labels in turn.
  void write_rows(std::size_t rows, std::size_t labels) const {
    tables::FeatureRows features{.columns = 2};
    for (std::size_t i = 0; i < rows; ++i) {
      features.images.push_back(std::to_string(i));
      features.labels.push_back("label " + std::to_string(i % labels));
      features.values.push_back(static_cast<float>(i));
      features.values.push_back(static_cast<float>(i % 7));
    }
    auto writer = value_of(tables::FeatureWriter::create(out_ / tables::kReducedFeatures / tables::part_name(0),
                                                         {.name = tables::kReducedFeatures, .columns = 2}));
    if (rows > 0) check_done(writer.add(features));
    check_done(writer.finish());
  }

  const fs::path out_ = fs::path(testing::TempDir()) / "features_plot";
};

TEST_F(FeaturesPlot, ShowsVarianceAndEachRow) {
  write_rows(30, 3);
  EXPECT_THAT(plot_features(out_, {}), ElementsAre(out_ / "plot.svg", out_ / "plot.png"));
  const std::string svg = read(out_ / "plot.svg");
  EXPECT_THAT(svg, HasSubstr("Explained variance: 80.0 % by 2 components"));
  EXPECT_THAT(svg, HasSubstr("First two components of 30 rows<"));
  EXPECT_EQ(count(svg, "<circle"), 30U + 3U) << "the rows, and the labels below";
  EXPECT_EQ(count(svg, "label 1<"), 1U);
  EXPECT_EQ(count(svg, "<rect"), 2U) << "a bar for each component";
  EXPECT_TRUE(read(out_ / "plot.png").starts_with("\x89PNG"));
}

TEST_F(FeaturesPlot, OfManyRowsAndLabelsShowsSome) {
  write_rows(6000, 60);
  const fs::path picture = out_ / "other.svg";
  EXPECT_THAT(plot_features(out_, picture), ElementsAre(picture));
  const std::string svg = read(picture);
  EXPECT_THAT(svg, HasSubstr("First two components of 6,000 rows, 5,000 shown"));
  EXPECT_THAT(svg, HasSubstr("and 12 other labels"));
  EXPECT_EQ(count(svg, "<circle"), 5000U + 48U);
  EXPECT_FALSE(fs::exists(out_ / "plot.svg"));
}

TEST_F(FeaturesPlot, OfNothingIsNotDrawn) {
  write_rows(0, 1);
  EXPECT_THAT([&] { plot_features(out_, {}); }, ThrowsMessage<std::runtime_error>(HasSubstr("has no rows to draw")));
  EXPECT_THROW(plot_features(out_ / "missing", {}), std::runtime_error);
  EXPECT_FALSE(fs::exists(out_ / "plot.svg"));
}

TEST(Charts, AreDrawnIntoSvgAndPng) {
  EXPECT_TRUE(can_draw("a.svg"));
  EXPECT_TRUE(can_draw("a.b/a.png"));
  EXPECT_FALSE(can_draw("a.jpg"));
  EXPECT_FALSE(can_draw("png"));
}

}  // namespace
}  // namespace vidi::charts
