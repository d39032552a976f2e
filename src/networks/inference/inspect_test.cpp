#include "inference/inspect.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "inference/load.hpp"
#include "inference/test_leaks.hpp"

namespace vidi::inference {
namespace {

using testing::Contains;
using testing::Field;

Layer layer_of(const Summary& summary, const std::string& type, std::size_t which = 0) {
  for (const Layer& layer : summary.layers) {
    if (layer.type == type && which-- == 0) return layer;
  }
  ADD_FAILURE() << "there is no " << type;
  return {};
}

// TensorFlow's tutorial network: 5x5 convolutions of 32 and 64 channels, dense layers of 1024 and 10.
TEST(Inspect, CountsParametersAndMultiplyAddsAsByHand) {
  const auto summary = summarize(MODELS_DIR "/digits-cnn/1/model.onnx", {});
  ASSERT_TRUE(summary) << summary.error().message;
  EXPECT_EQ(summary->parameters, 25U * 32 + 32 + 25 * 32 * 64 + 64 + 3136 * 1024 + 1024 + 1024 * 10 + 10);
  EXPECT_EQ(summary->multiply_adds, 28U * 28 * 25 * 32 + 14 * 14 * 25 * 32 * 64 + 3136 * 1024 + 1024 * 10);
  const Layer first = layer_of(*summary, "Convolution");
  EXPECT_EQ(first.parameters, 800U);
  EXPECT_EQ(first.multiply_adds, 627'200U);
  EXPECT_EQ(first.shape, (std::vector<std::int64_t>{1, 32, 28, 28}));
}

TEST(Inspect, WeightsOfEightBitsAreCountedToo) {
  const auto floats = summarize(TEST_DATA "/networks/fruits-saved-model", {});
  const auto bytes = summarize(TEST_DATA "/networks/fruits-tflite/model.tflite", {});
  ASSERT_TRUE(floats) << floats.error().message;
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(floats->multiply_adds, bytes->multiply_adds);
  const std::uint64_t trained = 3 * 3 * 3 * 8 + 8 + 72 * 4 + 4;
  EXPECT_GE(floats->parameters, trained);
  EXPECT_LE(floats->parameters, trained + 2) << "and what the bytes are scaled by";
  EXPECT_GE(bytes->parameters, trained);
}

TEST(Inspect, ListsEveryInputAndOutputOfACheckpoint) {
  const NoLeakCheck openvino;
  const auto ports = list_ports(TEST_DATA "/networks/digits-checkpoint/model.ckpt-2000.meta");
  ASSERT_TRUE(ports) << ports.error().message;
  EXPECT_THAT(ports->inputs, Contains(Field(&Port::name, "x:0")));
  EXPECT_THAT(ports->inputs, Contains(Field(&Port::name, "keep_prob:0")));
  EXPECT_THAT(ports->outputs, Contains(Field(&Port::name, "y:0")));
}

TEST(Inspect, ListsWhatAFileTakes) {
  const auto ports = list_ports(TEST_DATA "/networks/fruits-ir/model.xml");
  ASSERT_TRUE(ports) << ports.error().message;
  ASSERT_EQ(ports->inputs.size(), 1U);
  EXPECT_EQ(ports->inputs[0].type, "f16");
  EXPECT_EQ(ports->inputs[0].shape, (std::vector<std::int64_t>{1, 3, 32, 32}));
  EXPECT_EQ(ports->outputs[0].name, "prob");
}

TEST(Inspect, SaysWhatCannotBeRead) {
  const NoLeakCheck openvino;
  EXPECT_EQ(list_ports("no/such/model.onnx").error().code, ErrorCode::not_found);
  EXPECT_EQ(list_ports(TEST_DATA "/networks/fruits-labels.txt").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(summarize("no/such/model.onnx", {}).error().code, ErrorCode::not_found);
}

TEST(Inspect, WritesShapesAsTheDocumentationDoes) {
  EXPECT_EQ(shape_text({-1, 28, -1, 1}), "[n,28,?,1]");
  EXPECT_EQ(shape_text({}), "[]");
}

}  // namespace
}  // namespace vidi::inference
