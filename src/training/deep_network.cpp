#include "training/deep_network.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "training/onnx_writer.hpp"
#include "training/tensors.hpp"

namespace vidi::training {
namespace {

struct Layer {
  std::int64_t inputs;
  std::int64_t outputs;
  bool pooled;  // by 2 after it
};

constexpr std::array<Layer, 6> kLayers{
    {{1, 32, false}, {32, 32, true}, {32, 64, false}, {64, 64, true}, {64, 128, false}, {128, 128, false}}};
constexpr std::int64_t kFeatures = kLayers.back().outputs;
constexpr std::int64_t kKernel = 3;
constexpr double kEpsilon = 1e-5;

// A trained tensor, and what goes with it.
struct Parameter {
  std::string name;
  bool decayed = false;
  at::Tensor value;
  at::Tensor velocity;
  at::Tensor mean;  // running mean of the value
};

// Of one channel over the batches seen: not trained by gradients.
struct Statistic {
  std::string name;
  at::Tensor value;
  at::Tensor mean;
};

at::Tensor as_pictures(const at::Tensor& pixels) {
  constexpr auto kSide = static_cast<std::int64_t>(kDigitSide);
  return pixels.view({-1, 1, kSide, kSide});
}

}  // namespace

struct DeepNetwork::Impl {
  std::vector<Parameter> parameters;  // of each layer weights, scale, shift; then the dense layer's weights, biases
  std::vector<Statistic> statistics;  // of each layer mean, variance

  void add(const std::string& name, const at::Tensor& value, bool decayed) {
    parameters.push_back({name, decayed, value, at::zeros_like(value), value.clone()});
    parameters.back().value.set_requires_grad(true);
  }
};

DeepNetwork::DeepNetwork(std::uint64_t seed) : impl_(std::make_unique<Impl>()) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    const auto [inputs, outputs, pooled] = kLayers[i];
    // He, Zhang, Ren and Sun 2015: keeps the variance from layer to layer.
    const double deviation = std::sqrt(2.0 / static_cast<double>(inputs * kKernel * kKernel));
    impl_->add(fmt::format("weights_{}", i),
               random_normal({outputs, inputs, kKernel, kKernel}, deviation, false, random), true);
    impl_->add(fmt::format("scale_{}", i), at::ones({outputs}, at::kFloat), false);
    impl_->add(fmt::format("shift_{}", i), at::zeros({outputs}, at::kFloat), false);
    for (const auto& [kind, value] : {std::pair{"average", at::zeros({outputs}, at::kFloat)},
                                      std::pair{"variance", at::ones({outputs}, at::kFloat)}}) {
      impl_->statistics.push_back({fmt::format("{}_{}", kind, i), value, value.clone()});
    }
  }
  constexpr auto kClasses = static_cast<std::int64_t>(kDeepClasses);
  impl_->add("dense_weights", random_normal({kClasses, kFeatures, 1, 1}, 0.05, false, random), true);
  impl_->add("dense_biases", at::zeros({kClasses}, at::kFloat), false);
}

DeepNetwork::~DeepNetwork() = default;

at::Tensor DeepNetwork::scores(const at::Tensor& pixels, bool half) {
  const auto narrow = [&](const at::Tensor& tensor) { return half ? tensor.to(at::kBFloat16) : tensor; };
  at::Tensor values = narrow(as_pictures(pixels));
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    constexpr double kMomentum = 0.1;
    const Parameter* layer = &impl_->parameters[3 * i];
    values = at::conv2d(values, narrow(layer[0].value), {}, 1, kKernel / 2);
    values = at::batch_norm(values, layer[1].value, layer[2].value, impl_->statistics[2 * i].value,
                            impl_->statistics[2 * i + 1].value, true, kMomentum, kEpsilon, false);
    values = at::relu(values);
    if (kLayers[i].pooled) values = at::max_pool2d(values, 2);
  }
  values = values.to(at::kFloat).mean(at::IntArrayRef{2, 3}, true);
  const Parameter* dense = &impl_->parameters[3 * kLayers.size()];
  return at::conv2d(values, dense[0].value, dense[1].value).flatten(1);
}

void DeepNetwork::descend(const Descent& descent) {
  const at::NoGradGuard guard;
  for (Parameter& parameter : impl_->parameters) {
    at::Tensor gradient = parameter.value.grad();
    if (parameter.decayed) gradient.add_(parameter.value, descent.decay);
    parameter.velocity.mul_(descent.momentum).add_(gradient);
    parameter.value.sub_(gradient.add_(parameter.velocity, descent.momentum), descent.rate);
    parameter.value.mutable_grad().reset();
    parameter.mean.lerp_(parameter.value, 1.0 - descent.mean_decay);
  }
  for (Statistic& statistic : impl_->statistics) statistic.mean.lerp_(statistic.value, 1.0 - descent.mean_decay);
}

std::vector<NamedValues> DeepNetwork::state() {
  std::vector<NamedValues> state;
  for (const Parameter& parameter : impl_->parameters) {
    state.push_back({parameter.name, values_of(parameter.value)});
    state.push_back({parameter.name + "_velocity", values_of(parameter.velocity)});
    state.push_back({parameter.name + "_mean", values_of(parameter.mean)});
  }
  for (const Statistic& statistic : impl_->statistics) {
    state.push_back({statistic.name, values_of(statistic.value)});
    state.push_back({statistic.name + "_mean", values_of(statistic.mean)});
  }
  return state;
}

namespace {

struct Folded {
  std::vector<at::Tensor> weights;  // of each layer, then of the dense one
  std::vector<at::Tensor> biases;
};

at::Tensor scores_of(const Folded& member, const at::Tensor& pixels) {
  at::Tensor values = as_pictures(pixels);
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    values = at::relu(at::conv2d(values, member.weights[i], member.biases[i], 1, kKernel / 2));
    if (kLayers[i].pooled) values = at::max_pool2d(values, 2);
  }
  values = values.mean(at::IntArrayRef{2, 3}, true);
  return at::conv2d(values, member.weights.back(), member.biases.back()).flatten(1);
}

// Returns the name of the member's scores.
std::string add_member(const Folded& member, const std::string& name, const std::string& pixels, OnnxWriter& writer) {
  std::string value = pixels;
  for (std::size_t i = 0; i < kLayers.size(); ++i) {
    value = writer.add_convolution({.name = fmt::format("{}_convolution_{}", name, i + 1),
                                    .input = value,
                                    .outputs = kLayers[i].outputs,
                                    .inputs = kLayers[i].inputs,
                                    .kernel = kKernel,
                                    .padding = kKernel / 2,
                                    .weights = values_of(member.weights[i]),
                                    .biases = values_of(member.biases[i])});
    value = writer.add_relu(value);
    if (kLayers[i].pooled) value = writer.add_pooling(value);
  }
  const std::string features = name + "_features";
  writer.add_node({.operation = "GlobalAveragePool", .inputs = {value}, .outputs = {features}, .attributes = {}});
  return writer.add_convolution({.name = name + "_dense",
                                 .input = features,
                                 .outputs = static_cast<std::int64_t>(kDeepClasses),
                                 .inputs = kFeatures,
                                 .kernel = 1,
                                 .padding = 0,
                                 .weights = values_of(member.weights.back()),
                                 .biases = values_of(member.biases.back())});
}

}  // namespace

struct FoldedNetwork::Impl {
  std::vector<Folded> members;
};

FoldedNetwork::FoldedNetwork(std::span<const std::unique_ptr<DeepNetwork>> members) : impl_(std::make_unique<Impl>()) {
  const at::NoGradGuard guard;
  for (const auto& member : members) {
    const DeepNetwork::Impl& from = *member->impl_;
    Folded& folded = impl_->members.emplace_back();
    for (std::size_t i = 0; i < kLayers.size(); ++i) {
      const Parameter* layer = &from.parameters[3 * i];
      const at::Tensor scale = layer[1].mean.div(from.statistics[2 * i + 1].mean.add(kEpsilon).sqrt());
      folded.weights.push_back(rounded_to_half(layer[0].mean.mul(scale.view({-1, 1, 1, 1}))));
      folded.biases.push_back(rounded_to_half(layer[2].mean.sub(from.statistics[2 * i].mean.mul(scale))));
    }
    const Parameter* dense = &from.parameters[3 * kLayers.size()];
    folded.weights.push_back(rounded_to_half(dense[0].mean));
    folded.biases.push_back(rounded_to_half(dense[1].mean));
  }
}

FoldedNetwork::~FoldedNetwork() = default;

at::Tensor FoldedNetwork::probabilities(const at::Tensor& pixels) const {
  const at::NoGradGuard guard;
  at::Tensor sum = at::zeros({pixels.size(0), static_cast<std::int64_t>(kDeepClasses)}, at::kFloat);
  for (const Folded& member : impl_->members) sum.add_(at::softmax(scores_of(member, pixels), 1));
  return sum.div_(static_cast<double>(impl_->members.size()));
}

Result<Bytes> FoldedNetwork::to_onnx(std::string_view name) const {
  OnnxWriter writer(name);
  const std::string pixels = writer.add_image_input(static_cast<std::int64_t>(kDigitSide));
  std::vector<std::string> scores;
  for (std::size_t i = 0; i < impl_->members.size(); ++i) {
    scores.push_back(add_member(impl_->members[i], fmt::format("member_{}", i + 1), pixels, writer));
  }
  writer.add_probabilities(scores, static_cast<std::int64_t>(kDeepClasses));
  return writer.finish();
}

}  // namespace vidi::training
