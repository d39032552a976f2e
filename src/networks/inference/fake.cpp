#include "inference/fake.hpp"

#include <cmath>
#include <numeric>
#include <span>
#include <utility>

namespace vidi::inference {
namespace {

class FakeModel final : public Model {
 public:
  FakeModel(std::int64_t height, std::int64_t width, std::int64_t classes)
      : input_{"image", {-1, height, width, 1}}, output_{"probabilities", {-1, classes}} {}

  [[nodiscard]] const TensorInfo& input() const override { return input_; }
  [[nodiscard]] const TensorInfo& output() const override { return output_; }

  Task<Result<Tensor>> infer(Tensor input, Deadline) override {
    const std::int64_t batch = input.shape.empty() ? 0 : input.shape.front();
    const auto classes = static_cast<std::size_t>(output_.shape.back());
    const auto row_size = static_cast<std::size_t>(input_.shape[1] * input_.shape[2]);
    Tensor answer{{batch, output_.shape.back()}, {}};
    for (std::size_t row = 0; row < static_cast<std::size_t>(batch); ++row) {
      const auto values = std::span(input.values).subspan(row * row_size, row_size);
      const double sum = std::accumulate(values.begin(), values.end(), 0.0);
      const auto chosen = static_cast<std::size_t>(std::llround(sum)) % classes;
      for (std::size_t k = 0; k < classes; ++k) {
        answer.values.push_back(k == chosen ? 0.9F : 0.1F / static_cast<float>(classes - 1));
      }
    }
    co_return answer;
  }

 private:
  const TensorInfo input_;
  const TensorInfo output_;
};

class FailingModel final : public Model {
 public:
  explicit FailingModel(Error error) : error_(std::move(error)) {}

  [[nodiscard]] const TensorInfo& input() const override { return input_; }
  [[nodiscard]] const TensorInfo& output() const override { return output_; }
  Task<Result<Tensor>> infer(Tensor, Deadline) override { co_return std::unexpected(error_); }

 private:
  const Error error_;
  const TensorInfo input_{"image", {-1, 28, 28, 1}};
  const TensorInfo output_{"probabilities", {-1, 10}};
};

}  // namespace

std::unique_ptr<Model> make_fake_model(std::int64_t height, std::int64_t width, std::int64_t classes) {
  return std::make_unique<FakeModel>(height, width, classes);
}

std::unique_ptr<Model> make_failing_model(Error error) { return std::make_unique<FailingModel>(std::move(error)); }

}  // namespace vidi::inference
