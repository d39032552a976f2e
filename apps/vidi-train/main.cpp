// The trainer. `vidi train` runs this program with the same arguments, so its texts speak of `vidi train`.

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>

#include "command_line/command.hpp"
#include "commands.hpp"

namespace {

namespace recipes = vidi::recipes;

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

// Threads of OpenMP that wait by spinning take a third of the time from those that work, and the library reads its
// environment before main() begins: the program starts itself again with what it needs.
void set_openmp_environment(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  setenv("OMP_WAIT_POLICY", "passive", 1);                // NOLINT(concurrency-mt-unsafe)
  setenv("OPENBLAS_NUM_THREADS", "1", 0);                 // NOLINT(concurrency-mt-unsafe)
  execv("/proc/self/exe", argv);                          // when it fails, the training is only slower
}

int report_interruption(const recipes::Report& report) {
  if (std::filesystem::exists(report.checkpoint)) {
    fmt::print(stderr, "vidi train: interrupted; the same command goes on from {}\n", report.checkpoint.string());
  } else {
    fmt::print(stderr, "vidi train: interrupted; nothing was written\n");
  }
  return kExitInterrupted;
}

int train(const recipes::Job& job, recipes::Recipe& recipe) {
  handle_signals();
  const auto progress = recipes::make_progress_reporter(std::cerr, isatty(STDERR_FILENO) == 1);
  const auto report = recipes::run(job, recipe, *progress, interrupted);
  if (!report) {
    fmt::print(stderr, "vidi train: {}\n", report.error().message);
    return EXIT_FAILURE;
  }
  if (!report->written) return report_interruption(*report);
  if (const auto& validation = report->validation) {
    fmt::print("validation accuracy: {:.2f} % of {} held-out training images\n", 100.0 * validation->fraction(),
               vidi::datasets::with_thousands(validation->count));
  }
  for (const auto& [name, value] : report->figures) fmt::print("{} = {:.4f}\n", name, value);
  fmt::print("accuracy: {}\nwrote {}\nwrote {}\n", vidi::datasets::describe(report->test),
             vidi::model_writing::onnx_path(report->destination).string(),
             vidi::model_writing::toml_path(report->destination).string());
  return EXIT_SUCCESS;
}

int run(int argc, char** argv) {
  vidi::app::Program command_line("vidi train", "Trains a model on MNIST and writes it where `vidi serve` finds it");
  command_line.command().require_subcommand();
  const auto commands = vidi::app::add_commands(command_line.command());
  const vidi::app::ParseResult parsed = command_line.parse(argc, argv);
  if (parsed.outcome == vidi::app::ParseOutcome::answered) return EXIT_SUCCESS;
  if (parsed.outcome != vidi::app::ParseOutcome::run) {
    fmt::print(stderr, "{}\nRun with --help for more information.\n", parsed.message);
    return kExitUsage;
  }
  for (const auto& command : commands) {
    if (!command->subcommand.is_chosen()) continue;
    command->job.checkpoint_interval = std::chrono::seconds(command->checkpoint_seconds);
    const auto recipe = command->make_recipe();
    return train(command->job, *recipe);
  }
  return kExitUsage;
}

}  // namespace

int main(int argc, char** argv) {
  set_openmp_environment(argv);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "vidi train: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
