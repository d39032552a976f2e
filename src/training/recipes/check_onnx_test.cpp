#include "recipes/check_onnx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "onnx_writing/onnx_writer.hpp"

namespace vidi::recipes {
namespace {

using testing::HasSubstr;

constexpr std::array<float, 4> kWeights = {1.0F, 2.0F, 3.0F, 4.0F};

// y = x W for rows of two.
Result<Bytes> product(std::int64_t output_columns, const std::string& operation = "MatMul") {
  onnx_writing::OnnxWriter writer("product");
  writer.add_input("x", {"n", std::int64_t{2}});
  writer.add_constant("w", {2, 2}, kWeights);
  writer.add_node({.operation = operation, .inputs = {"x", "w"}, .outputs = {"y"}, .attributes = {}});
  writer.add_output("y", {"n", output_columns});
  return finish_checked(writer);
}

TEST(OnnxWriter, WritesAModelThatTheCheckerAccepts) {
  const auto model = product(2);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_TRUE(check_onnx(*model));
}

TEST(OnnxWriter, WritesTheSameBytesForTheSameCalls) { EXPECT_EQ(product(2), product(2)); }

TEST(OnnxWriter, KeepsEveryKindOfAttribute) {
  onnx_writing::OnnxWriter writer("attributes");
  writer.add_input("x", {std::int64_t{1}, std::int64_t{1}, std::int64_t{4}, std::int64_t{4}});
  writer.add_node({.operation = "MaxPool",
                   .inputs = {"x"},
                   .outputs = {"pooled"},
                   .attributes = {{"kernel_shape", std::vector<std::int64_t>{2, 2}},
                                  {"strides", std::vector<std::int64_t>{2, 2}},
                                  {"auto_pad", std::string("VALID")},
                                  {"ceil_mode", std::int64_t{0}}}});
  writer.add_node({.operation = "LeakyRelu", .inputs = {"pooled"}, .outputs = {"y"}, .attributes = {{"alpha", 0.5F}}});
  writer.add_output("y", {std::int64_t{1}, std::int64_t{1}, std::int64_t{2}, std::int64_t{2}});
  const auto model = finish_checked(writer);
  EXPECT_TRUE(model) << model.error().message;
}

TEST(OnnxWriter, KeepsWeightsInHalfPrecisionWhenAsked) {
  onnx_writing::OnnxWriter writer("convolution");
  const std::vector<float> weights(std::size_t{8} * 4 * 3 * 3, 0.25F);
  const std::vector<float> biases(8, 0.5F);
  writer.add_input("x", {"n", std::int64_t{4}, std::int64_t{2}, std::int64_t{2}});
  const std::string pooled = writer.add_pooling(writer.add_relu(writer.add_convolution({.name = "convolution",
                                                                                        .input = "x",
                                                                                        .outputs = 8,
                                                                                        .inputs = 4,
                                                                                        .kernel = 3,
                                                                                        .padding = 1,
                                                                                        .weights = weights,
                                                                                        .biases = biases})));
  writer.add_softmax(pooled, "y");
  writer.add_output("y", {"n", std::int64_t{8}});
  const auto model = finish_checked(writer);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_LT(model->size(), 2 * (weights.size() + biases.size()) + 1024);
}

TEST(OnnxWriter, RefusesAnOperatorThatDoesNotExist) {
  const auto model = product(2, "Multiplicate");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("Multiplicate"));
}

TEST(OnnxWriter, RefusesAShapeThatTheNodesDoNotMake) { EXPECT_FALSE(product(3)); }

TEST(OnnxWriter, RefusesAnInputThatNothingMakes) {
  onnx_writing::OnnxWriter writer("dangling");
  writer.add_input("x", {"n", std::int64_t{2}});
  writer.add_node({.operation = "Add", .inputs = {"x", "nowhere"}, .outputs = {"y"}, .attributes = {}});
  writer.add_output("y", {"n", std::int64_t{2}});
  const auto model = finish_checked(writer);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("nowhere"));
}

TEST(CheckOnnx, RefusesWhatIsNotAModel) {
  EXPECT_FALSE(check_onnx(as_bytes("not a model")));
  EXPECT_FALSE(check_onnx({}));
  auto model = product(2);
  ASSERT_TRUE(model);
  model->resize(model->size() / 2);
  EXPECT_FALSE(check_onnx(*model));
}

}  // namespace
}  // namespace vidi::recipes
