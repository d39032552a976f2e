#include "recipes/softmax.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "onnx_writing/onnx_writer.hpp"
#include "recipes/check_onnx.hpp"
#include "recipes/schedule.hpp"
#include "recipes/tensors.hpp"

namespace vidi::recipes {
namespace {

using onnx_writing::OnnxWriter;

Result<void> check(const ImageRange& images, const SoftmaxOptions& options) {
  const auto refuse = [](const std::string& message) { return fail(ErrorCode::invalid_argument, message); };
  if (images.images->rows != kDigitSide || images.images->columns != kDigitSide) {
    return refuse(fmt::format("the pictures are {}x{}; softmax regression of digits takes 28x28",
                              images.images->columns, images.images->rows));
  }
  if (auto good = check_steps("steps", options.steps); !good) return good;
  if (auto good = check_rate(options.rate); !good) return good;
  if (auto good = check_average(options.average); !good) return good;
  return check_batch(options.batch, 1, images.count);
}

double rate_of(const SoftmaxOptions& options, std::size_t step) {
  if (options.decay == Decay::none) return options.rate;
  return options.rate * (1.0 - static_cast<double>(step) / static_cast<double>(options.steps));
}

// W, b, and the sums of what they were in the steps that count for the result.
class SoftmaxTrainee final : public Trainee {
 public:
  SoftmaxTrainee(const ImageRange& images, const SoftmaxOptions& options)
      : images_(images), options_(options), shuffler_(images.count, options.seed) {}

  Result<StepResult> step(std::size_t number) override {
    const auto indices = shuffler_.batch(number, options_.batch);
    const at::Tensor labels = labels_of(images_, indices);
    const at::Tensor scores = at::addmm(biases_, pixels_of(images_, indices), weights_);
    const at::Tensor loss = at::cross_entropy_loss(scores, labels);
    loss.backward();
    descend(rate_of(options_, number));
    if (number >= first_averaged_step(options_.steps, options_.average)) {
      add_to_mean(mean_weights_, weights_, averaged_);
      add_to_mean(mean_biases_, biases_, averaged_);
      averaged_ += 1.0F;
    }
    return StepResult{.loss = loss.item<float>(), .accuracy = accuracy_of(scores, labels)};
  }

  std::vector<NamedValues> state() override {
    return {{"weights", values_of(weights_)},
            {"biases", values_of(biases_)},
            {"mean_weights", values_of(mean_weights_)},
            {"mean_biases", values_of(mean_biases_)},
            {"averaged", {&averaged_, 1}}};
  }

  // The mean, or what the parameters are when nothing was added to it.
  [[nodiscard]] SoftmaxRegression result() const {
    const bool averaged = averaged_ != 0.0F;
    const auto copy = [](std::span<const float> values) { return std::vector<float>(values.begin(), values.end()); };
    return {.weights = copy(values_of(averaged ? mean_weights_ : weights_)),
            .biases = copy(values_of(averaged ? mean_biases_ : biases_))};
  }

 private:
  // One step of gradient descent. The gradients are those of the last backward pass.
  void descend(double rate) {
    const at::NoGradGuard guard;
    for (at::Tensor* parameter : {&weights_, &biases_}) {
      parameter->sub_(parameter->grad(), rate);
      parameter->mutable_grad().reset();
    }
  }

  const ImageRange images_;
  const SoftmaxOptions options_;
  EpochShuffler shuffler_;
  at::Tensor weights_ = at::zeros({kDigitPixels, kDigitClasses}, at::kFloat).set_requires_grad(true);
  at::Tensor biases_ = at::zeros({kDigitClasses}, at::kFloat).set_requires_grad(true);
  at::Tensor mean_weights_ = at::zeros({kDigitPixels, kDigitClasses}, at::kFloat);
  at::Tensor mean_biases_ = at::zeros({kDigitClasses}, at::kFloat);
  float averaged_ = 0.0F;  // steps
};

// Sums of floats depend on how they are split among threads and vector registers: one thread does them all, with the
// instructions that every processor has. ATen reads the variable once, when it first computes something.
void make_deterministic() {
  setenv("ATEN_CPU_CAPABILITY", "default", 1);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  at::globalContext().setDeterministicAlgorithms(true, false);
  at::set_num_threads(1);
}

}  // namespace

Result<SoftmaxRegression> train_softmax(const ImageRange& images, const SoftmaxOptions& options,
                                        const Session& session) {
  if (auto good = check(images, options); !good) return forward_error(good);
  make_deterministic();
  SoftmaxTrainee trainee(images, options);
  if (auto done = run_steps(trainee, options.steps, session); !done) return forward_error(done);
  return trainee.result();
}

datasets::Accuracy evaluate(const SoftmaxRegression& model, const ImageRange& images) {
  const auto view = [](const std::vector<float>& values, at::IntArrayRef shape) {
    return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);  // NOLINT: it is only read
  };
  const at::Tensor weights = view(model.weights, {kDigitPixels, kDigitClasses});
  const at::Tensor biases = view(model.biases, {kDigitClasses});
  return measure(images, [&](const at::Tensor& pixels) { return at::addmm(biases, pixels, weights); });
}

Result<Bytes> to_onnx(const SoftmaxRegression& model) {
  constexpr auto kSide = static_cast<std::int64_t>(kDigitSide);
  constexpr auto kPixels = static_cast<std::int64_t>(kDigitPixels);
  constexpr auto kClasses = static_cast<std::int64_t>(kDigitClasses);
  OnnxWriter writer("digits-softmax");
  writer.add_input("image", {"n", kSide, kSide, std::int64_t{1}});
  writer.add_constant("weights", {kPixels, kClasses}, model.weights);
  writer.add_constant("biases", {kClasses}, model.biases);
  writer.add_node({.operation = "Flatten",
                   .inputs = {"image"},
                   .outputs = {"pixels"},
                   .attributes = {{.name = "axis", .value = std::int64_t{1}}}});
  writer.add_node(
      {.operation = "Gemm", .inputs = {"pixels", "weights", "biases"}, .outputs = {"scores"}, .attributes = {}});
  writer.add_node({.operation = "Softmax",
                   .inputs = {"scores"},
                   .outputs = {"probabilities"},
                   .attributes = {{.name = "axis", .value = std::int64_t{1}}}});
  writer.add_output("probabilities", {"n", kClasses});
  return finish_checked(writer);
}

namespace {

class SoftmaxRecipe final : public Recipe {
 public:
  explicit SoftmaxRecipe(const SoftmaxOptions& options) : options_(options) {}

  [[nodiscard]] std::string_view name() const override { return "softmax"; }
  [[nodiscard]] std::string_view model() const override { return "digits-softmax"; }

  [[nodiscard]] std::string options() const override {
    std::string text = fmt::format(" --steps {} --rate {} --batch {}", options_.steps, options_.rate, options_.batch);
    if (options_.decay == Decay::linear) text += " --decay linear";
    if (options_.average != 0.0) text += fmt::format(" --average {}", options_.average);
    return text + fmt::format(" --seed {}", options_.seed);
  }

  Result<void> train(const ImageRange& images, const ImageRange& /*held_out*/, const Session& session) override {
    auto trained = train_softmax(images, options_, session);
    if (!trained) return forward_error(trained);
    model_ = *std::move(trained);
    return {};
  }

  datasets::Accuracy evaluate(const ImageRange& images) override { return recipes::evaluate(model_, images); }

  Result<Bytes> to_onnx() override { return recipes::to_onnx(model_); }

  void describe(ModelCard& card) const override {
    card.description = "Softmax regression on MNIST, as TensorFlow's beginners' tutorial trains it";
    card.training.seed = options_.seed;
    card.training.steps = options_.steps;
  }

 private:
  const SoftmaxOptions options_;
  SoftmaxRegression model_;
};

}  // namespace

std::unique_ptr<Recipe> make_softmax_recipe(const SoftmaxOptions& options) {
  return std::make_unique<SoftmaxRecipe>(options);
}

}  // namespace vidi::recipes
