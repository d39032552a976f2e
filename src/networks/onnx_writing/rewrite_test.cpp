#include "onnx_writing/rewrite.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "inference/load.hpp"
#include "onnx_writing/onnx_writer.hpp"

namespace vidi::onnx_writing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::array kSides = {3.0F, 4.0F};

std::string file_of(ByteView model) {
  static int count = 0;
  std::string path = testing::TempDir() + "rewrite-" + std::to_string(count++) + ".onnx";
  std::ofstream(path, std::ios::binary) << as_text(model);
  return path;
}

// What the model makes of one row, and its inputs.
std::vector<float> answer(const Result<Bytes>& model, const std::vector<float>& row, const std::string& output = "") {
  if (!model) return {};
  auto loaded = inference::load_model(file_of(*model), {.output = output});
  EXPECT_TRUE(loaded) << loaded.error().message;
  if (!loaded) return {};
  auto made = run((*loaded)->infer({{1, static_cast<std::int64_t>(row.size())}, row}));
  EXPECT_TRUE(made) << made.error().message;
  return made ? made->values : std::vector<float>{};
}

std::vector<std::string> inputs_of(ByteView model) {
  std::vector<std::string> names;
  const auto ports = inference::list_ports(file_of(model));
  if (!ports) return names;
  for (const auto& port : ports->inputs) names.push_back(port.name);
  return names;
}

// features (n, 2) = x * {3, 4}; scores (n, 2) = features + other input * a large constant that features do not need.
Bytes two_outputs() {
  OnnxWriter writer("two");
  writer.add_input("x", {"n", std::int64_t{2}});
  writer.add_input("other", {"n", std::int64_t{2}});
  writer.add_constant("sides", {2}, kSides);
  const std::vector<float> large(std::size_t{2} * 500, 1.0F);
  writer.add_constant("large", {2, 500}, large);
  writer.add_node({.operation = "Mul", .inputs = {"x", "sides"}, .outputs = {"features"}, .attributes = {}});
  writer.add_node({.operation = "MatMul", .inputs = {"other", "large"}, .outputs = {"wide"}, .attributes = {}});
  writer.add_node({.operation = "ReduceMax",
                   .inputs = {"wide"},
                   .outputs = {"most"},
                   .attributes = {{"axes", std::vector<std::int64_t>{1}}}});
  writer.add_node({.operation = "Add", .inputs = {"features", "most"}, .outputs = {"scores"}, .attributes = {}});
  writer.add_output("features", {"n", std::int64_t{2}});
  writer.add_output("scores", {"n", std::int64_t{2}});
  return writer.finish().value_or(Bytes{});
}

TEST(AddModel, NodesGoBehindTheChosenOutput) {
  OnnxWriter writer("joined");
  const auto value = writer.add_model(two_outputs(), "features");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->name, "features");
  EXPECT_THAT(value->shape, ElementsAre(Dimension("n"), Dimension(std::int64_t{2})));
  writer.add_constant("mean", {2}, std::array{1.0F, 2.0F});
  writer.add_constant("weights", {2, 3}, std::array{1.0F, 0.0F, 1.0F, 0.0F, 1.0F, 1.0F});
  writer.add_node({.operation = "Sub", .inputs = {value->name, "mean"}, .outputs = {"centred"}, .attributes = {}});
  writer.add_node({.operation = "Gemm", .inputs = {"centred", "weights"}, .outputs = {"y"}, .attributes = {}});
  writer.add_output("y", {"n", std::int64_t{3}});
  const auto model = writer.finish();
  ASSERT_TRUE(model);
  EXPECT_THAT(answer(model, {2, 5}), ElementsAre(5, 18, 23));
  EXPECT_THAT(inputs_of(*model), ElementsAre("x"));
  EXPECT_LT(model->size(), 600U) << "the constant that nothing needs any more is still there";
}

TEST(AddModel, TakesTheOnlyOutputAndRefusesToGuess) {
  OnnxWriter writer("joined");
  const auto guessed = writer.add_model(two_outputs(), "");
  ASSERT_FALSE(guessed);
  EXPECT_THAT(guessed.error().message, HasSubstr("name one of features, scores"));
  const auto missing = writer.add_model(two_outputs(), "logits");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("no output 'logits'; it has features, scores"));
  const auto only = keep_output(two_outputs(), "features");
  ASSERT_TRUE(only) << only.error().message;
  const auto value = writer.add_model(*only, "");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->name, "features");
  EXPECT_EQ(writer.add_model(*only, "").error().code, ErrorCode::conflict);
}

TEST(AddModel, KnowsWhichNamesAreTaken) {
  OnnxWriter writer("joined");
  ASSERT_TRUE(writer.add_model(two_outputs(), "features"));
  EXPECT_EQ(writer.unused_name("x"), "x_2");
  EXPECT_EQ(writer.unused_name("sides"), "sides_2");
  EXPECT_EQ(writer.unused_name("features"), "features_2");
  EXPECT_EQ(writer.unused_name("scores"), "scores");
}

// The branches of an If take values from outside that no node lists among its inputs.
TEST(AddModel, KeepsWhatBranchesTakeFromOutside) {
  OnnxWriter writer("choice");
  writer.add_input("x", {"n", std::int64_t{2}});
  writer.add_constant("limit", {}, std::array{10.0F});
  writer.add_constant("sides", {2}, kSides);
  writer.add_node({.operation = "ReduceMax",
                   .inputs = {"x"},
                   .outputs = {"most"},
                   .attributes = {{.name = "keepdims", .value = std::int64_t{0}}}});
  writer.add_node({.operation = "Less", .inputs = {"most", "limit"}, .outputs = {"small"}, .attributes = {}});
  OnnxWriter then("then");
  then.add_node({.operation = "Mul", .inputs = {"x", "sides"}, .outputs = {"product"}, .attributes = {}});
  then.add_output("product", {"n", std::int64_t{2}});
  OnnxWriter otherwise("otherwise");
  otherwise.add_node({.operation = "Identity", .inputs = {"x"}, .outputs = {"same"}, .attributes = {}});
  otherwise.add_output("same", {"n", std::int64_t{2}});
  writer.add_choice("small", then, otherwise, "y");
  writer.add_output("y", {"n", std::int64_t{2}});
  const auto part = keep_output(writer.finish().value_or(Bytes{}), "y");
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_THAT(answer(part, {2, 5}), ElementsAre(6, 20));
  EXPECT_THAT(answer(part, {20, 5}), ElementsAre(20, 5));
}

TEST(AddModel, RefusesWhatIsNoModelOrHangsInTheAir) {
  OnnxWriter dangling("dangling");
  dangling.add_node({.operation = "Relu", .inputs = {"nowhere"}, .outputs = {"y"}, .attributes = {}});
  dangling.add_output("y", {std::int64_t{1}});
  const auto file = dangling.finish().value_or(Bytes{});
  const auto part = keep_output(file, "y");
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().code, ErrorCode::undecodable);
  EXPECT_THAT(part.error().message, HasSubstr("nowhere"));
  EXPECT_EQ(keep_output(as_bytes("no model"), "y").error().code, ErrorCode::undecodable);
  EXPECT_EQ(keep_output({}, "y").error().code, ErrorCode::undecodable);
  Bytes half = two_outputs();
  half.resize(half.size() / 2);
  EXPECT_FALSE(keep_output(half, "features"));
}

// y (n, 64) = x (n, 64) times weights, of which one value is `last`.
Bytes product(float last) {
  OnnxWriter writer("product");
  std::vector<float> weights(std::size_t{64} * 64);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 31) / 31.0F;
  weights.back() = last;
  writer.add_input("x", {"n", std::int64_t{64}});
  writer.add_constant("weights", {64, 64}, weights);
  writer.add_node({.operation = "MatMul", .inputs = {"x", "weights"}, .outputs = {"y"}, .attributes = {}});
  writer.add_output("y", {"n", std::int64_t{64}});
  return writer.finish().value_or(Bytes{});
}

TEST(Halve, HalvesTheBytesAndHardlyChangesTheAnswers) {
  const auto halved = halve(product(0.3F));
  ASSERT_TRUE(halved) << halved.error().message;
  EXPECT_LT(halved->size(), 64U * 64 * 2 + 400);
  const std::vector<float> row(64, 0.1F);
  const auto exact = answer(product(0.3F), row);
  const auto rounded = answer(halved, row);
  ASSERT_EQ(exact.size(), 64U);
  ASSERT_EQ(rounded.size(), 64U);
  EXPECT_NE(exact, rounded);
  for (std::size_t i = 0; i < 64; ++i) EXPECT_NEAR(exact[i], rounded[i], 2e-3 * exact[i]);
}

TEST(Halve, LeavesAloneWhatIsSmallOrBeyondHalfPrecision) {
  EXPECT_EQ(halve(product(1e6F)), product(1e6F));
  EXPECT_EQ(halve(product(0.3F), 64 * 64 + 1), product(0.3F));
  EXPECT_EQ(halve(as_bytes("no model")).error().code, ErrorCode::undecodable);
}

}  // namespace
}  // namespace vidi::onnx_writing
