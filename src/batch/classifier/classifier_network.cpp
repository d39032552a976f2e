#include "classifier/classifier_network.hpp"

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "onnx_writing/onnx_writer.hpp"
#include "onnx_writing/rewrite.hpp"

namespace vidi::classifier {
namespace {

// A bias for a class that there is not: its probability is 0.
constexpr float kNever = -1e9F;

std::vector<float> to_floats(std::span<const double> values) {
  std::vector<float> floats;
  floats.reserve(values.size());
  for (const double value : values) floats.push_back(static_cast<float>(value));
  return floats;
}

// Adds nodes with one output each to a graph that has names of its own.
class Builder {
 public:
  explicit Builder(onnx_writing::OnnxWriter& writer) : writer_(writer) {}

  std::string node(const std::string& operation, std::vector<std::string> inputs, const std::string& wish,
                   std::vector<onnx_writing::Attribute> attributes = {}) {
    const std::string name = writer_.unused_name(wish);
    writer_.add_node(
        {.operation = operation, .inputs = std::move(inputs), .outputs = {name}, .attributes = std::move(attributes)});
    return name;
  }

  std::string constant(const std::string& wish, const std::vector<std::int64_t>& shape, std::span<const float> values) {
    const std::string name = writer_.unused_name(wish);
    writer_.add_constant(name, shape, values);
    return name;
  }

 private:
  onnx_writing::OnnxWriter& writer_;
};

// The probability that a picture is none of what is known, by its distance; (n, 1).
std::string add_gate(Builder& builder, const std::string& scaled, const std::string& reduced,
                     const NetworkParts& parts) {
  const auto columns = static_cast<std::int64_t>(parts.reduction.scaler.columns());
  const auto components = static_cast<std::int64_t>(parts.reduction.pca->count());
  const std::vector<float> ones(static_cast<std::size_t>(std::max(columns, components)), 1.0F);
  const auto square_length = [&](const std::string& of, std::int64_t count, const std::string& name) {
    const std::string sum = builder.constant(name + "_sum", {count, 1}, std::span(ones).first(count));
    return builder.node("MatMul", {builder.node("Mul", {of, of}, name + "_squares"), sum}, name);
  };
  const std::string rest = builder.node(
      "Sub", {square_length(scaled, columns, "scaled_length"), square_length(reduced, components, "reduced_length")},
      "rest");
  const std::string residual = builder.node("Sqrt", {builder.node("Relu", {rest}, "rest_squares")}, "residual");
  const std::vector<float> slope{static_cast<float>(parts.classifier.gate.slope)};
  const std::vector<float> offset{static_cast<float>(parts.classifier.gate.offset)};
  const std::string steep =
      builder.node("Mul", {residual, builder.constant("gate_slope", {1}, slope)}, "gate_distance");
  return builder.node(
      "Sigmoid", {builder.node("Sub", {steep, builder.constant("gate_offset", {1}, offset)}, "gate_score")}, "gate");
}

std::string add_regression(Builder& builder, const std::string& reduced, const Classifier& classifier) {
  const auto classes = static_cast<std::int64_t>(classifier.labels.size() + 1);
  const auto columns = static_cast<std::int64_t>(classifier.regression.columns());
  std::vector<float> weights = to_floats(classifier.regression.weights());
  std::vector<float> intercepts = to_floats(classifier.regression.intercepts());
  weights.resize(static_cast<std::size_t>(classes * columns), 0.0F);
  intercepts.resize(static_cast<std::size_t>(classes), kNever);
  const std::string scores = builder.node("Gemm",
                                          {reduced, builder.constant("class_weights", {classes, columns}, weights),
                                           builder.constant("class_intercepts", {classes}, intercepts)},
                                          "class_scores", {{.name = "transB", .value = std::int64_t{1}}});
  return builder.node("Softmax", {scores}, "class_probabilities", {{.name = "axis", .value = std::int64_t{1}}});
}

// As gather_groups().
std::string add_groups(Builder& builder, const std::string& classes, const Classifier& classifier) {
  const std::size_t count = classifier.labels.size() + 1;
  std::vector<float> same(count * count, 0.0F);
  for (std::size_t i = 0; i < count; ++i) same[i * count + i] = 1;
  for (std::size_t i = 0; i < classifier.groups.size(); ++i) {
    for (std::size_t j = 0; j < classifier.groups.size(); ++j) {
      if (classifier.groups[i] == classifier.groups[j]) same[i * count + j] = 1;
    }
  }
  const auto size = static_cast<std::int64_t>(count);
  const std::string of_group = builder.constant("same_group", {size, size}, same);
  const std::vector<float> tiny{1e-30F};
  const std::string some = builder.constant("not_zero", {1}, tiny);
  const std::vector<float> power{kGatherPower};
  const std::string sums = builder.node("MatMul", {classes, of_group}, "group_probabilities");
  const std::string shares =
      builder.node("Div", {classes, builder.node("Add", {sums, some}, "group_divisors")}, "shares_of_group");
  const std::string powers = builder.node("Pow", {shares, builder.constant("power", {1}, power)}, "share_powers");
  const std::string all = builder.node("MatMul", {powers, of_group}, "group_powers");
  const std::string parts =
      builder.node("Div", {powers, builder.node("Add", {all, some}, "power_sums")}, "parts_of_group");
  return builder.node("Mul", {parts, sums}, "gathered_probabilities");
}

}  // namespace

Result<Bytes> make_network(const NetworkParts& parts) {
  const statistics::StandardScaler& scaler = parts.reduction.scaler;
  const statistics::Pca& pca = *parts.reduction.pca;
  const auto columns = static_cast<std::int64_t>(scaler.columns());
  const auto components = static_cast<std::int64_t>(pca.count());
  Result<Bytes> halved;
  if (parts.half) {
    halved = onnx_writing::halve(parts.backbone);
    if (!halved) return halved;
  }
  onnx_writing::OnnxWriter writer("classifier");
  const auto features = writer.add_model(parts.half ? ByteView(*halved) : parts.backbone, parts.output);
  if (!features) return forward_error(features);
  Builder builder(writer);
  const std::string flat =
      builder.node("Flatten", {features->name}, "flat_features", {{.name = "axis", .value = std::int64_t{1}}});
  const std::string means = builder.constant("scaler_means", {columns}, to_floats(scaler.shifts()));
  const std::string factors = builder.constant("scaler_factors", {columns}, to_floats(scaler.factors()));
  const std::string scaled =
      builder.node("Mul", {builder.node("Sub", {flat, means}, "centred_features"), factors}, "scaled_features");
  const std::vector<float> loadings = to_floats(pca.components());
  const std::vector<std::int64_t> shape{components, columns};
  std::string of_components = writer.unused_name("components");
  if (parts.half) {
    writer.add_half_constant(of_components, shape, loadings);
  } else {
    writer.add_constant(of_components, shape, loadings);
  }
  const std::vector<float> zeros(pca.count(), 0.0F);
  const std::string reduced =
      builder.node("Gemm", {scaled, of_components, builder.constant("component_offsets", {components}, zeros)},
                   "reduced_features", {{.name = "transB", .value = std::int64_t{1}}});
  const std::string gate = add_gate(builder, scaled, reduced, parts);
  std::string classes = add_regression(builder, reduced, parts.classifier);
  if (!parts.classifier.groups.empty()) classes = add_groups(builder, classes, parts.classifier);
  // What the gate takes for none goes from every class to the last.
  const auto count = static_cast<std::int64_t>(parts.classifier.labels.size() + 1);
  std::vector<float> last(static_cast<std::size_t>(count), 0.0F);
  last.back() = 1;
  const std::string taken = builder.node("Mul", {classes, gate}, "taken_by_gate");
  const std::string kept = builder.node("Sub", {classes, taken}, "kept_by_gate");
  const std::string given =
      builder.node("Mul", {gate, builder.constant("none_class", {1, count}, last)}, "none_by_gate");
  writer.add_node(
      {.operation = "Add", .inputs = {kept, given}, .outputs = {std::string(kProbabilities)}, .attributes = {}});
  writer.add_output(kProbabilities, {"n", count});
  return writer.finish();
}

}  // namespace vidi::classifier
