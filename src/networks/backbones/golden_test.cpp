// Features beside Keras': tests/golden/make_keras.py made them, with weights by the same formula.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backbones/keras_weights.hpp"
#include "backbones/random_weights.hpp"
#include "backbones/resnet50.hpp"
#include "image/decode.hpp"
#include "inference/load.hpp"
#include "models/preprocess.hpp"

namespace vidi::backbones {
namespace {

constexpr std::array kPictures = {"networks/pictures/avocado.jpg", "networks/pictures/lemon.jpg",
                                  "pictures/photograph-100x100.jpg"};
const std::array<Resnet50, 3> kCases{{{.width = 224, .height = 224, .pooling = Pooling::max},
                                      {.width = 224, .height = 224, .pooling = Pooling::avg},
                                      {.width = 160, .height = 96, .pooling = Pooling::max}}};

// make_keras.py has the same as fill().
class FormulaWeights final : public WeightSource {
 public:
  Result<void> read(const Variable& variable, std::span<float> values) override {
    std::uint64_t stream = 0xcbf2'9ce4'8422'2325;
    for (const char letter : variable.layer + "/" + variable.name) {
      stream = (stream ^ static_cast<unsigned char>(letter)) * 0x100'0000'01b3;
    }
    double scale = 0.125;
    double offset = 0;
    if (variable.name == "kernel") {
      const auto& shape = variable.shape;
      scale = std::sqrt(6.0 / static_cast<double>(shape[0] * shape[1] * (shape[2] + shape[3])));
    } else if (variable.name == "gamma" || variable.name == "moving_variance") {
      scale = 0.25;
      offset = 1;
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(offset + scale * noise(stream, i));
    }
    return {};
  }
};

Bytes bytes_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return to_bytes(std::string{std::istreambuf_iterator<char>(file), {}});
}

// Rows of features of the pictures, as Keras made them for that case.
std::vector<float> golden(std::size_t number) {
  const Bytes bytes = bytes_of_file(TEST_DATA "/keras/resnet50.f32");
  const std::size_t count = kPictures.size() * Resnet50::kColumns;
  std::vector<float> values(count);
  if (bytes.size() != kCases.size() * count * sizeof(float)) return {};
  std::memcpy(values.data(), bytes.data() + number * count * sizeof(float), count * sizeof(float));
  return values;
}

std::vector<float> features(ByteView onnx, const Resnet50& network) {
  const std::string path = testing::TempDir() + "resnet50.onnx";
  std::ofstream(path, std::ios::binary) << as_text(onnx);
  const auto model = inference::load_model(path, {.threads = 2, .streams = 1});
  EXPECT_TRUE(model) << model.error().message;
  if (!model) return {};
  const auto input = resnet50_input(network);
  inference::Tensor tensor{{kPictures.size(), 3, network.height, network.width}, {}};
  for (const char* name : kPictures) {
    const Bytes file = bytes_of_file(std::string(TEST_DATA "/") + name);
    auto picture = image::decode(file, {});
    EXPECT_TRUE(picture) << picture.error().message;
    if (picture) models::append_values(models::fit_picture(std::move(*picture), input), input, tensor.values);
  }
  auto made = run((*model)->infer(std::move(tensor)));
  EXPECT_TRUE(made) << made.error().message;
  return made ? made->values : std::vector<float>{};
}

void expect_near(const std::vector<float>& found, const std::vector<float>& expected) {
  ASSERT_FALSE(expected.empty());
  ASSERT_EQ(found.size(), expected.size());
  const float largest = *std::ranges::max_element(expected);
  EXPECT_GT(largest, 10) << "features that are all zero show nothing";
  double worst = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    worst = std::max(worst, static_cast<double>(std::fabs(found[i] - expected[i])));
  }
  testing::Test::RecordProperty("difference", fmt::format("{:.2g}", worst / largest));
  EXPECT_LT(worst / largest, 1e-4);
}

using Resnet50Golden = testing::TestWithParam<std::size_t>;

TEST_P(Resnet50Golden, MakesTheFeaturesThatKerasMakes) {
  FormulaWeights weights;
  const auto onnx = write_resnet50(kCases.at(GetParam()), weights);
  ASSERT_TRUE(onnx) << onnx.error().message;
  expect_near(features(*onnx, kCases.at(GetParam())), golden(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Cases, Resnet50Golden, testing::Values(0U, 1U, 2U));

// Whole files as TensorFlow writes them, which are too large to keep: make_keras.py --files writes them.
class KerasFile : public testing::TestWithParam<const char*> {};

TEST_P(KerasFile, HoldsTheWeightsThatTheFormulaMakes) {
  const char* folder = std::getenv("KERAS_FILES");  // NOLINT(concurrency-mt-unsafe)
  if (folder == nullptr) GTEST_SKIP() << "KERAS_FILES names no folder with files of make_keras.py --files";
  const auto source = open_keras_weights(std::filesystem::path(folder) / GetParam());
  ASSERT_TRUE(source) << source.error().message;
  const auto read = write_resnet50(kCases[0], **source);
  ASSERT_TRUE(read) << read.error().message;
  FormulaWeights weights;
  EXPECT_EQ(read, write_resnet50(kCases[0], weights));
}

INSTANTIATE_TEST_SUITE_P(Files, KerasFile,
                         testing::Values("resnet50.h5", "resnet50-keras-2.h5", "resnet50.weights.h5",
                                         "resnet50.keras"));

}  // namespace
}  // namespace vidi::backbones
