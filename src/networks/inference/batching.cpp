#include "inference/batching.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "core/task.hpp"

namespace vidi::inference {
namespace {

namespace asio = boost::asio;
using Executor = asio::any_io_executor;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Request {
  Tensor input;
  Completion<Result<Tensor>> done;
  Clock::time_point asked;
  Deadline deadline;
};

// The share of max_wait that is left while more comes than can be answered.
constexpr double kPressed = 5;

constexpr const char* kBusy = "the model is busy: too much is waiting for it";
constexpr const char* kLate = "the answer would come after the request's deadline";

std::size_t rows_of(const Tensor& tensor) { return static_cast<std::size_t>(tensor.shape.front()); }

// Some rows of a tensor.
Tensor slice(const Tensor& tensor, std::size_t first, std::size_t rows) {
  const std::size_t width = tensor.values.size() / rows_of(tensor);
  const auto begin = tensor.values.begin() + static_cast<std::ptrdiff_t>(first * width);
  Tensor part{.shape = tensor.shape, .values = {begin, begin + static_cast<std::ptrdiff_t>(rows * width)}};
  part.shape.front() = static_cast<std::int64_t>(rows);
  return part;
}

// Adds the rows of `more` below those of `all`.
void append(Tensor& all, Tensor more) {
  if (all.values.empty()) {
    all = std::move(more);
    return;
  }
  all.shape.front() += more.shape.front();
  all.values.insert(all.values.end(), more.values.begin(), more.values.end());
}

// The inputs of a batch as one.
Tensor joined(std::vector<Request>& batch, std::size_t rows) {
  if (batch.size() == 1) return std::move(batch.front().input);
  const Tensor& first = batch.front().input;
  Tensor all;
  all.values.reserve(rows * (first.values.size() / rows_of(first)));
  all.shape = first.shape;
  all.shape.front() = static_cast<std::int64_t>(rows);
  for (const Request& request : batch) {
    all.values.insert(all.values.end(), request.input.values.begin(), request.input.values.end());
  }
  return all;
}

// A thread that runs one stream's batches.
class StreamThread {
 public:
  StreamThread() : work_(asio::make_work_guard(context_)), thread_([this] { run(); }) {}
  ~StreamThread() {
    work_.reset();
    thread_.join();
  }
  StreamThread(const StreamThread&) = delete;
  StreamThread& operator=(const StreamThread&) = delete;

  Executor executor() { return context_.get_executor(); }

 private:
  void run() {
    ::pthread_setname_np(::pthread_self(), "vidi-infer");
    context_.run();
  }

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

// What waits, and the streams that serve it. A stream holds it too: one that has handed out its last answers looks for
// more, and by then those who asked may have let the model go.
class Batches final : public std::enable_shared_from_this<Batches> {
 public:
  // `executors`: those of the streams' own threads, if they have some.
  Batches(std::unique_ptr<Model> model, const BatchOptions& options, std::size_t streams,
          std::vector<Executor> executors)
      : model_(std::move(model)),
        most_(std::max<std::size_t>(1, options.rows)),
        streams_(streams),
        max_waiting_(options.max_waiting),
        max_wait_(options.max_wait),
        sizes_(options.sizes),
        executors_(std::move(executors)) {
    for (std::size_t i = 0; i < streams_; ++i) idle_.push_back(i);
  }

  [[nodiscard]] const Model& model() const { return *model_; }

  [[nodiscard]] bool overloaded() const {
    const std::scoped_lock lock(mutex_);
    return waits_too_long(1);
  }

  [[nodiscard]] Statistics statistics() const {
    const std::scoped_lock lock(mutex_);
    return statistics_;
  }

  Task<Result<Tensor>> infer(Tensor input, Deadline deadline) {
    if (!fits(input)) co_return co_await model_->infer(std::move(input), deadline);
    const std::size_t rows = rows_of(input);
    if (rows <= most_) co_return co_await wait_for_batch(std::move(input), deadline);
    Tensor all;
    for (std::size_t first = 0; first < rows; first += most_) {
      Tensor part = slice(input, first, std::min(most_, rows - first));
      auto output = co_await wait_for_batch(std::move(part), deadline);
      if (!output) co_return output;
      append(all, std::move(*output));
    }
    co_return all;
  }

 private:
  // Whether the model takes it: a wrong one must not spoil the others' batch.
  [[nodiscard]] bool fits(const Tensor& input) const {
    const std::vector<std::int64_t>& wanted = model_->input().shape;
    if (input.shape.size() != wanted.size() || input.shape.front() < 1) return false;
    for (std::size_t i = 1; i < wanted.size(); ++i) {
      // A size that varies would vary within a batch.
      if (wanted[i] != input.shape[i]) return false;
    }
    const auto count = std::accumulate(input.shape.begin(), input.shape.end(), std::int64_t{1}, std::multiplies<>());
    return static_cast<std::size_t>(count) == input.values.size();
  }

  Task<Result<Tensor>> wait_for_batch(Tensor input, Deadline deadline) {
    const Executor executor = co_await asio::this_coro::executor;
    auto start = [&](Completion<Result<Tensor>> done) {
      add(executor,
          Request{.input = std::move(input), .done = std::move(done), .asked = Clock::now(), .deadline = deadline});
    };
    co_return co_await wait_for<Result<Tensor>>(start);
  }

  void add(const Executor& asker, Request request) {
    const std::size_t rows = rows_of(request.input);
    bool in_time = true;
    {
      const std::scoped_lock lock(mutex_);
      const auto wait = std::chrono::duration_cast<Clock::duration>(expected_wait());
      in_time = request.deadline == kNoDeadline || request.asked + wait < request.deadline;
      const bool too_much = waits_too_long(rows);
      if (in_time && !too_much) {
        waiting_rows_ += rows;
        waiting_.push_back(std::move(request));
        if (idle_.empty()) return;  // who is free next takes it
        const std::size_t stream = idle_.back();
        idle_.pop_back();
        start(asker, stream);
        return;
      }
    }
    request.done(in_time ? fail(ErrorCode::overloaded, kBusy) : fail(ErrorCode::deadline_exceeded, kLate));
  }

  // So many rows more than wait already. mutex_ is held.
  [[nodiscard]] bool waits_too_long(std::size_t rows) const {
    const Seconds most = pressed_ ? max_wait_ / kPressed : max_wait_;
    const bool too_long = waiting_rows_ + rows > most_ && expected_wait() > most;
    pressed_ = pressed_ || too_long;
    return too_long || waiting_rows_ + rows > max_waiting_;
  }

  // Of what is asked now; none until it is known what a row of a full batch takes. mutex_ is held.
  [[nodiscard]] Seconds expected_wait() const {
    return static_cast<double>(waiting_rows_) * row_time_ / static_cast<double>(streams_);
  }

  // A stream without a thread of its own goes behind all that the asker's executor can run now, so that what is asked
  // there too is taken along.
  void start(const Executor& asker, std::size_t stream) {
    if (!executors_.empty()) {
      spawn(executors_[stream], serve(shared_from_this(), stream));
      return;
    }
    asio::post(asker, [self = shared_from_this(), asker, stream] { spawn(asker, serve(self, stream)); });
  }

  // Serves as that stream for as long as something waits, and lets an asker's executor run what else is ready between
  // two batches.
  static Task<void> serve(std::shared_ptr<Batches> self, std::size_t stream) {
    for (;;) {
      std::vector<Request> late;
      std::vector<Request> batch = self->take(stream, late);
      for (Request& request : late) request.done(fail(ErrorCode::deadline_exceeded, kLate));
      if (batch.empty()) co_return;
      co_await self->serve_batch(std::move(batch));
      if (self->executors_.empty()) co_await asio::post(asio::use_awaitable);
    }
  }

  // The next batch; empty, and the stream is idle, when nothing waits. Those whose deadline has passed go to `late`.
  std::vector<Request> take(std::size_t stream, std::vector<Request>& late) {
    std::vector<Request> batch;
    std::size_t rows = 0;
    const auto time = Clock::now();
    const std::scoped_lock lock(mutex_);
    while (!waiting_.empty()) {
      Request& next = waiting_.front();
      const std::size_t more = rows_of(next.input);
      const bool expired = next.deadline <= time;
      if (!expired && rows + more > most_) break;
      if (!expired) rows += more;
      waiting_rows_ -= more;
      (expired ? late : batch).push_back(std::move(next));
      waiting_.pop_front();
    }
    if (batch.empty()) {
      idle_.push_back(stream);
      pressed_ = false;
    }
    return batch;
  }

  Task<void> serve_batch(std::vector<Request> batch) {
    std::size_t rows = 0;
    for (const Request& request : batch) rows += rows_of(request.input);
    const auto begin = Clock::now();
    Tensor input = joined(batch, rows);
    Result<Tensor> output;
    try {
      output = co_await model_->infer(std::move(input));
    } catch (const std::exception& error) {
      output = fail(ErrorCode::internal, fmt::format("the inference failed: {}", error.what()));
    }
    count(batch, rows, begin, Clock::now());
    if (batch.size() == 1 || !output) {
      for (std::size_t i = 1; i < batch.size(); ++i) batch[i].done(output);
      batch.front().done(std::move(output));
      co_return;
    }
    std::size_t first = 0;
    for (Request& request : batch) {
      const std::size_t size = rows_of(request.input);
      request.done(slice(*output, first, size));
      first += size;
    }
  }

  void count(const std::vector<Request>& batch, std::size_t rows, Clock::time_point begin, Clock::time_point end) {
    const std::scoped_lock lock(mutex_);
    for (const Request& request : batch) statistics_.waited += begin - request.asked;
    Statistics::Batches& batches = statistics_.by_rows[rows];
    ++batches.count;
    batches.computed += end - begin;
    if (sizes_ != nullptr) sizes_->observe(rows);
    // What waits for long goes in full batches, and a row of a small one takes several times as long.
    if (rows * 2 < most_) return;
    const Seconds row = Seconds(end - begin) / static_cast<double>(rows);
    row_time_ = row_time_ == Seconds::zero() ? row : 0.9 * row_time_ + 0.1 * row;
  }

  const std::unique_ptr<Model> model_;
  const std::size_t most_;
  const std::size_t streams_;
  const std::size_t max_waiting_;
  const Seconds max_wait_;
  telemetry::Histogram* const sizes_;
  mutable std::mutex mutex_;
  std::deque<Request> waiting_;
  std::size_t waiting_rows_ = 0;
  mutable bool pressed_ = false;   // more came than could be answered, since something waits
  std::vector<std::size_t> idle_;  // streams
  Seconds row_time_{};             // in the full batches of late
  Statistics statistics_;
  const std::vector<Executor> executors_;
};

class BatchingModel final : public Model {
 public:
  BatchingModel(std::unique_ptr<Model> model, const BatchOptions& options) {
    const std::size_t streams =
        options.streams > 0 ? options.streams : std::max(1U, std::thread::hardware_concurrency());
    std::vector<Executor> executors;
    for (std::size_t i = 0; options.own_threads && i < streams; ++i) {
      threads_.push_back(std::make_unique<StreamThread>());
      executors.push_back(threads_.back()->executor());
    }
    batches_ = std::make_shared<Batches>(std::move(model), options, streams, std::move(executors));
  }

  [[nodiscard]] const TensorInfo& input() const override { return batches_->model().input(); }
  [[nodiscard]] const TensorInfo& output() const override { return batches_->model().output(); }
  [[nodiscard]] bool overloaded() const override { return batches_->overloaded(); }
  [[nodiscard]] Statistics statistics() const override { return batches_->statistics(); }
  Task<Result<Tensor>> infer(Tensor input, Deadline deadline) override {
    return batches_->infer(std::move(input), deadline);
  }

 private:
  std::shared_ptr<Batches> batches_;
  std::vector<std::unique_ptr<StreamThread>> threads_;  // last: they end before what they serve does
};

}  // namespace

std::unique_ptr<Model> batch(std::unique_ptr<Model> model, const BatchOptions& options) {
  const std::vector<std::int64_t>& input = model->input().shape;
  const std::vector<std::int64_t>& output = model->output().shape;
  if (input.empty() || input.front() >= 0 || output.empty() || output.front() >= 0) return model;
  return std::make_unique<BatchingModel>(std::move(model), options);
}

telemetry::Histogram& batch_sizes(const std::string& model) {
  return telemetry::registry().histogram({.name = "vidi_batch_rows", .help = "Rows that a model inferred together."},
                                         telemetry::row_buckets(), {{"model", model}});
}

}  // namespace vidi::inference
