#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "models/load.hpp"

namespace vidi::models {
namespace {

using inference::Tensor;
using testing::HasSubstr;

// Answers as it is told to, of what it is asked.
class Told final : public inference::Model {
 public:
  explicit Told(std::function<Tensor(const Tensor&)> answer) : answer_(std::move(answer)) {}
  [[nodiscard]] const inference::TensorInfo& input() const override { return input_; }
  [[nodiscard]] const inference::TensorInfo& output() const override { return output_; }
  Task<Result<Tensor>> infer(Tensor input, inference::Deadline) override { co_return answer_(input); }

 private:
  std::function<Tensor(const Tensor&)> answer_;
  const inference::TensorInfo input_{"image", {-1, 28, 28, 1}};
  const inference::TensorInfo output_{"probabilities", {-1, 2}};
};

std::string trial(std::function<Tensor(const Tensor&)> answer, OutputKind kind = OutputKind::probabilities) {
  LoadedModel model;
  model.version = "4";
  model.description.name = "tried";
  model.description.labels = {"a", "b"};
  model.description.input.width = model.description.input.height = 28;
  model.description.input.channels = 1;
  model.description.output.kind = kind;
  model.network = std::make_unique<Told>(std::move(answer));
  const auto tried = try_out(model);
  return tried ? "fine" : tried.error().message;
}

Tensor same_for_all(const Tensor& input, std::vector<float> row) {
  Tensor answer{{input.shape.front(), static_cast<std::int64_t>(row.size())}, {}};
  for (std::int64_t i = 0; i < input.shape.front(); ++i) {
    answer.values.insert(answer.values.end(), row.begin(), row.end());
  }
  return answer;
}

TEST(Trial, LetsAModelPassThatAnswers) {
  EXPECT_EQ(trial([](const Tensor& input) { return same_for_all(input, {0.25F, 0.75F}); }), "fine");
  EXPECT_EQ(trial([](const Tensor& input) { return same_for_all(input, {-9, 30}); }, OutputKind::scores), "fine");
}

TEST(Trial, RefusesWhatIsNoNumber) {
  EXPECT_THAT(trial([](const Tensor& input) { return same_for_all(input, {0.25F, NAN}); }),
              HasSubstr("model tried, version 4: its trial gave nan"));
  EXPECT_THAT(trial([](const Tensor& input) { return same_for_all(input, {INFINITY, 0}); }), HasSubstr("gave inf"));
}

TEST(Trial, RefusesAnotherNumberOfClasses) {
  EXPECT_THAT(trial([](const Tensor& input) { return same_for_all(input, {0, 0, 1}); }),
              HasSubstr("of shape [1,3] for 1 pictures; with 2 classes it must be [1,2]"));
}

TEST(Trial, RefusesScoresThatAreCalledProbabilities) {
  EXPECT_THAT(trial([](const Tensor& input) { return same_for_all(input, {-3, 3}); }),
              HasSubstr("gave -3 in the trial, which is no probability; of scores say kind = \"scores\""));
}

TEST(Trial, RefusesAnswersThatDependOnTheirNeighbors) {
  const auto mixing = [](const Tensor& input) {
    return input.shape.front() == 1 ? same_for_all(input, {0.9F, 0.1F}) : same_for_all(input, {0.5F, 0.5F});
  };
  EXPECT_THAT(trial(mixing), HasSubstr("changes by 0.400 when others are in the same batch; say max = 1"));
}

TEST(Trial, RefusesOneRowForSeveralPictures) {
  const auto first_only = [](const Tensor&) { return Tensor{{1, 2}, {0.5F, 0.5F}}; };
  EXPECT_THAT(trial(first_only), HasSubstr("of shape [1,2] for 3 pictures"));
}

}  // namespace
}  // namespace vidi::models
