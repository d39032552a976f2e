#include "recipes/model_card.hpp"

#include <fmt/format.h>

#include <string_view>

#include "model_writing/toml_text.hpp"

namespace vidi::recipes {
namespace {

using model_writing::number;
using model_writing::quote;
using model_writing::quote_all;

std::string training_section(const ModelCard::Training& training) {
  std::string text = "[training]\n";
  text += fmt::format("recipe = {}\n", quote(training.recipe));
  text += fmt::format("command = {}\n", quote(training.command));
  text += fmt::format("seed = {}\n", training.seed);
  text += fmt::format("steps = {}\n", training.steps);
  text += fmt::format("data = {}\n", quote(training.data));
  text += fmt::format("data_sha256 = {}\n", quote(to_string(training.data_digest)));
  if (training.validation) {
    text += fmt::format("validation_accuracy = {}\n", number(training.validation->fraction()));
  }
  text += fmt::format("test_accuracy = {}\n", number(training.test.fraction()));
  text += fmt::format("test_correct = {}\n", training.test.correct);
  text += fmt::format("test_count = {}\n", training.test.count);
  for (const auto& [name, value] : training.figures) text += fmt::format("{} = {:.5g}\n", name, value);
  return text;
}

std::string rejection_section(const ModelCard::Rejection& rejection) {
  return fmt::format(
      "[rejection]\n"
      "none = {}  # after the labels the output has one more class: none of them\n"
      "least_probability = {}  # of the likeliest label; a digit that is less sure is no answer\n\n",
      rejection.none, number(rejection.least_probability));
}

// MNIST's form: 28x28, one channel, light ink on dark, bytes scaled to 0..1.
std::string input_section() {
  return "[input]\n"
         "name = \"image\"\n"
         "layout = \"NHWC\"\n"
         "width = 28\n"
         "height = 28\n"
         "channels = 1\n"
         "polarity = \"light-on-dark\"\n" +
         fmt::format("scale = {}  # value * scale + offset\n", number(1.0 / 255.0)) + "offset = 0.0\n";
}

}  // namespace

std::string to_toml(const ModelCard& card) {
  std::string text = "format = 1\n";
  text += fmt::format("name = {}\n", quote(card.name));
  text += fmt::format("description = {}\n", quote(card.description));
  text += fmt::format("form = {}  # how a picture becomes the input: every digit found in it becomes one 28x28 form\n",
                      quote(card.form));
  text += fmt::format("labels = {}\n\n", quote_all(card.labels));
  text += input_section() + "\n[output]\nname = \"probabilities\"\n\n";
  if (card.rejection) text += rejection_section(*card.rejection);
  return text + training_section(card.training);
}

}  // namespace vidi::recipes
