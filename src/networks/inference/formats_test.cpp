// The forms in which a network's file may come: tests/golden/make_networks.py wrote them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "inference/load.hpp"
#include "inference/test_leaks.hpp"

namespace vidi::inference {
namespace {

using testing::HasSubstr;
using Shape = std::vector<std::int64_t>;

const std::string kNetworks = TEST_DATA "/networks";

Tensor ramp(const Shape& shape, double scale) {
  Tensor tensor{shape, {}};
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  for (std::int64_t i = 0; i < count; ++i) {
    tensor.values.push_back(static_cast<float>(static_cast<double>(i * 37 % 256) * scale));
  }
  return tensor;
}

std::unique_ptr<Model> loaded(const std::string& file, const LoadOptions& options) {
  const NoLeakCheck openvino;
  auto model = load_model(kNetworks + "/" + file, options);
  if (!model) {
    ADD_FAILURE() << model.error().message;
    return nullptr;
  }
  return std::move(*model);
}

std::string error_of(const std::string& file, const LoadOptions& options) {
  const NoLeakCheck openvino;
  const auto model = load_model(kNetworks + "/" + file, options);
  return model ? "no error" : model.error().message;
}

const LoadOptions kCheckpoint{.input = "x",
                              .output = "y",
                              .input_shapes = {{-1, 28, 28, 1}, {-1, 28, 28}, {-1, 784}},
                              .constants = {{"keep_prob", 1}}};
const std::string kCheckpointFile = "digits-checkpoint/model.ckpt-2000.meta";

TEST(Formats, ACheckpointOfATrainingGivesWhatItsCopiesInOtherFormsGive) {
  const auto checkpoint = loaded(kCheckpointFile, kCheckpoint);
  const auto ir = loaded("digits-ir/model.xml", {});
  const auto tflite = loaded("digits-tflite/model.tflite", {});
  ASSERT_TRUE(checkpoint && ir && tflite);
  EXPECT_EQ(checkpoint->input().shape, (Shape{-1, 784}));
  EXPECT_EQ(checkpoint->output().shape, (Shape{-1, 10}));
  const auto expected = run(tflite->infer(ramp({3, 28, 28, 1}, 1.0 / 255)));
  const auto flat = run(checkpoint->infer(ramp({3, 784}, 1.0 / 255)));
  const auto compressed = run(ir->infer(ramp({3, 28, 28, 1}, 1.0 / 255)));
  ASSERT_TRUE(expected && flat && compressed);
  ASSERT_EQ(flat->values.size(), 30U);
  for (std::size_t i = 0; i < 30; ++i) {
    EXPECT_NEAR(flat->values[i], expected->values[i], 1e-5);
    EXPECT_NEAR(compressed->values[i], expected->values[i], 5e-3) << "weights of 16 bits";
  }
}

TEST(Formats, BytesHalvesAndOtherLayoutsBecomeFloats) {
  const auto saved = loaded("fruits-saved-model", {});
  const auto halves = loaded("fruits-ir/model.xml", {});
  const auto bytes = loaded("fruits-tflite/model.tflite", {});
  ASSERT_TRUE(saved && halves && bytes);
  EXPECT_EQ(saved->input().shape, (Shape{-1, 32, 32, 3}));
  EXPECT_EQ(halves->input().shape, (Shape{-1, 3, 32, 32})) << "a batch of one becomes any";
  const Tensor rgb = ramp({5, 32, 32, 3}, 1);
  Tensor bgr{{5, 3, 32, 32}, std::vector<float>(rgb.values.size())};
  for (std::size_t row = 0; row < 5; ++row) {
    for (std::size_t pixel = 0; pixel < 1024; ++pixel) {
      for (std::size_t c = 0; c < 3; ++c) {
        bgr.values[(row * 3 + 2 - c) * 1024 + pixel] = rgb.values[(row * 1024 + pixel) * 3 + c] / 127.5F - 1;
      }
    }
  }
  const auto scores = run(saved->infer(rgb));
  const auto same = run(halves->infer(bgr));
  const auto probabilities = run(bytes->infer(rgb));
  ASSERT_TRUE(scores && same && probabilities);
  EXPECT_EQ(same->shape, (Shape{5, 4}));
  for (std::size_t row = 0; row < 5; ++row) {
    for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(same->values[row * 4 + k], scores->values[row * 4 + k], 0.05);
    const auto begin = [&](const Tensor& tensor) {
      return tensor.values.begin() + static_cast<std::ptrdiff_t>(row * 4);
    };
    EXPECT_EQ(std::max_element(begin(*probabilities), begin(*probabilities) + 4) - begin(*probabilities),
              std::max_element(begin(*scores), begin(*scores) + 4) - begin(*scores));
    EXPECT_GE(*std::max_element(begin(*probabilities), begin(*probabilities) + 4), 64) << "of 256";
  }
}

TEST(Formats, WhatACheckpointNeedsBesidesIsSaid) {
  LoadOptions options = kCheckpoint;
  options.constants = {};
  EXPECT_THAT(error_of(kCheckpointFile, options), HasSubstr("besides the input 'x:0' the network needs keep_prob:0"));
  options.constants = {{"keep", 1}};
  EXPECT_THAT(error_of(kCheckpointFile, options), HasSubstr("no input 'keep' to set to 1"));
}

TEST(Formats, WrongNamesAreSaid) {
  LoadOptions options = kCheckpoint;
  options.output = "z";
  EXPECT_THAT(error_of(kCheckpointFile, options), HasSubstr("no tensor 'z'"));
  options = kCheckpoint;
  options.input = "z";
  EXPECT_THAT(error_of(kCheckpointFile, options), HasSubstr("no input 'z'; it has x:0"));
  EXPECT_THAT(error_of("fruits-ir/model.xml", {.output = "z"}), HasSubstr("no output 'z'; it has prob"));
}

TEST(Formats, AShapeThatPicturesDoNotHaveIsSaid) {
  EXPECT_THAT(error_of("fruits-ir/model.xml", {.input_shapes = {{-1, 32, 32, 3}}}),
              HasSubstr("the input 'data' has the shape [1,3,32,32], and pictures as they are described have "
                        "[n,32,32,3]"));
}

TEST(Formats, WhatIsMissingBesideTheFileIsAnError) {
  const NoLeakCheck openvino;
  EXPECT_EQ(load_model(kNetworks + "/pictures", {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(load_model(kNetworks + "/fruits-labels.txt", {}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace vidi::inference
