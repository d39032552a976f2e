#include "recipes/cascade.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>

#include <array>
#include <span>
#include <string>

#include "onnx_writing/onnx_writer.hpp"
#include "recipes/check_onnx.hpp"
#include "recipes/image_range.hpp"

namespace vidi::recipes {
namespace {

using onnx_writing::OnnxWriter;

constexpr auto kSide = static_cast<std::int64_t>(kDigitSide);
constexpr auto kClasses = static_cast<std::int64_t>(kDeepClasses);

// (n, 1)
at::Tensor unsure_of(const at::Tensor& probabilities) { return probabilities.amax(1, true).lt(Cascade::kSure); }

// Makes the value `unsure` (n), and `any`: whether one is.
void add_doubt(OnnxWriter& writer, const std::string& probabilities) {
  const onnx_writing::Attribute no_dimension{.name = "keepdims", .value = std::int64_t{0}};
  writer.add_constant("sure", {}, std::array{Cascade::kSure});
  writer.add_node({.operation = "ReduceMax",
                   .inputs = {probabilities},
                   .outputs = {"greatest"},
                   .attributes = {{"axes", std::vector<std::int64_t>{1}}, no_dimension}});
  writer.add_node({.operation = "Less", .inputs = {"greatest", "sure"}, .outputs = {"unsure"}, .attributes = {}});
  writer.add_node(
      {.operation = "ReduceMin", .inputs = {"greatest"}, .outputs = {"least"}, .attributes = {no_dimension}});
  writer.add_node({.operation = "Less", .inputs = {"least", "sure"}, .outputs = {"any"}, .attributes = {}});
}

}  // namespace

Cascade::Answers Cascade::ask(const at::Tensor& pixels) const {
  const at::NoGradGuard guard;
  at::Tensor first = members_.front().probabilities(pixels);
  const at::Tensor unsure = unsure_of(first);
  const auto count = static_cast<std::size_t>(unsure.sum().item<std::int64_t>());
  if (members_.size() == 1) return {first, count};
  at::Tensor mean = first.clone();
  for (const FoldedNetwork& member : std::span(members_).subspan(1)) mean.add_(member.probabilities(pixels));
  return {at::where(unsure, mean.div_(static_cast<double>(members_.size())), first), count};
}

Result<Bytes> Cascade::to_onnx(std::string_view name) const {
  OnnxWriter writer(name);
  const std::string pixels = writer.add_image_input(kSide);
  writer.add_output("probabilities", {"n", kClasses});
  if (members_.size() == 1) {
    members_.front().add_to(writer, pixels, "probabilities");
    return finish_checked(writer);
  }
  members_.front().add_to(writer, pixels, "first");
  add_doubt(writer, "first");

  OnnxWriter all("ask_all");
  all.add_node({.operation = "NonZero", .inputs = {"unsure"}, .outputs = {"where"}, .attributes = {}});
  all.add_node({.operation = "Transpose", .inputs = {"where"}, .outputs = {"rows"}, .attributes = {}});
  all.add_node({.operation = "GatherND", .inputs = {pixels, "rows"}, .outputs = {"doubtful"}, .attributes = {}});
  std::vector<std::string> answers{"first_answers"};
  all.add_node({.operation = "GatherND", .inputs = {"first", "rows"}, .outputs = answers, .attributes = {}});
  for (std::size_t i = 1; i < members_.size(); ++i) {
    answers.push_back(fmt::format("member_{}", i + 1));
    members_[i].add_to(all, "doubtful", answers.back());
  }
  all.add_node({.operation = "Mean", .inputs = answers, .outputs = {"mean"}, .attributes = {}});
  all.add_node(
      {.operation = "ScatterND", .inputs = {"first", "rows", "mean"}, .outputs = {"of_all"}, .attributes = {}});
  all.add_output("of_all", {"n", kClasses});

  OnnxWriter sure("keep_first");
  sure.add_node({.operation = "Identity", .inputs = {"first"}, .outputs = {"of_first"}, .attributes = {}});
  sure.add_output("of_first", {"n", kClasses});
  writer.add_choice("any", all, sure, "probabilities");
  return finish_checked(writer);
}

}  // namespace vidi::recipes
