#include "training/softmax.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "training/onnx_writer.hpp"

namespace vidi::training {
namespace {

struct Batch {
  at::Tensor images;  // (n, 784), 0..1
  at::Tensor labels;  // (n)
};

Batch make_batch(const ImageRange& range, std::span<const std::size_t> indices) {
  const auto count = static_cast<std::int64_t>(indices.size());
  Batch batch{.images = at::empty({count, kDigitPixels}, at::kFloat), .labels = at::empty({count}, at::kLong)};
  auto* pixel = batch.images.data_ptr<float>();
  auto* label = batch.labels.data_ptr<std::int64_t>();
  for (const std::size_t index : indices) {
    pixel = std::ranges::transform(range.image(index), pixel, [](std::uint8_t value) {
              return static_cast<float>(value) * (1.0F / 255.0F);
            }).out;
    *label++ = range.label(index);
  }
  return batch;
}

double accuracy_of(const at::Tensor& scores, const at::Tensor& labels) {
  return static_cast<double>(scores.argmax(1).eq(labels).sum().item<std::int64_t>()) /
         static_cast<double>(labels.size(0));
}

// The mean of every set of parameters it is shown.
class RunningMean {
 public:
  void add(const at::Tensor& value) {
    ++count_;
    if (count_ == 1) {
      mean_ = value.detach().clone();
    } else {
      mean_.add_(at::sub(value.detach(), mean_), 1.0 / static_cast<double>(count_));
    }
  }
  [[nodiscard]] const at::Tensor& value_or(const at::Tensor& other) const { return count_ == 0 ? other : mean_; }

 private:
  at::Tensor mean_;
  std::size_t count_ = 0;
};

// W, b, and the mean of what they were.
class Parameters {
 public:
  Parameters()
      : weights_(at::zeros({kDigitPixels, kDigitClasses}, at::kFloat).set_requires_grad(true)),
        biases_(at::zeros({kDigitClasses}, at::kFloat).set_requires_grad(true)) {}

  [[nodiscard]] at::Tensor scores(const at::Tensor& images) const { return at::addmm(biases_, images, weights_); }

  // One step of gradient descent. The gradients are those of the last backward pass.
  void descend(double rate) {
    const at::NoGradGuard guard;
    for (at::Tensor* parameter : {&weights_, &biases_}) {
      parameter->sub_(parameter->grad(), rate);
      parameter->mutable_grad().reset();
    }
  }

  void add_to_mean() {
    mean_weights_.add(weights_);
    mean_biases_.add(biases_);
  }

  // The mean, or what the parameters are when nothing was added to it.
  [[nodiscard]] SoftmaxRegression result() const {
    const auto values = [](const at::Tensor& tensor) {
      const auto* begin = tensor.data_ptr<float>();
      return std::vector<float>(begin, begin + tensor.numel());
    };
    return {.weights = values(mean_weights_.value_or(weights_)), .biases = values(mean_biases_.value_or(biases_))};
  }

 private:
  at::Tensor weights_;
  at::Tensor biases_;
  RunningMean mean_weights_;
  RunningMean mean_biases_;
};

Result<void> check(const ImageRange& images, const SoftmaxOptions& options) {
  const auto refuse = [](const std::string& message) { return fail(ErrorCode::invalid_argument, message); };
  if (images.images->rows != kDigitSide || images.images->columns != kDigitSide) {
    return refuse(fmt::format("the pictures are {}x{}; softmax regression of digits takes 28x28",
                              images.images->columns, images.images->rows));
  }
  if (options.steps == 0) return refuse("no steps to train: at least 1 is needed");
  if (!(options.rate > 0.0) || !std::isfinite(options.rate)) {
    return refuse(fmt::format("the learning rate is {}; it must be greater than 0", options.rate));
  }
  if (!(options.average >= 0.0 && options.average <= 1.0)) {
    return refuse(fmt::format("the part of the steps to average is {}; it must be from 0 to 1", options.average));
  }
  if (options.batch == 0 || options.batch > images.count) {
    return refuse(fmt::format("batches of {} cannot be drawn from {} training images; from 1 to {} would do",
                              options.batch, images.count, images.count));
  }
  return {};
}

double rate_of(const SoftmaxOptions& options, std::size_t step) {
  if (options.decay == Decay::none) return options.rate;
  return options.rate * (1.0 - static_cast<double>(step) / static_cast<double>(options.steps));
}

// The first step whose weights count for the result, at most the last.
std::size_t first_averaged_step(const SoftmaxOptions& options) {
  const auto averaged = static_cast<std::size_t>(std::llround(options.average * static_cast<double>(options.steps)));
  return options.steps - std::max<std::size_t>(averaged, 1);
}

// Sums of floats depend on how they are split among threads and vector registers: one thread does them all, with the
// instructions that every processor has. ATen reads the variable once, when it first computes something.
void make_deterministic() {
  setenv("ATEN_CPU_CAPABILITY", "default", 1);  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  at::globalContext().setDeterministicAlgorithms(true, false);
  at::set_num_threads(1);
}

}  // namespace

Result<SoftmaxRegression> train_softmax(const ImageRange& images, const SoftmaxOptions& options,
                                        ProgressReporter& progress, const std::atomic<bool>& stop) {
  if (auto good = check(images, options); !good) return forward_error(good);
  make_deterministic();
  EpochShuffler shuffler(images.count, options.seed);
  Parameters parameters;
  const std::size_t first_averaged = first_averaged_step(options);
  for (std::size_t step = 0; step < options.steps && !stop; ++step) {
    const Batch batch = make_batch(images, shuffler.next(options.batch));
    const at::Tensor scores = parameters.scores(batch.images);
    const at::Tensor loss = at::cross_entropy_loss(scores, batch.labels);
    loss.backward();
    parameters.descend(rate_of(options, step));
    if (step >= first_averaged) parameters.add_to_mean();
    progress.report({.step = step + 1,
                     .steps = options.steps,
                     .loss = loss.item<float>(),
                     .accuracy = accuracy_of(scores, batch.labels)});
  }
  progress.finish();
  return parameters.result();
}

datasets::Accuracy evaluate(const SoftmaxRegression& model, const ImageRange& images) {
  constexpr std::size_t kChunk = 1000;
  const at::NoGradGuard guard;
  const auto view = [](const std::vector<float>& values, at::IntArrayRef shape) {
    return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);  // NOLINT: it is only read
  };
  const at::Tensor weights = view(model.weights, {kDigitPixels, kDigitClasses});
  const at::Tensor biases = view(model.biases, {kDigitClasses});
  datasets::Accuracy accuracy{.correct = 0, .count = images.count};
  std::vector<std::size_t> indices;
  for (std::size_t first = 0; first < images.count; first += kChunk) {
    indices.resize(std::min(kChunk, images.count - first));
    std::iota(indices.begin(), indices.end(), first);
    const Batch batch = make_batch(images, indices);
    const at::Tensor right = at::addmm(biases, batch.images, weights).argmax(1).eq(batch.labels);
    accuracy.correct += static_cast<std::size_t>(right.sum().item<std::int64_t>());
  }
  return accuracy;
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
  return writer.finish();
}

}  // namespace vidi::training
