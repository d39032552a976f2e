#include "recipes/job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <toml++/toml.h>

#include "recipes/check_onnx.hpp"
#include "recipes/silent.hpp"
#include "recipes/softmax.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::recipes {
namespace {

using testing::HasSubstr;

// Trains on MNIST's test set, which stands in for the training set that is too large to commit.
class TrainingJob : public testing::Test {
 protected:
  TrainingJob() {
    std::filesystem::create_directories(data());
    for (const char* kind : {"images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"}) {
      for (const char* prefix : {"train-", "t10k-"}) {
        std::filesystem::copy(std::filesystem::path(TEST_DATA "/mnist") / (std::string("t10k-") + kind),
                              data() / (std::string(prefix) + kind));
      }
    }
  }

  [[nodiscard]] std::filesystem::path data() const { return folder_.path() / "data"; }
  [[nodiscard]] Job job(const std::string& models) const { return {.data = data(), .models = folder_.path() / models}; }
  Result<Report> start(const Job& job) {
    const auto recipe = make_softmax_recipe({.steps = 100});
    return run(job, *recipe, progress_, stop_);
  }

  FreshFolder folder_;
  Silent progress_;
  std::atomic<bool> stop_ = false;
};

TEST_F(TrainingJob, WritesAModelAndWhatItIs) {
  const auto report = start(job("models"));
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_TRUE(report->written);
  const datasets::Accuracy validation = report->validation.value_or(datasets::Accuracy{});
  EXPECT_TRUE(check_onnx(as_bytes(folder_.read("models/digits-softmax/1/model.onnx"))));
  const toml::table card = toml::parse(folder_.read("models/digits-softmax/model.toml"));
  EXPECT_EQ(card["name"].value<std::string>(), "digits-softmax");
  EXPECT_EQ(card["labels"].as_array()->size(), 10U);
  EXPECT_EQ(card["training"]["test_correct"].value<std::size_t>(), report->test.correct);
  EXPECT_EQ(card["training"]["validation_accuracy"].value<double>(), validation.fraction());
  EXPECT_EQ(card["training"]["data"].value<std::string>(),
            "MNIST, 10,000 training images, the last 5,000 held out for validation");
  EXPECT_GT(validation.fraction(), 0.8);
}

TEST_F(TrainingJob, WritesTheSameFilesAgain) {
  ASSERT_TRUE(start(job("first")));
  ASSERT_TRUE(start(job("second")));
  for (const char* file : {"/digits-softmax/1/model.onnx", "/digits-softmax/model.toml"}) {
    EXPECT_EQ(folder_.read(std::string("first") + file), folder_.read(std::string("second") + file)) << file;
    EXPECT_FALSE(folder_.read(std::string("first") + file).empty()) << file;
  }
}

TEST_F(TrainingJob, WritesNothingWhenItIsStopped) {
  stop_ = true;
  const auto report = start(job("models"));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_FALSE(report->written);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "models"));
}

TEST_F(TrainingJob, RefusesAnExistingVersionBeforeItReadsTheData) {
  ASSERT_TRUE(start(job("models")));
  Job again = job("models");
  again.data = folder_.path() / "absent";
  const auto refused = start(again);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
}

TEST_F(TrainingJob, NamesTheFileThatIsMissing) {
  std::filesystem::remove(data() / "t10k-labels-idx1-ubyte.gz");
  const auto refused = start(job("models"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("t10k-labels-idx1-ubyte"));
}

TEST_F(TrainingJob, RefusesToHoldOutEveryImage) {
  Job greedy = job("models");
  greedy.validation = 10'000;
  const auto refused = start(greedy);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("10000 images cannot be held out of 10000"));
}

TEST(TrainingCommand, NamesEveryOptionThatChangesTheModel) {
  Job job;
  EXPECT_EQ(
      command_of(job, *make_softmax_recipe({})),
      "vidi train softmax --data DIR --out models --steps 1000 --rate 0.5 --batch 100 --seed 1 --validation 5000");
  job.validation = 0;
  job.version = 2;
  const auto recipe =
      make_softmax_recipe({.steps = 9, .rate = 0.25, .decay = Decay::linear, .batch = 7, .average = 0.5, .seed = 3});
  EXPECT_EQ(command_of(job, *recipe),
            "vidi train softmax --data DIR --out models --steps 9 --rate 0.25 --batch 7 --decay linear --average 0.5 "
            "--seed 3 --validation 0 --model-version 2");
}

}  // namespace
}  // namespace vidi::recipes
