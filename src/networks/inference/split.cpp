#include "inference/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace vidi::inference {
namespace {

TensorInfo with_any_batch(TensorInfo info) {
  if (!info.shape.empty()) info.shape.front() = -1;
  return info;
}

class SplittingModel final : public Model {
 public:
  // `fixed`: the network's only size of batch; 0: it takes any.
  SplittingModel(std::unique_ptr<Model> model, std::size_t rows, std::size_t fixed)
      : model_(std::move(model)),
        input_(with_any_batch(model_->input())),
        output_(with_any_batch(model_->output())),
        most_(fixed > 0 ? fixed : std::max<std::size_t>(1, rows)),
        fixed_(fixed) {}

  [[nodiscard]] const TensorInfo& input() const override { return input_; }
  [[nodiscard]] const TensorInfo& output() const override { return output_; }

  Task<Result<Tensor>> infer(Tensor input, Deadline deadline) override {
    const std::size_t rows = input.shape.empty() || input.shape.front() < 1 ? 0 : input.shape.front();
    if (rows == fixed_ || (fixed_ == 0 && rows <= most_)) {
      co_return co_await model_->infer(std::move(input), deadline);
    }
    if (rows == 0 || input.values.size() % rows != 0) co_return refuse(input);
    Tensor all;
    for (std::size_t done = 0; done < rows; done += most_) {
      const std::size_t count = std::min(most_, rows - done);
      Tensor part = rows_of(input, done, count);
      auto answer = co_await model_->infer(std::move(part), deadline);
      if (!answer) co_return answer;
      append(all, *answer, count);
    }
    co_return all;
  }

 private:
  [[nodiscard]] Result<Tensor> refuse(const Tensor& input) const {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("a tensor of shape [{}] with {} values does not fit the input '{}' of shape [{}]",
                    fmt::join(input.shape, ","), input.values.size(), input_.name, fmt::join(input_.shape, ",")));
  }

  // Rows [first, first + count), filled up to the fixed size.
  [[nodiscard]] Tensor rows_of(const Tensor& input, std::size_t first, std::size_t count) const {
    const std::size_t width = input.values.size() / static_cast<std::size_t>(input.shape.front());
    const auto row = [&](std::size_t index) {
      return input.values.begin() + static_cast<std::ptrdiff_t>(index * width);
    };
    Tensor part{.shape = input.shape, .values = {row(first), row(first + count)}};
    const std::size_t whole = std::max(count, fixed_);
    part.shape.front() = static_cast<std::int64_t>(whole);
    part.values.reserve(whole * width);
    for (std::size_t i = count; i < whole; ++i) {
      part.values.insert(part.values.end(), row(first + count - 1), row(first + count));
    }
    return part;
  }

  static void append(Tensor& all, const Tensor& answer, std::size_t count) {
    const std::size_t width = answer.values.size() / static_cast<std::size_t>(answer.shape.front());
    if (all.shape.empty()) {
      all.shape = answer.shape;
      all.shape.front() = 0;
    }
    all.shape.front() += static_cast<std::int64_t>(count);
    all.values.insert(all.values.end(), answer.values.begin(),
                      answer.values.begin() + static_cast<std::ptrdiff_t>(count * width));
  }

  const std::unique_ptr<Model> model_;
  const TensorInfo input_;
  const TensorInfo output_;
  const std::size_t most_;
  const std::size_t fixed_;
};

}  // namespace

std::unique_ptr<Model> split(std::unique_ptr<Model> model, std::size_t rows) {
  const std::vector<std::int64_t>& shape = model->input().shape;
  const std::size_t fixed = shape.empty() || shape.front() < 0 ? 0 : static_cast<std::size_t>(shape.front());
  return std::make_unique<SplittingModel>(std::move(model), rows, fixed);
}

}  // namespace vidi::inference
