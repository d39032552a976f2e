// The trainer. `vidi train` runs this program with the same arguments, so its texts speak of `vidi train`.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <string>

#include "training/softmax_job.hpp"

namespace {

namespace training = vidi::training;

constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 128 + SIGINT;

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void interrupt(int /*signal*/) { interrupted = true; }

// The first signal stops the training cleanly, a second one ends the program at once.
void handle_signals() {
  struct sigaction action{};
  action.sa_handler = interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

void add_recipe(CLI::App& command, training::SoftmaxOptions& options) {
  command.add_option("--steps", options.steps, "Steps of gradient descent, one batch each")
      ->capture_default_str()
      ->check(CLI::Range(1UL, 1'000'000'000UL))
      ->type_name("N");
  command.add_option("--rate", options.rate, "Learning rate of the first step")
      ->capture_default_str()
      ->check(CLI::Range(1e-6, 1000.0))
      ->type_name("R");
  const auto set_decay = [&options](const std::string& name) {
    options.decay = name == "linear" ? training::Decay::linear : training::Decay::none;
  };
  command
      .add_option_function<std::string>("--decay", set_decay,
                                        "How the rate changes: none, or linear down to 0 after the last step")
      ->check(CLI::IsMember({"none", "linear"}))
      ->default_str("none")
      ->type_name("HOW");
  command.add_option("--average", options.average, "The part of the steps, the last ones, whose weights are averaged")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("PART");
  command.add_option("--batch", options.batch, "Images in a batch")
      ->capture_default_str()
      ->check(CLI::Range(1UL, 1'000'000UL))
      ->type_name("N");
  command.add_option("--seed", options.seed, "Seed of the order in which the images are drawn")
      ->capture_default_str()
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->type_name("S");
}

void add_softmax(CLI::App& app, training::SoftmaxJob& job) {
  CLI::App* command = app.add_subcommand(
      "softmax", "Softmax regression of digits, 28x28 to 10, as TensorFlow's beginners' tutorial trains it");
  command->footer(
      "The defaults are the tutorial's recipe and reach about 91 % of MNIST's test images. The same data, options and\n"
      "seed give the same files.\n\n"
      "Writes OUT/digits-softmax/VERSION/model.onnx and OUT/digits-softmax/model.toml. Ctrl-C stops without writing.\n"
      "Exit status: 0 written, 1 an error, 2 wrong usage, 130 interrupted.");
  command->add_option("--data", job.data, "The folder of MNIST's four IDX files, plain or gzipped")
      ->required()
      ->type_name("DIR");
  command->add_option("--out", job.models, "The folder of models to write to")->required()->type_name("DIR");
  add_recipe(*command, job.options);
  command
      ->add_option("--validation", job.validation,
                   "Images, the last of the training set, that are held out to measure the model; 0 for none")
      ->capture_default_str()
      ->check(CLI::Range(0UL, 1'000'000'000UL))
      ->type_name("N");
  command->add_option("--model-version", job.version, "The version to write")
      ->capture_default_str()
      ->check(CLI::Range(1U, 1'000'000'000U))
      ->type_name("N");
  command->add_flag("--force", job.force, "Replace the model when that version exists");
}

int run_softmax(const training::SoftmaxJob& job) {
  handle_signals();
  const auto progress = training::make_progress_reporter(std::cerr, isatty(STDERR_FILENO) == 1);
  const auto report = training::run(job, *progress, interrupted);
  if (!report) {
    fmt::print(stderr, "vidi train: {}\n", report.error().message);
    return EXIT_FAILURE;
  }
  if (!report->written) {
    fmt::print(stderr, "vidi train: interrupted; nothing was written\n");
    return kExitInterrupted;
  }
  if (const auto& validation = report->validation) {
    fmt::print("validation accuracy: {:.2f} % of {} held-out training images\n", 100.0 * validation->fraction(),
               vidi::datasets::with_thousands(validation->count));
  }
  fmt::print("accuracy: {}\nwrote {}\nwrote {}\n", vidi::datasets::describe(report->test),
             training::onnx_path(report->destination).string(), training::toml_path(report->destination).string());
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  CLI::App app("Trains a model on MNIST and writes it where `vidi serve` finds it", "vidi train");
  app.require_subcommand(1);
  training::SoftmaxJob softmax;
  add_softmax(app, softmax);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kExitUsage;
  }
  return run_softmax(softmax);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vidi train: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
