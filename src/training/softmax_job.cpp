#include "training/softmax_job.hpp"

#include <fmt/format.h>

#include "datasets/mnist.hpp"
#include "training/model_card.hpp"

namespace vidi::training {
namespace {

struct Data {
  datasets::LabelledImages train;
  datasets::LabelledImages test;
};

Result<Data> load(const SoftmaxJob& job) {
  auto train = datasets::load_mnist(job.data, datasets::Split::train);
  if (!train) return forward_error(train);
  auto test = datasets::load_mnist(job.data, datasets::Split::test);
  if (!test) return forward_error(test);
  if (test->image_size() != train->image_size() || test->rows != train->rows) {
    return fail(ErrorCode::invalid_argument, fmt::format("the test pictures are {}x{} and the training pictures {}x{}",
                                                         test->columns, test->rows, train->columns, train->rows));
  }
  if (job.validation >= train->size()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} images cannot be held out of {}", job.validation, train->size()));
  }
  return Data{*std::move(train), *std::move(test)};
}

std::string describe_data(const SoftmaxJob& job, const datasets::LabelledImages& train) {
  std::string text = fmt::format("MNIST, {} training images", datasets::with_thousands(train.size()));
  if (job.validation != 0) {
    text += fmt::format(", the last {} held out for validation", datasets::with_thousands(job.validation));
  }
  return text;
}

ModelCard make_card(const SoftmaxJob& job, const SoftmaxReport& report, const datasets::LabelledImages& train) {
  return ModelCard{.name = report.destination.name,
                   .description = "Softmax regression on MNIST, as TensorFlow's beginners' tutorial trains it",
                   .labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                   .training = {.recipe = "softmax",
                                .command = command_of(job),
                                .seed = job.options.seed,
                                .steps = job.options.steps,
                                .data = describe_data(job, train),
                                .data_digest = train.digest,
                                .validation = report.validation,
                                .test = report.test}};
}

}  // namespace

std::string command_of(const SoftmaxJob& job) {
  const SoftmaxOptions& options = job.options;
  std::string command = fmt::format("vidi train softmax --data DIR --out models --steps {} --rate {} --batch {}",
                                    options.steps, options.rate, options.batch);
  if (options.decay == Decay::linear) command += " --decay linear";
  if (options.average != 0.0) command += fmt::format(" --average {}", options.average);
  command += fmt::format(" --validation {} --seed {}", job.validation, options.seed);
  if (job.version != 1) command += fmt::format(" --model-version {}", job.version);
  return command;
}

Result<SoftmaxReport> run(const SoftmaxJob& job, ProgressReporter& progress, const std::atomic<bool>& stop) {
  SoftmaxReport report;
  report.destination = {.root = job.models, .name = "digits-softmax", .version = job.version, .force = job.force};
  if (auto good = check_destination(report.destination); !good) return forward_error(good);
  auto data = load(job);
  if (!data) return forward_error(data);
  const std::size_t trained = data->train.size() - job.validation;
  auto model = train_softmax({&data->train, 0, trained}, job.options, progress, stop);
  if (!model) return forward_error(model);
  if (stop) return report;
  if (job.validation != 0) report.validation = evaluate(*model, {&data->train, trained, job.validation});
  report.test = evaluate(*model, {&data->test, 0, data->test.size()});
  auto onnx = to_onnx(*model);
  if (!onnx) return forward_error(onnx);
  if (stop) return report;
  auto written = write_model(report.destination, *onnx, to_toml(make_card(job, report, data->train)));
  if (!written) return forward_error(written);
  report.written = true;
  return report;
}

}  // namespace vidi::training
