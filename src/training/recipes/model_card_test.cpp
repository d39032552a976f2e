#include "recipes/model_card.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

namespace vidi::recipes {
namespace {

using testing::HasSubstr;
using testing::Not;

ModelCard card() {
  return {.name = "digits-softmax",
          .description = "Softmax regression",
          .labels = {"0", "1", "2"},
          .training = {.recipe = "softmax",
                       .command = "vidi train softmax --data DIR",
                       .seed = 18'446'744,
                       .steps = 1000,
                       .data = "MNIST",
                       .data_digest = sha256({}),
                       .validation = datasets::Accuracy{.correct = 5, .count = 5},
                       .test = {.correct = 9251, .count = 10'000}}};
}

TEST(ModelCard, ReadsBackAsToml) {
  const toml::table table = toml::parse(to_toml(card()));
  EXPECT_EQ(table["format"].value<std::int64_t>(), 1);
  EXPECT_EQ(table["name"].value<std::string>(), "digits-softmax");
  EXPECT_EQ(table["form"].value<std::string>(), "digits");
  EXPECT_EQ(table["labels"].as_array()->size(), 3U);
  EXPECT_EQ(table["labels"][2].value<std::string>(), "2");
  EXPECT_EQ(table["input"]["layout"].value<std::string>(), "NHWC");
  EXPECT_EQ(table["input"]["width"].value<std::int64_t>(), 28);
  EXPECT_EQ(table["input"]["scale"].value<double>(), 1.0 / 255.0);
  EXPECT_TRUE(table["input"]["offset"].is_floating_point());
  EXPECT_EQ(table["output"]["name"].value<std::string>(), "probabilities");
  EXPECT_EQ(table["training"]["seed"].value<std::int64_t>(), 18'446'744);
  EXPECT_EQ(table["training"]["data_sha256"].value<std::string>(), to_string(sha256({})));
  EXPECT_EQ(table["training"]["test_accuracy"].value<double>(), 0.9251);
  EXPECT_EQ(table["training"]["test_correct"].value<std::int64_t>(), 9251);
}

// A whole number without its point would be an integer to TOML, and an error to a reader that wants a fraction.
TEST(ModelCard, WritesAFractionOfOneWithItsPoint) {
  EXPECT_TRUE(toml::parse(to_toml(card()))["training"]["validation_accuracy"].is_floating_point());
}

TEST(ModelCard, SaysWhatTheModelRefuses) {
  EXPECT_THAT(to_toml(card()), Not(HasSubstr("[rejection]")));
  ModelCard refusing = card();
  refusing.rejection = {.none = true, .least_probability = 0.5};
  refusing.training.figures = {{"validation_none_accepted", 0.25}};
  const toml::table table = toml::parse(to_toml(refusing));
  EXPECT_EQ(table["rejection"]["none"].value<bool>(), true);
  EXPECT_EQ(table["rejection"]["least_probability"].value<double>(), 0.5);
  EXPECT_EQ(table["training"]["validation_none_accepted"].value<double>(), 0.25);
}

TEST(ModelCard, LeavesOutAValidationThatWasNotDone) {
  ModelCard without = card();
  without.training.validation.reset();
  EXPECT_THAT(to_toml(without), Not(HasSubstr("validation")));
}

TEST(ModelCard, KeepsCharactersThatMeanSomethingToToml) {
  ModelCard odd = card();
  odd.description = "a \"b\" \\c\n\x7f\td é";
  EXPECT_EQ(toml::parse(to_toml(odd))["description"].value<std::string>(), odd.description);
}

}  // namespace
}  // namespace vidi::recipes
