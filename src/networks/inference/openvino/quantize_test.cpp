#include "inference/openvino/quantize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <openvino/openvino.hpp>
#include <openvino/opsets/opset8.hpp>
#include <vector>

#include "inference/openvino/layers.hpp"
#include "inference/openvino/load_graph.hpp"

namespace vidi::inference {
namespace {

namespace op = ov::opset8;
using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;

ov::Output<ov::Node> filled(const ov::Shape& shape, const std::vector<float>& values) {
  return op::Constant::create(ov::element::f32, shape, values)->output(0);
}

// A picture of 2x2 gray pixels through a convolution of 1x1 with the weights 2 and -0.5, without biases.
std::shared_ptr<ov::Model> two_weights() {
  const auto picture = std::make_shared<op::Parameter>(ov::element::u8, ov::PartialShape{1, 2, 2, 1});
  const auto values = std::make_shared<op::Convert>(picture, ov::element::f32);
  const auto planes =
      std::make_shared<op::Transpose>(values, op::Constant::create(ov::element::i64, {4}, {0, 3, 1, 2}));
  const auto convolution =
      std::make_shared<op::Convolution>(planes, filled({2, 1, 1, 1}, {2, -0.5F}), ov::Strides{1, 1},
                                        ov::CoordinateDiff{0, 0}, ov::CoordinateDiff{0, 0}, ov::Strides{1, 1});
  return std::make_shared<ov::Model>(ov::OutputVector{convolution}, ov::ParameterVector{picture});
}

std::vector<std::shared_ptr<ov::Node>> roundings(const ov::Model& graph) {
  std::vector<std::shared_ptr<ov::Node>> found;
  for (const auto& node : graph.get_ordered_ops()) {
    if (ov::is_type<op::FakeQuantize>(node)) found.push_back(node);
  }
  return found;
}

std::vector<float> input_values(const std::shared_ptr<ov::Node>& node, std::size_t input) {
  return ov::as_type_ptr<op::Constant>(node->get_input_node_shared_ptr(input))->cast_vector<float>();
}

std::vector<float> answers(const std::shared_ptr<ov::Model>& graph, const std::vector<std::uint8_t>& picture) {
  auto model = core().compile_model(graph, "CPU", ov::hint::inference_precision(ov::element::f32));
  auto request = model.create_infer_request();
  request.set_input_tensor(ov::Tensor(model.input(), picture.data()));
  request.infer();
  const ov::Tensor tensor = request.get_output_tensor();
  return {tensor.data<const float>(), tensor.data<const float>() + tensor.get_size()};
}

TEST(Quantize, FindsTheRangesOfInputsAndOfEachOutputsWeights) {
  const auto graph = two_weights();
  const std::vector<std::uint8_t> pictures{0, 50, 100, 150, 200, 10, 20, 30};
  const auto layers = quantize(graph, pictures, 1);
  ASSERT_TRUE(layers);
  EXPECT_EQ(*layers, 1U);
  std::vector<std::vector<float>> lows;
  std::vector<std::vector<float>> highs;
  for (const auto& node : roundings(*graph)) {
    lows.push_back(input_values(node, 1));
    highs.push_back(input_values(node, 2));
  }
  ASSERT_EQ(highs.size(), 2U);
  const std::size_t inputs = highs[0].size() == 1 ? 0 : 1;
  EXPECT_THAT(lows[inputs], ElementsAre(0));
  EXPECT_THAT(highs[inputs], ElementsAre(FloatNear(200, 2)));
  // By 127 steps, or by 63 of twice the size.
  const float wide = highs[1 - inputs][0] / 2;
  EXPECT_TRUE(wide == 1 || std::abs(wide - 127.0F / 63) < 1e-5) << wide;
  EXPECT_THAT(highs[1 - inputs], ElementsAre(FloatNear(2 * wide, 1e-6F), FloatNear(wide / 2, 1e-6F)));
  EXPECT_THAT(lows[1 - inputs], ElementsAre(FloatNear(-2 * wide, 1e-6F), FloatNear(-wide / 2, 1e-6F)));
  const std::vector<float> rows = answers(graph, {0, 50, 100, 200});
  const std::vector<float> expected{0, 100, 200, 400, 0, -25, -50, -100};
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(rows[i], expected[i], 4);
}

TEST(Quantize, WantsWholePictures) {
  const auto graph = two_weights();
  const auto none = quantize(graph, {}, 1);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("pictures of 4 bytes"));
  EXPECT_FALSE(quantize(graph, std::vector<std::uint8_t>(6), 1));
}

TEST(Layers, NormalizationsBecomePartOfWeightsAndBiases) {
  std::ifstream file(TEST_DATA "/networks/residual.onnx", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto network = load_graph(as_bytes(text), {.output = "features"});
  ASSERT_TRUE(network) << network.error().message;
  const auto graph = network->graph;
  graph->reshape({1, 32, 32, 3});
  ov::preprocess::PrePostProcessor bytes(graph);
  bytes.input().tensor().set_element_type(ov::element::u8);
  const auto taking = bytes.build();
  std::vector<std::uint8_t> picture;
  for (std::size_t i = 0; i < 3072; ++i) picture.push_back(static_cast<std::uint8_t>(i * 37 % 251));
  const std::vector<float> before = answers(taking->clone(), picture);
  const std::vector<LinearLayer> layers = take_layers(taking);
  EXPECT_EQ(layers.size(), 7U);
  for (const auto& node : taking->get_ordered_ops()) {
    EXPECT_FALSE(ov::is_type<ov::op::v5::BatchNormInference>(node)) << node->get_friendly_name();
  }
  const std::vector<float> after = answers(taking, picture);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], before[i], 1e-4 * std::abs(before[i]) + 1e-4);
}

TEST(Layers, NumbersAreAddedToBiasesOrBecomeThem) {
  const auto graph = two_weights();
  const std::vector<LinearLayer> layers = take_layers(graph);
  ASSERT_EQ(layers.size(), 1U);
  EXPECT_EQ(biases_of(layers[0]), nullptr);
  add_to_biases(layers[0], {3, 4});
  add_to_biases(layers[0], {0, 1});
  ASSERT_NE(biases_of(layers[0]), nullptr);
  EXPECT_THAT(biases_of(layers[0])->cast_vector<float>(), ElementsAre(3, 5));
  EXPECT_THAT(answers(graph, {1, 1, 1, 1}), ElementsAre(5, 5, 5, 5, 4.5F, 4.5F, 4.5F, 4.5F));
}

}  // namespace
}  // namespace vidi::inference
