#include "inference/batching.hpp"

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <functional>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

namespace vidi::inference {
namespace {

namespace asio = boost::asio;
using Executor = asio::any_io_executor;

struct Request {
  Tensor input;
  Completion<Result<Tensor>> done;
};

// Requests of one executor that go together.
struct Group {
  Executor executor;
  std::vector<Request> requests;
  std::size_t rows = 0;
};

std::size_t rows_of(const Tensor& tensor) { return static_cast<std::size_t>(tensor.shape.front()); }

// One below the other.
Tensor joined(const Group& group) {
  Tensor all;
  all.shape = group.requests.front().input.shape;
  all.shape.front() = static_cast<std::int64_t>(group.rows);
  all.values.reserve(group.rows * group.requests.front().input.values.size() / rows_of(group.requests.front().input));
  for (const Request& request : group.requests) {
    all.values.insert(all.values.end(), request.input.values.begin(), request.input.values.end());
  }
  return all;
}

class BatchingModel final : public Model {
 public:
  BatchingModel(std::unique_ptr<Model> model, std::size_t rows, telemetry::Histogram* sizes)
      : model_(std::move(model)), most_(rows), sizes_(sizes) {}

  [[nodiscard]] const TensorInfo& input() const override { return model_->input(); }
  [[nodiscard]] const TensorInfo& output() const override { return model_->output(); }

  Task<Result<Tensor>> infer(Tensor input) override {
    if (!may_be_joined(input)) {
      if (!input.shape.empty() && input.shape.front() > 0) count(input);
      co_return co_await model_->infer(std::move(input));
    }
    const Executor executor = co_await asio::this_coro::executor;
    auto start = [&](Completion<Result<Tensor>> done) {
      add(executor, Request{.input = std::move(input), .done = std::move(done)});
    };
    co_return co_await wait_for<Result<Tensor>>(start);
  }

 private:
  // Whether the input is small, and as the model takes it: a wrong one must not spoil the others' batch.
  [[nodiscard]] bool may_be_joined(const Tensor& input) const {
    const std::vector<std::int64_t>& wanted = model_->input().shape;
    if (input.shape.size() != wanted.size() || input.shape.front() < 1) return false;
    if (!std::equal(wanted.begin() + 1, wanted.end(), input.shape.begin() + 1)) return false;
    const auto count = std::accumulate(input.shape.begin(), input.shape.end(), std::int64_t{1}, std::multiplies<>());
    return rows_of(input) < most_ && static_cast<std::size_t>(count) == input.values.size();
  }

  void add(const Executor& executor, Request request) {
    const std::size_t rows = rows_of(request.input);
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find(gathering_, executor, [](const auto& group) { return group->executor; });
    if (found != gathering_.end() && (*found)->rows + rows <= most_) {
      (*found)->requests.push_back(std::move(request));
      (*found)->rows += rows;
      return;
    }
    // What is full goes when its time has come; nobody joins it any more.
    if (found != gathering_.end()) gathering_.erase(found);
    auto group = std::make_shared<Group>();
    group->executor = executor;
    group->rows = rows;
    group->requests.push_back(std::move(request));
    gathering_.push_back(group);
    // Behind everything that the executor can run now.
    asio::post(executor, [this, group] { asio::co_spawn(group->executor, run_group(group), asio::detached); });
  }

  Task<void> run_group(std::shared_ptr<Group> group) {
    {
      const std::scoped_lock lock(mutex_);
      std::erase(gathering_, group);
    }
    Tensor input = group->requests.size() == 1 ? std::move(group->requests.front().input) : joined(*group);
    count(input);
    auto output = co_await model_->infer(std::move(input));
    if (group->requests.size() == 1 || !output) {
      for (Request& request : group->requests) request.done(output);
      co_return;
    }
    hand_out(*output, *group);
  }

  void count(const Tensor& input) const {
    if (sizes_ != nullptr) sizes_->observe(rows_of(input));
  }

  static void hand_out(const Tensor& output, Group& group) {
    const std::size_t width = output.values.size() / group.rows;
    auto begin = output.values.begin();
    for (Request& request : group.requests) {
      const auto end = begin + static_cast<std::ptrdiff_t>(rows_of(request.input) * width);
      Tensor part{.shape = output.shape, .values = {begin, end}};
      part.shape.front() = request.input.shape.front();
      request.done(std::move(part));
      begin = end;
    }
  }

  const std::unique_ptr<Model> model_;
  const std::size_t most_;
  telemetry::Histogram* const sizes_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Group>> gathering_;  // one for each executor that has asked for something
};

}  // namespace

std::unique_ptr<Model> batch(std::unique_ptr<Model> model, std::size_t rows, telemetry::Histogram* sizes) {
  const std::vector<std::int64_t>& input = model->input().shape;
  const std::vector<std::int64_t>& output = model->output().shape;
  if (input.empty() || input.front() >= 0 || output.empty() || output.front() >= 0) return model;
  return std::make_unique<BatchingModel>(std::move(model), rows, sizes);
}

telemetry::Histogram& batch_sizes(const std::string& model) {
  return telemetry::registry().histogram({.name = "vidi_batch_rows", .help = "Rows that a model inferred together."},
                                         telemetry::row_buckets(), {{"model", model}});
}

}  // namespace vidi::inference
