#include "inference/split.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/fake.hpp"

namespace vidi::inference {
namespace {

// Sums the two values of a row, and notes the sizes of the batches it is asked for.
class Summing final : public Model {
 public:
  Summing(std::int64_t batch, std::vector<std::int64_t>& batches)
      : input_{"rows", {batch, 2}}, output_{"sums", {batch, 1}}, batches_(batches) {}

  [[nodiscard]] const TensorInfo& input() const override { return input_; }
  [[nodiscard]] const TensorInfo& output() const override { return output_; }

  Task<Result<Tensor>> infer(Tensor input, Deadline) override {
    batches_.push_back(input.shape.front());
    Tensor answer{{input.shape.front(), 1}, {}};
    for (std::size_t i = 0; i + 1 < input.values.size(); i += 2) {
      answer.values.push_back(input.values[i] + input.values[i + 1]);
    }
    co_return answer;
  }

 private:
  const TensorInfo input_;
  const TensorInfo output_;
  std::vector<std::int64_t>& batches_;
};

Tensor counting(std::int64_t rows) {
  Tensor tensor{{rows, 2}, {}};
  for (std::int64_t i = 0; i < rows; ++i) tensor.values.insert(tensor.values.end(), {static_cast<float>(i), 100});
  return tensor;
}

std::vector<float> sums(std::int64_t rows) {
  std::vector<float> result;
  for (std::int64_t i = 0; i < rows; ++i) result.push_back(static_cast<float>(i + 100));
  return result;
}

TEST(Split, NeverInfersMoreRowsThanAllowed) {
  std::vector<std::int64_t> batches;
  const auto model = split(std::make_unique<Summing>(-1, batches), 4);
  const auto answer = run(model->infer(counting(10)));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->shape, (std::vector<std::int64_t>{10, 1}));
  EXPECT_EQ(answer->values, sums(10));
  EXPECT_EQ(batches, (std::vector<std::int64_t>{4, 4, 2}));
}

TEST(Split, FillsUpTheBatchOfANetworkThatTakesOneSizeOnly) {
  std::vector<std::int64_t> batches;
  const auto model = split(std::make_unique<Summing>(4, batches), 32);
  EXPECT_EQ(model->input().shape.front(), -1);
  EXPECT_EQ(model->output().shape.front(), -1);
  EXPECT_EQ(run(model->infer(counting(6)))->values, sums(6));
  EXPECT_EQ(run(model->infer(counting(1)))->values, sums(1));
  EXPECT_EQ(run(model->infer(counting(4)))->values, sums(4));
  EXPECT_EQ(batches, (std::vector<std::int64_t>{4, 4, 4, 4}));
}

TEST(Split, RefusesWhatHasNoWholeRows) {
  std::vector<std::int64_t> batches;
  const auto model = split(std::make_unique<Summing>(4, batches), 32);
  EXPECT_EQ(run(model->infer({{0, 2}, {}})).error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(run(model->infer({{3, 2}, {1, 2}})).error().message, testing::HasSubstr("[3,2] with 2 values"));
  EXPECT_THAT(batches, testing::IsEmpty());
}

TEST(Split, HandsAnErrorOn) {
  const auto model = split(make_failing_model({.code = ErrorCode::internal, .message = "no"}), 2);
  Tensor input{{5, 1}, {1, 2, 3, 4, 5}};
  EXPECT_EQ(run(model->infer(std::move(input))).error().message, "no");
}

}  // namespace
}  // namespace vidi::inference
