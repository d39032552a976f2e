#pragma once
// For tests: what `vidi features` writes, of pictures of 2x2 pixels that a formula makes, through a network that a test
// can compute itself.

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "files/atomic_file.hpp"
#include "onnx_writing/onnx_writer.hpp"
#include "statistics/moments.hpp"
#include "statistics/pca.hpp"
#include "statistics/standard_scaler.hpp"
#include "tables/feature_statistics.hpp"
#include "tables/features.hpp"

namespace vidi::classifier::test {

constexpr std::size_t kPixels = 12;  // numbers of a picture
constexpr std::size_t kColumns = 10;
constexpr std::size_t kComponents = 4;

// 0 to 1, evenly.
inline float noise(std::uint32_t i, std::uint32_t j) {
  std::uint32_t x = i * 73856093U ^ j * 19349663U;
  x ^= x >> 13U;
  x *= 0x5BD1E995U;
  x ^= x >> 15U;
  return static_cast<float>(x % 2000U) / 2000;
}

struct Picture {
  std::string image;
  std::string label;
  std::vector<float> pixels;
};

// Labels are "a1", "a2", "b"...: around a point of each label's own, which differ in the first columns only. `spread`
// beyond about 0.5 mixes them. One in `strangeness` of them is far off in the last columns, where no label is.
inline Picture make_picture(std::uint32_t number, std::uint32_t label, float spread, bool is_strange = false) {
  static const std::array<std::string, 5> labels{"a1", "a2", "b", "c", "none"};
  Picture picture{.image = labels[label] + "/" + std::to_string(number) + ".png", .label = labels[label], .pixels = {}};
  for (std::uint32_t j = 0; j < kPixels; ++j) {
    const float own = j < 5 ? noise(label + 77, j) : 0.5F;
    const float width = j < 5 ? spread : 0.05F;
    picture.pixels.push_back(own + width * (noise(number * 5 + label, j) - 0.5F) +
                             (is_strange && j >= 5 ? 3.0F : 0.0F));
  }
  return picture;
}

// Sums of pixels, so that every feature is worth something.
inline std::vector<float> weights() {
  std::vector<float> values(kColumns * kPixels);
  for (std::uint32_t i = 0; i < kColumns; ++i) {
    for (std::uint32_t j = 0; j < kPixels; ++j) values[i * kPixels + j] = (i == j ? 2.0F : 0.0F) + noise(i, j) - 0.5F;
  }
  return values;
}

inline std::vector<float> features_of(const Picture& picture) {
  static const std::vector<float> weight_of = weights();
  std::vector<float> features(kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) {
    for (std::size_t j = 0; j < kPixels; ++j) features[i] += weight_of[i * kPixels + j] * picture.pixels[j];
  }
  return features;
}

// Takes (n, 2, 2, 3) as `image`.
inline Bytes make_backbone() {
  onnx_writing::OnnxWriter writer("backbone");
  writer.add_input("image", {"n", std::int64_t{2}, std::int64_t{2}, std::int64_t{3}});
  const std::vector<float> biases(kColumns);
  const std::vector<float> values = weights();
  writer.add_constant("w", {kColumns, kPixels}, values);
  writer.add_constant("b", {kColumns}, biases);
  writer.add_node(
      {.operation = "Flatten", .inputs = {"image"}, .outputs = {"flat"}, .attributes = {{"axis", std::int64_t{1}}}});
  writer.add_node({.operation = "Gemm",
                   .inputs = {"flat", "w", "b"},
                   .outputs = {"features"},
                   .attributes = {{"transB", std::int64_t{1}}}});
  writer.add_output("features", {"n", static_cast<std::int64_t>(kColumns)});
  return writer.finish().value();
}

struct Fitted {
  statistics::StandardScaler scaler;
  statistics::Pca pca;
};

inline Fitted fit_reduction(const std::vector<Picture>& pictures) {
  auto moments = statistics::Moments::create(kColumns).value();
  for (const Picture& picture : pictures) {
    const auto features = features_of(picture);
    moments.update({.values = features.data(), .count = 1, .columns = kColumns}).value();
  }
  auto scaler = statistics::StandardScaler::from(moments).value();
  auto pca = statistics::Pca::fit(moments, scaler, {.components = kComponents, .subtract_mean = false}).value();
  return {.scaler = std::move(scaler), .pca = std::move(pca)};
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// In parts of 100 rows.
inline void write_output(const std::filesystem::path& folder, const std::vector<Picture>& pictures,
                         const Fitted& reduction, const std::string& digest = "5eed") {
  namespace fs = std::filesystem;
  for (const char* name : {"features", "features_pca", "backbone/1"}) fs::create_directories(folder / name);
  for (std::size_t begin = 0; begin < pictures.size(); begin += 100) {
    tables::FeatureRows whole{.columns = kColumns};
    for (std::size_t i = begin; i < std::min(begin + 100, pictures.size()); ++i) {
      whole.images.push_back(pictures[i].image);
      whole.labels.push_back(pictures[i].label);
      const auto features = features_of(pictures[i]);
      whole.values.insert(whole.values.end(), features.begin(), features.end());
    }
    tables::FeatureRows reduced{.images = whole.images, .labels = whole.labels, .columns = kComponents};
    reduced.values.resize(whole.rows() * kComponents);
    std::vector<float> scaled = whole.values;
    reduction.scaler.transform({.values = scaled.data(), .count = whole.rows(), .columns = kColumns}).value();
    reduction.pca.transform({.values = scaled.data(), .count = whole.rows(), .columns = kColumns}, reduced.values)
        .value();
    for (const auto& [name, rows] :
         {std::pair(tables::kFeatures, &whole), std::pair(tables::kReducedFeatures, &reduced)}) {
      auto writer = tables::FeatureWriter::create(folder / name / tables::part_name(begin / 100),
                                                  {.name = name, .columns = rows->columns})
                        .value();
      writer.add(*rows).value();
      writer.finish().value();
    }
  }
  tables::write_scaler(folder / "scaler.parquet", reduction.scaler).value();
  tables::write_pca(folder / "pca.parquet", reduction.pca).value();
  files::write_whole(folder / "backbone/1/model.onnx", make_backbone()).value();
  write_text(folder / "backbone/model.toml",
             "format = 1\nname = \"tiny\"\n[input]\nname = \"image\"\nlayout = \"NHWC\"\nwidth = 2\nheight = 2\n"
             "channels = 3\ncolor = \"RGB\"\nscale = 0.00392156862745098\n[output]\nname = \"features\"\n");
  write_text(folder / "manifest.json",
             R"({"state":"finished","settings":{"source":"pictures","backbone":"tiny","weights":"a formula",)"
             R"("backbone_sha256":")" +
                 digest + R"("},"counts":{"features":)" + std::to_string(pictures.size()) + "}}");
}

}  // namespace vidi::classifier::test
