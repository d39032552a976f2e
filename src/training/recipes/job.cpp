#include "recipes/job.hpp"

#include <fmt/format.h>

#include "datasets/mnist.hpp"
#include "recipes/checkpoint.hpp"
#include "recipes/model_card.hpp"

namespace vidi::recipes {
namespace {

Result<datasets::LabeledImages> load(const Job& job, datasets::Split split) {
  auto images = datasets::load_mnist(job.data, split);
  if (!images) return forward_error(images);
  if (images->rows != kDigitSide || images->columns != kDigitSide) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the pictures are {}x{}; digits are trained on 28x28", images->columns, images->rows));
  }
  return images;
}

std::string describe_data(const Job& job, const datasets::LabeledImages& train) {
  std::string text = fmt::format("MNIST, {} training images", datasets::with_thousands(train.size()));
  if (job.validation != 0) {
    text += fmt::format(", the last {} held out for validation", datasets::with_thousands(job.validation));
  }
  return text;
}

ModelCard make_card(const Job& job, const Recipe& recipe, const Report& report, const datasets::LabeledImages& train) {
  ModelCard card{.name = report.destination.name,
                 .labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"},
                 .training = {.recipe = std::string(recipe.name()),
                              .command = command_of(job, recipe),
                              .data = describe_data(job, train),
                              .data_digest = train.digest,
                              .validation = report.validation,
                              .test = report.test}};
  recipe.describe(card);
  return card;
}

// Hidden, and no folder: the server does not take it for a model.
std::filesystem::path checkpoint_path(const model_writing::Destination& destination) {
  return destination.root / fmt::format(".{}-{}.checkpoint", destination.name, destination.version);
}

}  // namespace

std::string command_of(const Job& job, const Recipe& recipe) {
  std::string command = fmt::format("vidi train {} --data DIR --out models{} --validation {}", recipe.name(),
                                    recipe.options(), job.validation);
  if (job.version != 1) command += fmt::format(" --model-version {}", job.version);
  return command;
}

Result<Report> run(const Job& job, Recipe& recipe, ProgressReporter& progress, const std::atomic<bool>& stop) {
  Report report;
  report.destination = {
      .root = job.models, .name = std::string(recipe.model()), .version = job.version, .force = job.force};
  report.checkpoint = checkpoint_path(report.destination);
  if (auto good = model_writing::check_destination(report.destination); !good) return forward_error(good);
  auto train = load(job, datasets::Split::train);
  if (!train) return forward_error(train);
  if (job.validation >= train->size()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} images cannot be held out of {}", job.validation, train->size()));
  }
  auto test = load(job, datasets::Split::test);
  if (!test) return forward_error(test);
  const std::size_t trained = train->size() - job.validation;
  const ImageRange held_out{&*train, trained, job.validation};
  const CheckpointFile checkpoint(report.checkpoint,
                                  fmt::format("{}, data {}", command_of(job, recipe), to_string(train->digest)));
  const Session session{
      .progress = progress, .stop = stop, .checkpoint = &checkpoint, .interval = job.checkpoint_interval};
  auto done = recipe.train({&*train, 0, trained}, held_out, session);
  if (!done) return forward_error(done);
  if (stop) return report;
  if (job.validation != 0) report.validation = recipe.evaluate(held_out);
  report.test = recipe.evaluate({&*test, 0, test->size()});
  auto onnx = recipe.to_onnx();
  if (!onnx) return forward_error(onnx);
  if (stop) return report;
  const ModelCard card = make_card(job, recipe, report, *train);
  report.figures = card.training.figures;
  auto written = model_writing::write_model(report.destination, *onnx, to_toml(card));
  if (!written) return forward_error(written);
  checkpoint.remove();
  report.written = true;
  return report;
}

}  // namespace vidi::recipes
