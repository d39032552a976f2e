#include "recipes/cnn.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "onnx_writing/onnx_writer.hpp"
#include "recipes/check_onnx.hpp"
#include "recipes/schedule.hpp"
#include "recipes/tensors.hpp"

namespace vidi::recipes {
namespace {

using onnx_writing::OnnxWriter;

struct Layer {
  const char* name;
  std::int64_t inputs;
  std::int64_t outputs;
  std::int64_t kernel;
  std::int64_t padding;
};

// The dense layers are trained as convolutions without padding, 7x7 over the whole of the last pooling's output and
// then 1x1: the same sums, which libtorch computes ten times as fast with Debian's BLAS. The file has them as matrix
// products, which OpenVINO computes in batches three times as fast.
constexpr std::array<Layer, 4> kLayers{{{"convolution_1", 1, 32, 5, 2},
                                        {"convolution_2", 32, 64, 5, 2},
                                        {"dense_1", 64, 1024, 7, 0},
                                        {"dense_2", 1024, 10, 1, 0}}};

// A tensor of weights or biases, and what Adam remembers of its gradients.
struct Parameter {
  std::string name;
  at::Tensor value;
  at::Tensor mean;     // of the gradient
  at::Tensor square;   // mean of its square
  at::Tensor average;  // of the value in the steps that count for the result
};

std::vector<Parameter> draw_parameters(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Parameter> parameters;
  const auto add = [&](const std::string& name, const at::Tensor& value) {
    parameters.push_back({name, value, at::zeros_like(value), at::zeros_like(value), at::zeros_like(value)});
    parameters.back().value.set_requires_grad(true);
  };
  for (const Layer& layer : kLayers) {
    add(fmt::format("{}_weights", layer.name),
        random_normal({layer.outputs, layer.inputs, layer.kernel, layer.kernel}, 0.1, true, random));
    add(fmt::format("{}_biases", layer.name), at::full({layer.outputs}, 0.1, at::kFloat));
  }
  return parameters;
}

// Which outputs of the dense layer a step keeps: 0, or the factor that makes up for those left out.
at::Tensor draw_dropout(std::int64_t count, double dropout, std::uint64_t seed) {
  at::Tensor mask = at::empty({count, kLayers[2].outputs, 1, 1}, at::kFloat);
  mask.bernoulli_(1.0 - dropout, at::make_generator<at::CPUGeneratorImpl>(seed));
  return mask.div_(1.0 - dropout);
}

// `pixels` (n, 784), `weights` in the layers' order, each layer's biases after its weights; scores (n, 10).
at::Tensor scores_of(const at::Tensor& pixels, const std::vector<at::Tensor>& weights, const at::Tensor* dropout) {
  const auto apply = [&](std::size_t layer, const at::Tensor& input) {
    return at::conv2d(input, weights[2 * layer], weights[2 * layer + 1], 1, kLayers[layer].padding);
  };
  constexpr auto kSide = static_cast<std::int64_t>(kDigitSide);
  at::Tensor values = pixels.view({-1, 1, kSide, kSide});
  values = at::max_pool2d(at::relu(apply(0, values)), 2);
  values = at::max_pool2d(at::relu(apply(1, values)), 2);
  values = at::relu(apply(2, values));
  if (dropout != nullptr) values = values.mul(*dropout);
  return apply(3, values).flatten(1);
}

class CnnTrainee final : public Trainee {
 public:
  CnnTrainee(const ImageRange& images, const CnnOptions& options)
      : images_(images),
        options_(options),
        shuffler_(images.count, options.seed),
        parameters_(draw_parameters(options.seed)) {}

  Result<StepResult> step(std::size_t number) override {
    const auto indices = shuffler_.batch(number, options_.batch);
    const at::Tensor labels = labels_of(images_, indices);
    const at::Tensor dropout =
        draw_dropout(static_cast<std::int64_t>(indices.size()), options_.dropout, options_.seed + number);
    const at::Tensor scores = scores_of(pixels_of(images_, indices), values(), &dropout);
    const at::Tensor loss = at::cross_entropy_loss(scores, labels);
    loss.backward();
    descend(static_cast<double>(number + 1));
    if (number >= first_averaged_step(options_.steps, options_.average)) {
      for (Parameter& parameter : parameters_) add_to_mean(parameter.average, parameter.value, averaged_);
      averaged_ += 1.0F;
    }
    return StepResult{.loss = loss.item<float>(), .accuracy = accuracy_of(scores, labels)};
  }

  std::vector<NamedValues> state() override {
    std::vector<NamedValues> state;
    for (const Parameter& parameter : parameters_) {
      state.push_back({parameter.name, values_of(parameter.value)});
      state.push_back({parameter.name + "_mean", values_of(parameter.mean)});
      state.push_back({parameter.name + "_square", values_of(parameter.square)});
      state.push_back({parameter.name + "_average", values_of(parameter.average)});
    }
    state.push_back({"averaged", {&averaged_, 1}});
    return state;
  }

  // The average, or what the weights are when nothing was added to it.
  [[nodiscard]] std::vector<at::Tensor> result() const {
    std::vector<at::Tensor> values;
    for (const Parameter& parameter : parameters_) {
      values.push_back(averaged_ == 0.0F ? parameter.value : parameter.average);
    }
    return values;
  }

 private:
  [[nodiscard]] std::vector<at::Tensor> values() const {
    std::vector<at::Tensor> values;
    for (const Parameter& parameter : parameters_) values.push_back(parameter.value);
    return values;
  }

  // Adam as TensorFlow computes it (Kingma and Ba 2015, the end of section 2), with its defaults.
  void descend(double step) {
    constexpr double kMeanDecay = 0.9;
    constexpr double kSquareDecay = 0.999;
    constexpr double kEpsilon = 1e-8;
    const at::NoGradGuard guard;
    const double rate =
        options_.rate * std::sqrt(1.0 - std::pow(kSquareDecay, step)) / (1.0 - std::pow(kMeanDecay, step));
    for (Parameter& parameter : parameters_) {
      const at::Tensor& gradient = parameter.value.grad();
      parameter.mean.mul_(kMeanDecay).add_(gradient, 1.0 - kMeanDecay);
      parameter.square.mul_(kSquareDecay).addcmul_(gradient, gradient, 1.0 - kSquareDecay);
      parameter.value.addcdiv_(parameter.mean, parameter.square.sqrt().add_(kEpsilon), -rate);
      parameter.value.mutable_grad().reset();
    }
  }

  const ImageRange images_;
  const CnnOptions options_;
  EpochShuffler shuffler_;
  float averaged_ = 0.0F;  // steps
  std::vector<Parameter> parameters_;
};

Result<void> check(const ImageRange& images, const CnnOptions& options) {
  const auto refuse = [](const std::string& message) { return fail(ErrorCode::invalid_argument, message); };
  if (auto good = check_steps("steps", options.steps); !good) return good;
  if (auto good = check_rate(options.rate); !good) return good;
  if (!(options.dropout >= 0.0 && options.dropout < 1.0)) {
    return refuse(fmt::format("the part to leave out is {}; it must be from 0 to less than 1", options.dropout));
  }
  if (auto good = check_average(options.average); !good) return good;
  return check_batch(options.batch, 1, images.count);
}

class CnnRecipe final : public Recipe {
 public:
  explicit CnnRecipe(const CnnOptions& options) : options_(options) {}

  [[nodiscard]] std::string_view name() const override { return "cnn"; }
  [[nodiscard]] std::string_view model() const override { return "digits-cnn"; }

  [[nodiscard]] std::string options() const override {
    std::string text = fmt::format(" --steps {} --rate {} --batch {} --dropout {}", options_.steps, options_.rate,
                                   options_.batch, options_.dropout);
    if (options_.average != 0.0) text += fmt::format(" --average {}", options_.average);
    return text + fmt::format(" --seed {}", options_.seed);
  }

  Result<void> train(const ImageRange& images, const ImageRange& /*held_out*/, const Session& session) override {
    if (auto good = check(images, options_); !good) return good;
    at::set_num_threads(options_.threads);
    CnnTrainee trainee(images, options_);
    if (auto done = run_steps(trainee, options_.steps, session); !done) return done;
    for (const at::Tensor& value : trainee.result()) weights_.push_back(rounded_to_half(value));
    return {};
  }

  datasets::Accuracy evaluate(const ImageRange& images) override {
    return measure(images, [&](const at::Tensor& pixels) { return scores_of(pixels, weights_, nullptr); });
  }

  // Input `image` (n, 28, 28, 1), 0..1, light on dark; output `probabilities` (n, 10).
  Result<Bytes> to_onnx() override {
    OnnxWriter writer("digits-cnn");
    std::string value = writer.add_image_input(static_cast<std::int64_t>(kDigitSide));
    for (const std::size_t i : {0U, 1U}) {
      value = writer.add_pooling(writer.add_relu(add_convolution(writer, i, value)));
    }
    value = writer.add_relu(add_dense(writer, 2, value));
    value = add_dense(writer, 3, value);
    writer.add_softmax(value, "probabilities");
    writer.add_output("probabilities", {"n", static_cast<std::int64_t>(kDigitClasses)});
    return finish_checked(writer);
  }

  void describe(ModelCard& card) const override {
    card.description =
        "Two convolutions and a dense layer on MNIST, as TensorFlow's \"Deep MNIST for experts\" trains them";
    card.training.seed = options_.seed;
    card.training.steps = options_.steps;
  }

 private:
  std::string add_convolution(OnnxWriter& writer, std::size_t i, const std::string& input) const {
    const Layer& layer = kLayers[i];
    return writer.add_convolution({.name = layer.name,
                                   .input = input,
                                   .outputs = layer.outputs,
                                   .inputs = layer.inputs,
                                   .kernel = layer.kernel,
                                   .padding = layer.padding,
                                   .weights = values_of(weights_[2 * i]),
                                   .biases = values_of(weights_[2 * i + 1])});
  }

  std::string add_dense(OnnxWriter& writer, std::size_t i, const std::string& input) const {
    const Layer& layer = kLayers[i];
    return writer.add_dense({.name = layer.name,
                             .input = input,
                             .outputs = layer.outputs,
                             .inputs = layer.inputs * layer.kernel * layer.kernel,
                             .weights = values_of(weights_[2 * i]),
                             .biases = values_of(weights_[2 * i + 1])});
  }

  const CnnOptions options_;
  std::vector<at::Tensor> weights_;
};

}  // namespace

std::unique_ptr<Recipe> make_cnn_recipe(const CnnOptions& options) { return std::make_unique<CnnRecipe>(options); }

}  // namespace vidi::recipes
