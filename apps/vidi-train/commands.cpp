#include "commands.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "recipes/cnn.hpp"
#include "recipes/deep.hpp"
#include "recipes/softmax.hpp"

namespace vidi::app {
namespace {

Option add_number(Command command, const std::string& name, Target value, const std::string& help) {
  return command.option(name, value, help).show_default().type_name("N");
}

void add_seed(Command command, std::uint64_t& seed) {
  add_number(command, "--seed", &seed, "Seed of everything that is drawn by chance")
      .range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max());
}

// The options of every recipe.
void add_job(TrainCommand& train, const std::string& model) {
  Command command = train.subcommand;
  recipes::Job& job = train.job;
  command.footer("Writes OUT/" + model + "/VERSION/model.onnx and OUT/" + model +
                 "/model.toml. When it is interrupted or killed, the same command\n"
                 "goes on from the last checkpoint, OUT/." +
                 model +
                 "-VERSION.checkpoint.\n"
                 "Exit status: 0 written, 1 an error, 2 wrong usage, 130 interrupted.");
  command.option("--data", &job.data, "The folder of MNIST's four IDX files, plain or gzipped")
      .required()
      .type_name("DIR");
  command.option("--out", &job.models, "The folder of models to write to").required().type_name("DIR");
  add_number(command, "--validation", &job.validation,
             "Images, the last of the training set, that are held out to measure the model; 0 for none")
      .range(0UL, 1'000'000'000UL);
  add_number(command, "--model-version", &job.version, "The version to write").range(1U, 1'000'000'000U);
  command.flag("--force", &job.force, "Replace the model when that version exists");
  train.checkpoint_seconds = static_cast<unsigned>(job.checkpoint_interval.count());
  add_number(command, "--checkpoint-every", &train.checkpoint_seconds, "Seconds between checkpoints")
      .range(1U, 86'400U);
}

std::unique_ptr<TrainCommand> add_softmax(Command program) {
  auto command = std::make_unique<TrainCommand>(
      program.subcommand("softmax", "Softmax regression, as TensorFlow's beginners' tutorial trains it: about 91 %"));
  Command sub = command->subcommand;
  auto options = std::make_shared<recipes::SoftmaxOptions>();
  add_job(*command, "digits-softmax");
  add_number(sub, "--steps", &options->steps, "Steps of gradient descent, one batch each").range(1UL, 1'000'000'000UL);
  add_number(sub, "--rate", &options->rate, "Learning rate of the first step").range(1e-6, 1000.0);
  auto decay = std::make_shared<std::string>("none");
  sub.option("--decay", decay.get(), "How the rate changes: none, or linear down to 0 after the last step")
      .one_of({"none", "linear"})
      .show_default()
      .type_name("HOW");
  add_number(sub, "--average", &options->average, "The part of the steps, the last ones, whose weights are averaged")
      .range(0.0, 1.0);
  add_number(sub, "--batch", &options->batch, "Images in a batch").range(1UL, 1'000'000UL);
  add_seed(sub, options->seed);
  command->make_recipe = [options, decay] {
    options->decay = *decay == "linear" ? recipes::Decay::linear : recipes::Decay::none;
    return recipes::make_softmax_recipe(*options);
  };
  return command;
}

std::unique_ptr<TrainCommand> add_cnn(Command program) {
  auto command = std::make_unique<TrainCommand>(
      program.subcommand("cnn", "Two convolutions, as TensorFlow's \"Deep MNIST for experts\" has them: about 99.2 %"));
  Command sub = command->subcommand;
  auto options = std::make_shared<recipes::CnnOptions>();
  add_job(*command, "digits-cnn");
  add_number(sub, "--steps", &options->steps, "Steps of Adam, one batch each").range(1UL, 1'000'000'000UL);
  add_number(sub, "--rate", &options->rate, "Learning rate").range(1e-8, 10.0);
  add_number(sub, "--batch", &options->batch, "Images in a batch").range(1UL, 1'000'000UL);
  add_number(sub, "--dropout", &options->dropout, "The part of the dense layer that each step leaves out")
      .range(0.0, 0.99);
  add_number(sub, "--average", &options->average,
             "The part of the steps, the last ones, whose weights are averaged; the tutorial averages none")
      .range(0.0, 1.0);
  add_seed(sub, options->seed);
  add_number(sub, "--threads", &options->threads, "Threads that compute").range(1, 1024);
  command->make_recipe = [options] { return recipes::make_cnn_recipe(*options); };
  return command;
}

std::unique_ptr<TrainCommand> add_deep(Command program) {
  auto command = std::make_unique<TrainCommand>(
      program.subcommand("deep", "The model `digits`: a deep network for digits in any picture, which also says no"));
  Command sub = command->subcommand;
  auto options = std::make_shared<recipes::DeepOptions>();
  add_job(*command, "digits");
  add_number(sub, "--epochs", &options->epochs, "Epochs, of as many samples as there are training images")
      .range(1UL, 1'000'000UL);
  add_number(sub, "--rate", &options->rate, "The greatest learning rate").range(1e-6, 100.0);
  add_number(sub, "--batch", &options->batch, "Samples in a batch").range(2UL, 1'000'000UL);
  add_number(sub, "--smoothing", &options->smoothing,
             "The part of a label's certainty that is shared among all classes")
      .range(0.0, 0.99);
  add_number(sub, "--library", &options->library, "Forms to find in drawn pictures before the training begins")
      .range(1UL, 100'000'000UL);
  add_number(sub, "--members", &options->members,
             "Networks: a small one, and wider ones that are asked where it is not sure")
      .range(1UL, 16UL);
  sub.flag("--bfloat16", &options->bfloat16,
           "Compute with 8 bits of precision: quicker on processors with AVX-512, and as accurate");
  add_seed(sub, options->seed);
  add_number(sub, "--threads", &options->threads, "Threads that compute").range(1, 1024);
  add_number(sub, "--data-threads", &options->data_threads, "Threads that draw samples").range(1UL, 1024UL);
  sub.option("--fonts", &options->fonts, "Folders of fonts, instead of those of Debian's packages").type_name("DIR...");
  command->make_recipe = [options] { return recipes::make_deep_recipe(*options); };
  return command;
}

}  // namespace

std::vector<std::unique_ptr<TrainCommand>> add_commands(Command program) {
  std::vector<std::unique_ptr<TrainCommand>> commands;
  commands.push_back(add_softmax(program));
  commands.push_back(add_cnn(program));
  commands.push_back(add_deep(program));
  return commands;
}

}  // namespace vidi::app
