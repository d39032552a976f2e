#include <fmt/format.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "classifier/fit.hpp"
#include "commands/commands.hpp"
#include "datasets/accuracy.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;

struct FitOptions {
  std::string features;
  std::string out;
  std::string test;
  std::vector<std::string> also;
  std::size_t originals = 1;
  std::string l2 = "auto";
  std::string description;
  std::string unknown;
  std::string information;
  std::string groups;
  std::string none;
  std::size_t folds = 5;
  std::uint64_t seed = 0;
  double lost = 0.005;
  unsigned version = 1;
  bool half = false;
  bool force = false;
};

std::optional<double> read_l2(const std::string& text) {
  if (text == "auto") return std::nullopt;
  std::size_t end = 0;
  double value = -1;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception&) {
    end = 0;
  }
  if (end == text.size() && value >= 0) return value;
  throw std::runtime_error(fmt::format("--l2 {}: must be auto, or a number of 0 or more such as 0.001", text));
}

// A word of a command line, as a shell takes it.
std::string shell_word(const std::string& word) {
  if (!word.empty() && word.find_first_of(" \t\"'\\$`*?[]{}()<>|&;#~!") == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string command_of(const FitOptions& options) {
  std::string text = fmt::format("vidi fit {} --out {}", shell_word(options.features), shell_word(options.out));
  const auto add = [&](std::string_view flag, const std::string& value) {
    if (!value.empty()) text += fmt::format(" {} {}", flag, shell_word(value));
  };
  add("--test", options.test);
  for (const std::string& folder : options.also) add("--also", folder);
  if (options.originals != 1) text += fmt::format(" --originals {}", options.originals);
  add("--l2", options.l2);
  add("--info", options.information);
  add("--merge", options.groups);
  add("--none", options.none);
  add("--unknown", options.unknown);
  add("--description", options.description);
  text += fmt::format(" --folds {} --seed {}", options.folds, options.seed);
  if (options.lost != 0.005) text += fmt::format(" --lost {}", options.lost);
  if (options.version != 1) text += fmt::format(" --model-version {}", options.version);
  if (options.half) text += " --half";
  return text;
}

classifier::FitJob job_of(const FitOptions& options) {
  const fs::path out =
      fs::path(options.out).has_filename() ? fs::path(options.out) : fs::path(options.out).parent_path();
  if (out.filename().empty() || out.filename().string().starts_with('.')) {
    throw std::runtime_error(fmt::format("--out {}: must be the folder of models with the model's name", options.out));
  }
  const auto path = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional<fs::path>(text); };
  return {.features = options.features,
          .also = {options.also.begin(), options.also.end()},
          .originals = options.originals,
          .test = path(options.test),
          .destination = {.root = out.has_parent_path() ? out.parent_path() : ".",
                          .name = out.filename().string(),
                          .version = options.version,
                          .force = options.force},
          .training = {.l2 = read_l2(options.l2),
                       .folds = options.folds,
                       .seed = options.seed,
                       .none = options.none,
                       .lost = options.lost},
          .half = options.half,
          .description = options.description,
          .unknown = options.unknown,
          .information = path(options.information),
          .groups = path(options.groups),
          .command = command_of(options)};
}

void print_fit(const classifier::FitJob& job, const classifier::FitResult& result) {
  const auto& trained = result.trained;
  for (const std::string& warning : result.warnings) fmt::print(stderr, "warning: {}\n", warning);
  const auto line = [](std::string_view what, const datasets::Accuracy& accuracy) {
    const auto interval = datasets::wilson_interval(accuracy);
    fmt::print("{}: {:.2f} % of {} (95 % interval {:.2f} to {:.2f})\n", what, 100 * accuracy.fraction(),
               datasets::with_thousands(accuracy.count), 100 * interval.low, 100 * interval.high);
  };
  fmt::print("L2 {:g}, {} labels, least probability {:.2f}\n", trained.l2, trained.classifier.labels.size(),
             trained.classifier.least_probability);
  line("held out", {.correct = trained.correct, .count = trained.rows});
  if (result.test) {
    line("accuracy", result.test->labels);
    if (!result.groups.empty()) line("accuracy by group", result.test->groups);
    if (result.test->none.count > 0) line("none that get no answer", result.test->none);
  }
  fmt::print("wrote {} ({:.1f} MB), {} and {}\n", model_writing::onnx_path(job.destination).string(),
             static_cast<double>(result.bytes) / 1e6, model_writing::toml_path(job.destination).string(),
             (job.destination.root / job.destination.name / "report" / "report.md").string());
}

int run_fit(const FitOptions& options) {
  classifier::FitJob job = job_of(options);
  const bool is_terminal = ::isatty(STDERR_FILENO) != 0;
  job.training.progress = [&](std::size_t done, std::size_t all) {
    if (is_terminal)
      fmt::print(stderr, "\rcross-validation: fit {} of at most {}{}", done, all, done == all ? "\n" : "");
  };
  const auto result = classifier::fit(job);
  if (is_terminal) fmt::print(stderr, "\n");
  if (!result) {
    fmt::print(stderr, "vidi: {}\n", result.error().message);
    return result.error().code == ErrorCode::internal ? 1 : 2;
  }
  print_fit(job, *result);
  return 0;
}

}  // namespace

Action add_fit(Command program) {
  Command command = program.subcommand("fit", "Make a served model of the features of labeled pictures");
  auto options = std::make_shared<FitOptions>();
  command.option("features", &options->features, "Folder that `vidi features` has written").required();
  command.option("--out", &options->out, "Folder of models, with the model's name: models/fruits").required();
  command.option("--test", &options->test, "Features of other pictures to test with, made with --apply of the first");
  command.option("--also", &options->also, "Further features to learn from, made with --apply of the first");
  command.option("--originals", &options->originals, "How many times an original counts beside its variants")
      .range(1, 1000)
      .show_default();
  command.option("--l2", &options->l2, "Strength of the penalty on weights; auto: chosen by cross-validation")
      .show_default();
  command.option("--folds", &options->folds, "Parts of the cross-validation").range(2, 100).show_default();
  command.option("--seed", &options->seed, "Which pictures are in which part").show_default();
  command.option("--none", &options->none, "Label of pictures that are none of the others");
  command.option("--lost", &options->lost, "Part of the right answers that may be lost to no answer")
      .range(0.0, 0.5)
      .show_default();
  command.option("--info", &options->information, "JSON file of what is told of each label, with its group");
  command.option("--merge", &options->groups, "File of lines LABEL,GROUP: a group is right when any of its labels is");
  command.option("--unknown", &options->unknown, "What is said of a picture of none of the labels");
  command.option("--description", &options->description, "What the model is");
  command.option("--model-version", &options->version, "Version of the model").show_default();
  command.flag("--half", &options->half, "Keep weights in half precision: half the bytes");
  command.flag("--force", &options->force, "Replace the version that is there");
  return [options] { return run_fit(*options); };
}

}  // namespace vidi::app
