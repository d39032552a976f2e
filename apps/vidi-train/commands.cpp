#include "commands.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include "recipes/cnn.hpp"
#include "recipes/deep.hpp"
#include "recipes/softmax.hpp"

namespace vidi::app {
namespace {

template <typename T>
CLI::Option* add_number(CLI::App& command, const std::string& name, T& value, const std::string& description,
                        CLI::Range range) {
  return command.add_option(name, value, description)->capture_default_str()->check(std::move(range))->type_name("N");
}

void add_seed(CLI::App& command, std::uint64_t& seed) {
  add_number(command, "--seed", seed, "Seed of everything that is drawn by chance",
             CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
}

// The options of every recipe.
void add_job(CLI::App& command, recipes::Job& job, const std::string& model) {
  command.footer("Writes OUT/" + model + "/VERSION/model.onnx and OUT/" + model +
                 "/model.toml. When it is interrupted or killed, the same command\n"
                 "goes on from the last checkpoint, OUT/." +
                 model +
                 "-VERSION.checkpoint.\n"
                 "Exit status: 0 written, 1 an error, 2 wrong usage, 130 interrupted.");
  command.add_option("--data", job.data, "The folder of MNIST's four IDX files, plain or gzipped")
      ->required()
      ->type_name("DIR");
  command.add_option("--out", job.models, "The folder of models to write to")->required()->type_name("DIR");
  add_number(command, "--validation", job.validation,
             "Images, the last of the training set, that are held out to measure the model; 0 for none",
             CLI::Range(0UL, 1'000'000'000UL));
  add_number(command, "--model-version", job.version, "The version to write", CLI::Range(1U, 1'000'000'000U));
  command.add_flag("--force", job.force, "Replace the model when that version exists");
  command
      .add_option_function<unsigned>(
          "--checkpoint-every", [&job](unsigned seconds) { job.checkpoint_interval = std::chrono::seconds(seconds); },
          "Seconds between checkpoints")
      ->default_str(std::to_string(job.checkpoint_interval.count()))
      ->check(CLI::Range(1U, 86'400U))
      ->type_name("N");
}

std::unique_ptr<TrainCommand> add_softmax(CLI::App& app) {
  auto command = std::make_unique<TrainCommand>();
  CLI::App& sub = *(command->subcommand = app.add_subcommand(
                        "softmax", "Softmax regression, as TensorFlow's beginners' tutorial trains it: about 91 %"));
  auto options = std::make_shared<recipes::SoftmaxOptions>();
  add_job(sub, command->job, "digits-softmax");
  add_number(sub, "--steps", options->steps, "Steps of gradient descent, one batch each",
             CLI::Range(1UL, 1'000'000'000UL));
  add_number(sub, "--rate", options->rate, "Learning rate of the first step", CLI::Range(1e-6, 1000.0));
  const auto set_decay = [options](const std::string& name) {
    options->decay = name == "linear" ? recipes::Decay::linear : recipes::Decay::none;
  };
  sub.add_option_function<std::string>("--decay", set_decay,
                                       "How the rate changes: none, or linear down to 0 after the last step")
      ->check(CLI::IsMember({"none", "linear"}))
      ->default_str("none")
      ->type_name("HOW");
  add_number(sub, "--average", options->average, "The part of the steps, the last ones, whose weights are averaged",
             CLI::Range(0.0, 1.0));
  add_number(sub, "--batch", options->batch, "Images in a batch", CLI::Range(1UL, 1'000'000UL));
  add_seed(sub, options->seed);
  command->make_recipe = [options] { return recipes::make_softmax_recipe(*options); };
  return command;
}

std::unique_ptr<TrainCommand> add_cnn(CLI::App& app) {
  auto command = std::make_unique<TrainCommand>();
  CLI::App& sub = *(command->subcommand = app.add_subcommand(
                        "cnn", "Two convolutions, as TensorFlow's \"Deep MNIST for experts\" has them: about 99.2 %"));
  auto options = std::make_shared<recipes::CnnOptions>();
  add_job(sub, command->job, "digits-cnn");
  add_number(sub, "--steps", options->steps, "Steps of Adam, one batch each", CLI::Range(1UL, 1'000'000'000UL));
  add_number(sub, "--rate", options->rate, "Learning rate", CLI::Range(1e-8, 10.0));
  add_number(sub, "--batch", options->batch, "Images in a batch", CLI::Range(1UL, 1'000'000UL));
  add_number(sub, "--dropout", options->dropout, "The part of the dense layer that each step leaves out",
             CLI::Range(0.0, 0.99));
  add_number(sub, "--average", options->average,
             "The part of the steps, the last ones, whose weights are averaged; the tutorial averages none",
             CLI::Range(0.0, 1.0));
  add_seed(sub, options->seed);
  add_number(sub, "--threads", options->threads, "Threads that compute", CLI::Range(1, 1024));
  command->make_recipe = [options] { return recipes::make_cnn_recipe(*options); };
  return command;
}

std::unique_ptr<TrainCommand> add_deep(CLI::App& app) {
  auto command = std::make_unique<TrainCommand>();
  CLI::App& sub = *(command->subcommand = app.add_subcommand(
                        "deep", "The model `digits`: a deep network for digits in any picture, which also says no"));
  auto options = std::make_shared<recipes::DeepOptions>();
  add_job(sub, command->job, "digits");
  add_number(sub, "--epochs", options->epochs, "Epochs, of as many samples as there are training images",
             CLI::Range(1UL, 1'000'000UL));
  add_number(sub, "--rate", options->rate, "The greatest learning rate", CLI::Range(1e-6, 100.0));
  add_number(sub, "--batch", options->batch, "Samples in a batch", CLI::Range(2UL, 1'000'000UL));
  add_number(sub, "--smoothing", options->smoothing, "The part of a label's certainty that is shared among all classes",
             CLI::Range(0.0, 0.99));
  add_number(sub, "--library", options->library, "Forms to find in drawn pictures before the training begins",
             CLI::Range(1UL, 100'000'000UL));
  add_number(sub, "--members", options->members,
             "Networks: a small one, and wider ones that are asked where it is not sure", CLI::Range(1UL, 16UL));
  sub.add_flag("--bfloat16", options->bfloat16,
               "Compute with 8 bits of precision: quicker on processors with AVX-512, and as accurate");
  add_seed(sub, options->seed);
  add_number(sub, "--threads", options->threads, "Threads that compute", CLI::Range(1, 1024));
  add_number(sub, "--data-threads", options->data_threads, "Threads that draw samples", CLI::Range(1UL, 1024UL));
  sub.add_option("--fonts", options->fonts, "Folders of fonts, instead of those of Debian's packages")
      ->type_name("DIR...");
  command->make_recipe = [options] { return recipes::make_deep_recipe(*options); };
  return command;
}

}  // namespace

std::vector<std::unique_ptr<TrainCommand>> add_commands(CLI::App& app) {
  std::vector<std::unique_ptr<TrainCommand>> commands;
  commands.push_back(add_softmax(app));
  commands.push_back(add_cnn(app));
  commands.push_back(add_deep(app));
  return commands;
}

}  // namespace vidi::app
