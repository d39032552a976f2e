#include "recipes/deep_network.hpp"

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
#include <span>
#include <string>
#include <utility>

#include "onnx_writing/onnx_writer.hpp"
#include "recipes/tensors.hpp"

namespace vidi::recipes {
namespace {

struct Layer {
  std::int64_t inputs;
  std::int64_t outputs;
  bool pooled;  // by 2 after it
};

constexpr std::size_t kLayers = 6;

// Twice as many channels after each pooling.
std::array<Layer, kLayers> layers_of(std::int64_t channels) {
  return {{{1, channels, false},
           {channels, channels, true},
           {channels, 2 * channels, false},
           {2 * channels, 2 * channels, true},
           {2 * channels, 4 * channels, false},
           {4 * channels, 4 * channels, false}}};
}

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
  std::array<Layer, kLayers> layers;
  std::vector<Parameter> parameters;  // of each layer weights, scale, shift; then the dense layer's weights, biases
  std::vector<Statistic> statistics;  // of each layer mean, variance

  void add(const std::string& name, const at::Tensor& value, bool decayed) {
    parameters.push_back({name, decayed, value, at::zeros_like(value), value.clone()});
    parameters.back().value.set_requires_grad(true);
  }
};

DeepNetwork::DeepNetwork(std::uint64_t seed, std::size_t channels)
    : impl_(std::make_unique<Impl>(layers_of(static_cast<std::int64_t>(channels)))) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i < kLayers; ++i) {
    const auto [inputs, outputs, pooled] = impl_->layers[i];
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
  impl_->add("dense_weights", random_normal({kClasses, impl_->layers.back().outputs, 1, 1}, 0.05, false, random), true);
  impl_->add("dense_biases", at::zeros({kClasses}, at::kFloat), false);
}

DeepNetwork::~DeepNetwork() = default;

at::Tensor DeepNetwork::scores(const at::Tensor& pixels, bool half) {
  const auto narrow = [&](const at::Tensor& tensor) { return half ? tensor.to(at::kBFloat16) : tensor; };
  at::Tensor values = narrow(as_pictures(pixels)).contiguous(at::MemoryFormat::ChannelsLast);
  for (std::size_t i = 0; i < kLayers; ++i) {
    constexpr double kMomentum = 0.1;
    const Parameter* layer = &impl_->parameters[3 * i];
    values = at::conv2d(values, narrow(layer[0].value).contiguous(at::MemoryFormat::ChannelsLast), {}, 1, kKernel / 2);
    values = at::batch_norm(values, layer[1].value, layer[2].value, impl_->statistics[2 * i].value,
                            impl_->statistics[2 * i + 1].value, true, kMomentum, kEpsilon, false);
    values = at::relu(values);
    if (impl_->layers[i].pooled) values = at::max_pool2d(values, 2);
  }
  values = values.to(at::kFloat).mean(at::IntArrayRef{2, 3}, true);
  const Parameter* dense = &impl_->parameters[3 * kLayers];
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

FoldedNetwork DeepNetwork::fold() const {
  const at::NoGradGuard guard;
  FoldedNetwork folded;
  const auto add = [&](const at::Tensor& weights, const at::Tensor& biases, bool pooled) {
    folded.layers.push_back({rounded_to_half(weights), rounded_to_half(biases), pooled});
  };
  for (std::size_t i = 0; i < kLayers; ++i) {
    const Parameter* layer = &impl_->parameters[3 * i];
    const at::Tensor scale = layer[1].mean.div(impl_->statistics[2 * i + 1].mean.add(kEpsilon).sqrt());
    add(layer[0].mean.mul(scale.view({-1, 1, 1, 1})), layer[2].mean.sub(impl_->statistics[2 * i].mean.mul(scale)),
        impl_->layers[i].pooled);
  }
  const Parameter* dense = &impl_->parameters[3 * kLayers];
  add(dense[0].mean, dense[1].mean, false);
  return folded;
}

at::Tensor FoldedNetwork::probabilities(const at::Tensor& pixels) const {
  const at::NoGradGuard guard;
  at::Tensor values = as_pictures(pixels);
  for (const FoldedLayer& layer : std::span(layers).first(layers.size() - 1)) {
    values = at::relu(at::conv2d(values, layer.weights, layer.biases, 1, kKernel / 2));
    if (layer.pooled) values = at::max_pool2d(values, 2);
  }
  values = values.mean(at::IntArrayRef{2, 3}, true);
  return at::softmax(at::conv2d(values, layers.back().weights, layers.back().biases).flatten(1), 1);
}

void FoldedNetwork::add_to(onnx_writing::OnnxWriter& writer, const std::string& pixels, const std::string& name) const {
  const auto add = [&](const FoldedLayer& layer, const std::string& part, const std::string& input) {
    const std::int64_t kernel = layer.weights.size(2);
    return writer.add_convolution({.name = fmt::format("{}_{}", name, part),
                                   .input = input,
                                   .outputs = layer.weights.size(0),
                                   .inputs = layer.weights.size(1),
                                   .kernel = kernel,
                                   .padding = kernel / 2,
                                   .weights = values_of(layer.weights),
                                   .biases = values_of(layer.biases)});
  };
  std::string value = pixels;
  for (std::size_t i = 0; i + 1 < layers.size(); ++i) {
    value = writer.add_relu(add(layers[i], fmt::format("convolution_{}", i + 1), value));
    if (layers[i].pooled) value = writer.add_pooling(value);
  }
  const std::string features = name + "_features";
  writer.add_node({.operation = "GlobalAveragePool", .inputs = {value}, .outputs = {features}, .attributes = {}});
  writer.add_softmax(add(layers.back(), "dense", features), name);
}

}  // namespace vidi::recipes
