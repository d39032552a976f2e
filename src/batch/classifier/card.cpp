#include "classifier/card.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <sstream>

#include "classifier/classifier_network.hpp"
#include "model_writing/toml_text.hpp"

namespace vidi::classifier {
namespace {

using model_writing::number;
using model_writing::quote;

std::string accuracy_lines(std::string_view name, const datasets::Accuracy& accuracy) {
  const auto interval = datasets::wilson_interval(accuracy);
  return fmt::format("{0}_accuracy = {1}  # 95 % interval {2:.4f} to {3:.4f}\n{0}_correct = {4}\n{0}_count = {5}\n",
                     name, number(accuracy.fraction()), interval.low, interval.high, accuracy.correct, accuracy.count);
}

std::string origin_lines(std::string_view prefix, const Origin& origin) {
  return fmt::format("{0}source = {1}\n{0}pictures = {2}\n", prefix, quote(origin.source), origin.pictures);
}

std::string training_section(const Card& card) {
  const Trained& trained = card.trained;
  std::string text = "[training]\n";
  text += fmt::format("command = {}\n", quote(card.command));
  text += origin_lines("", card.origin);
  text += fmt::format("augment = {}\n", card.origin.augment);
  text += fmt::format("backbone = {}\nbackbone_weights = {}\nbackbone_sha256 = {}\nprecision = {}\n",
                      quote(card.origin.backbone), quote(card.origin.weights), quote(card.origin.backbone_sha256),
                      quote(card.origin.precision));
  text += fmt::format("components = {}\nl2 = {}\n", trained.classifier.regression.columns(), number(trained.l2));
  text += fmt::format("folds = {}\nseed = {}\n", card.folds, card.seed);
  text += accuracy_lines("held_out", {.correct = trained.correct, .count = trained.rows});
  if (trained.none_rows > 0) {
    text += fmt::format("held_out_none = {}\nheld_out_none_accepted = {}\n", trained.none_rows, trained.none_accepted);
  }
  if (card.test == nullptr) return text;
  text += origin_lines("test_", *card.test_origin);
  text += accuracy_lines("test", card.test->labels);
  text += accuracy_lines("test_group", card.test->groups);
  if (card.test->none.count > 0) {
    text += fmt::format("test_none = {}\ntest_none_rejected = {}\n", card.test->none.count, card.test->none.correct);
  }
  return text;
}

}  // namespace

Result<BackboneCard> read_backbone_card(const std::filesystem::path& folder) {
  const std::string path = (folder / "model.toml").string();
  try {
    const toml::table file = toml::parse_file(path);
    const auto* input = file["input"].as_table();
    if (input == nullptr) return fail(ErrorCode::invalid_argument, path + " has no table [input]");
    std::ostringstream text;
    text << toml::table{{"input", *input}};
    return BackboneCard{.input = text.str() + "\n", .output = file.at_path("output.name").value_or(std::string())};
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: {}", path, std::string_view(error.description())));
  }
}

std::string to_toml(const Card& card) {
  const Classifier& classifier = card.trained.classifier;
  std::string text = "format = 1\n";
  text += fmt::format("name = {}\ndescription = {}\n", quote(card.name), quote(card.description));
  text += "form = \"picture\"\n";
  text += fmt::format("labels = {}\n", model_writing::quote_all(classifier.labels));
  if (!card.information.empty()) text += fmt::format("information = {}\n", quote(card.information));
  text += fmt::format("\n{}\n[output]\nname = {}\n\n", card.backbone.input, quote(kProbabilities));
  text += fmt::format(
      "[rejection]\nnone = true  # after the labels the output has one more class: none of them\n"
      "least_probability = {}  # of the likeliest label; a picture that is less sure is no answer\n",
      number(classifier.least_probability));
  if (!card.unknown.empty()) text += fmt::format("unknown = {}\n", quote(card.unknown));
  return text + "\n" + training_section(card);
}

}  // namespace vidi::classifier
