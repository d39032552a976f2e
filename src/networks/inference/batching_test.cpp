#include "inference/batching.hpp"
#include "core/task.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <thread>

#include "inference/fake.hpp"

namespace vidi::inference {
namespace {

// How many rows each inference had.
class Counting final : public Model {
 public:
  Counting(std::unique_ptr<Model> model, std::vector<std::int64_t>& batches)
      : model_(std::move(model)), batches_(batches) {}

  [[nodiscard]] const TensorInfo& input() const override { return model_->input(); }
  [[nodiscard]] const TensorInfo& output() const override { return model_->output(); }

  Task<Result<Tensor>> infer(Tensor input, Deadline deadline) override {
    {
      const std::scoped_lock lock(mutex_);
      batches_.push_back(input.shape.front());
    }
    return model_->infer(std::move(input), deadline);
  }

 private:
  const std::unique_ptr<Model> model_;
  std::mutex mutex_;
  std::vector<std::int64_t>& batches_;
};

// Rows of one pixel, whose classes are `first`, `first` + 1, ...
Tensor rows(std::int64_t count, int first) {
  Tensor tensor{{count, 1, 1, 1}, {}};
  for (std::int64_t i = 0; i < count; ++i) tensor.values.push_back(static_cast<float>(first + i));
  return tensor;
}

int class_of(const Tensor& tensor, std::size_t row) {
  const auto begin = tensor.values.begin() + static_cast<std::ptrdiff_t>(row * 10);
  return static_cast<int>(std::max_element(begin, begin + 10) - begin);
}

Task<void> ask(Model& model, std::int64_t count, int first, int& right) {
  Tensor input = rows(count, first);
  const auto answer = co_await model.infer(std::move(input));
  if (!answer || answer->shape != std::vector<std::int64_t>{count, 10}) co_return;
  for (std::int64_t i = 0; i < count; ++i) {
    if (class_of(*answer, static_cast<std::size_t>(i)) == (first + i) % 10) ++right;
  }
}

// Asks for inputs of 1, 2, 3, 1, 2, 3, ... rows, `times` at once, and returns how many rows were answered rightly.
int ask_at_once(Model& model, int times) {
  boost::asio::io_context context(1);
  int right = 0;
  for (int i = 0; i < times; ++i) {
    spawn(context.get_executor(), ask(model, 1 + i % 3, i, right));
  }
  context.run();
  return right;
}

TEST(Batching, GathersWhatIsAskedAtOnceAndGivesEachItsOwnRows) {
  std::vector<std::int64_t> batches;
  const auto model = batch(std::make_unique<Counting>(make_fake_model(1, 1, 10), batches), {.rows = 8});
  EXPECT_EQ(ask_at_once(*model, 9), 18);
  EXPECT_LT(batches.size(), 4U);
  for (const std::int64_t each : batches) EXPECT_LE(each, 8);
}

TEST(Batching, ARequestAloneIsItsOwnBatchAndALargeOneSeveral) {
  std::vector<std::int64_t> batches;
  const auto model = batch(std::make_unique<Counting>(make_fake_model(1, 1, 10), batches), {.rows = 8});
  EXPECT_EQ(class_of(*run(model->infer(rows(1, 7))), 0), 7);
  EXPECT_EQ(class_of(*run(model->infer(rows(20, 3))), 19), 2);
  EXPECT_EQ(batches, (std::vector<std::int64_t>{1, 8, 8, 4}));
}

TEST(Batching, AnInputOfAnotherShapeGoesByItself) {
  std::vector<std::int64_t> batches;
  const auto model = batch(std::make_unique<Counting>(make_fake_model(1, 1, 10), batches), {.rows = 8});
  boost::asio::io_context context(1);
  int right = 0;
  const auto ask_wrongly = [&]() -> Task<void> {
    Tensor wrong{{1, 2, 1, 1}, {1, 2}};
    const auto answer = co_await model->infer(std::move(wrong));
  };
  spawn(context.get_executor(), ask(*model, 2, 4, right));
  spawn(context.get_executor(), ask_wrongly());
  spawn(context.get_executor(), ask(*model, 2, 8, right));
  context.run();
  EXPECT_EQ(right, 4);
  EXPECT_EQ(batches, (std::vector<std::int64_t>{1, 4}));
}

Task<void> ask_and_let_go(std::unique_ptr<Model> model, bool& answered) {
  Tensor input = rows(1, 3);
  const auto answer = co_await model->infer(std::move(input));
  answered = answer && class_of(*answer, 0) == 3;
}

// The stream that has answered looks for more afterwards. Under the address sanitizer it must find itself alive.
TEST(Batching, WhoeverIsAnsweredMayLetTheModelGo) {
  for (const bool own_threads : {false, true}) {
    auto model = batch(make_fake_model(1, 1, 10), {.rows = 8, .own_threads = own_threads});
    boost::asio::io_context context(1);
    bool answered = false;
    spawn(context.get_executor(), ask_and_let_go(std::move(model), answered));
    context.run();
    EXPECT_TRUE(answered);
  }
}

TEST(Batching, AFailureIsEverybodys) {
  const auto model = batch(make_failing_model({.code = ErrorCode::internal, .message = "no"}), {.rows = 8});
  EXPECT_EQ(ask_at_once(*model, 6), 0);
}

// Does not answer before it is let go.
class Gated final : public Model {
 public:
  explicit Gated(std::unique_ptr<Model> model) : model_(std::move(model)) {}

  [[nodiscard]] const TensorInfo& input() const override { return model_->input(); }
  [[nodiscard]] const TensorInfo& output() const override { return model_->output(); }

  Task<Result<Tensor>> infer(Tensor input, Deadline deadline) override {
    co_await wait_for<bool>([this](Completion<bool> done) { held_.push_back(std::move(done)); });
    co_return co_await model_->infer(std::move(input), deadline);
  }

  [[nodiscard]] std::size_t held() const { return held_.size(); }
  void let_go() {
    for (Completion<bool>& done : std::exchange(held_, {})) done(true);
  }

 private:
  const std::unique_ptr<Model> model_;
  std::vector<Completion<bool>> held_;
};

TEST(Batching, WhatComesWhileAllStreamsAreBusyGathers) {
  std::vector<std::int64_t> batches;
  auto gated = std::make_unique<Gated>(std::make_unique<Counting>(make_fake_model(1, 1, 10), batches));
  Gated& gate = *gated;
  const auto model = batch(std::move(gated), {.rows = 8, .streams = 1});
  boost::asio::io_context context(1);
  int right = 0;
  spawn(context.get_executor(), ask(*model, 1, 0, right));
  while (gate.held() == 0) context.run_one();
  for (int i = 0; i < 12; ++i) spawn(context.get_executor(), ask(*model, 1, i, right));
  context.poll();
  EXPECT_EQ(gate.held(), 1U) << "a second batch was begun though there is one stream";
  while (gate.held() > 0) {
    gate.let_go();
    context.poll();
  }
  EXPECT_EQ(right, 13);
  EXPECT_EQ(batches, (std::vector<std::int64_t>{1, 8, 4}));
  const Statistics statistics = model->statistics();
  EXPECT_EQ(statistics.by_rows.at(8).count, 1U);
  EXPECT_GT(statistics.by_rows.at(8).computed.count(), 0);
}

TEST(Batching, RefusesMoreThanMayWait) {
  auto gated = std::make_unique<Gated>(make_fake_model(1, 1, 10));
  Gated& gate = *gated;
  const auto model = batch(std::move(gated), {.rows = 2, .streams = 1, .max_waiting = 3});
  boost::asio::io_context context(1);
  std::vector<Result<Tensor>> answers(6);
  const auto ask_one = [&](std::size_t i) -> Task<void> {
    Tensor input = rows(1, 1);
    answers[i] = co_await model->infer(std::move(input));
  };
  spawn(context.get_executor(), ask_one(0));
  context.poll();
  for (std::size_t i = 1; i < answers.size(); ++i) spawn(context.get_executor(), ask_one(i));
  context.poll();
  while (gate.held() > 0) {
    gate.let_go();
    context.poll();
  }
  const auto refused = std::ranges::count_if(answers, [](const auto& answer) { return !answer; });
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(answers[5].error().code, ErrorCode::overloaded);
}

// Takes its time over every batch.
class Slow final : public Model {
 public:
  explicit Slow(std::unique_ptr<Model> model) : model_(std::move(model)) {}

  [[nodiscard]] const TensorInfo& input() const override { return model_->input(); }
  [[nodiscard]] const TensorInfo& output() const override { return model_->output(); }

  Task<Result<Tensor>> infer(Tensor input, Deadline deadline) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return model_->infer(std::move(input), deadline);
  }

 private:
  const std::unique_ptr<Model> model_;
};

TEST(Batching, RefusesWhatWouldWaitTooLong) {
  using std::chrono::milliseconds;
  const auto model = batch(std::make_unique<Slow>(make_fake_model(1, 1, 10)),
                           {.rows = 1, .streams = 1, .own_threads = true, .max_wait = milliseconds(100)});
  ASSERT_TRUE(run(model->infer(rows(1, 1)))) << "how long a row takes is known from now on";
  boost::asio::io_context context(1);
  std::size_t answered = 0;
  std::size_t refused = 0;
  const auto ask_one = [&]() -> Task<void> {
    Tensor input = rows(1, 1);
    const auto answer = co_await model->infer(std::move(input));
    if (answer) ++answered;
    if (!answer && answer.error().code == ErrorCode::overloaded) ++refused;
  };
  for (int i = 0; i < 40; ++i) spawn(context.get_executor(), ask_one());
  context.run();
  EXPECT_EQ(answered + refused, 40U);
  EXPECT_GE(answered, 2U);
  EXPECT_LE(answered, 8U) << "at 20 ms a row, 100 ms hold five, beside the one that is computed";
}

TEST(Batching, AllowsAFifthOfTheWaitOnceItIsUsedUp) {
  using std::chrono::milliseconds;
  const auto model = batch(std::make_unique<Slow>(make_fake_model(1, 1, 10)),
                           {.rows = 1, .streams = 1, .own_threads = true, .max_wait = milliseconds(200)});
  ASSERT_TRUE(run(model->infer(rows(1, 1)))) << "how long a row takes is known from now on: 20 ms";
  EXPECT_FALSE(model->overloaded());
  boost::asio::io_context context(1);
  std::size_t answered = 0;
  bool again = false;
  const auto ask_one = [&]() -> Task<void> {
    Tensor input = rows(1, 1);
    const auto answer = co_await model->infer(std::move(input));
    if (!answer) co_return;
    // Some of the burst have been answered by now, and there would be room for what comes if a burst were allowed.
    if (++answered == 4) again = model->overloaded();
  };
  for (int i = 0; i < 40; ++i) spawn(context.get_executor(), ask_one());
  context.poll();
  EXPECT_TRUE(model->overloaded());
  context.run();
  EXPECT_GE(answered, 4U);
  EXPECT_TRUE(again);
  EXPECT_FALSE(model->overloaded()) << "nothing waits any more";
  ASSERT_TRUE(run(model->infer(rows(1, 1))));
}

TEST(Batching, DoesNotBeginWhatWouldBeLate) {
  std::vector<std::int64_t> batches;
  auto gated = std::make_unique<Gated>(std::make_unique<Counting>(make_fake_model(1, 1, 10), batches));
  Gated& gate = *gated;
  const auto model = batch(std::move(gated), {.rows = 8, .streams = 1});
  boost::asio::io_context context(1);
  const auto now = std::chrono::steady_clock::now();
  const std::array deadlines{kNoDeadline, now - std::chrono::seconds(1), now + std::chrono::milliseconds(30),
                             now + std::chrono::hours(1)};
  std::vector<Result<Tensor>> answers(deadlines.size(), fail(ErrorCode::internal, "not answered"));
  const auto ask_one = [&](std::size_t i) -> Task<void> {
    Tensor input = rows(1, 1);
    answers[i] = co_await model->infer(std::move(input), deadlines[i]);
  };
  for (std::size_t i = 0; i < answers.size(); ++i) {
    spawn(context.get_executor(), ask_one(i));
    context.poll();
  }
  EXPECT_EQ(gate.held(), 1U);
  EXPECT_EQ(answers[1].error().code, ErrorCode::deadline_exceeded) << "it is late when it comes";
  std::this_thread::sleep_until(now + std::chrono::milliseconds(50));
  while (gate.held() > 0) {
    gate.let_go();
    context.poll();
  }
  EXPECT_TRUE(answers[0]);
  EXPECT_EQ(answers[2].error().code, ErrorCode::deadline_exceeded) << "it became late while it waited";
  EXPECT_TRUE(answers[3]);
  EXPECT_EQ(batches, (std::vector<std::int64_t>{1, 1}));
}

TEST(Batching, ThreadsDoNotDisturbEachOther) {
  std::vector<std::int64_t> batches;
  const auto model = batch(std::make_unique<Counting>(make_fake_model(1, 1, 10), batches), {.rows = 8});
  std::array<int, 4> right{};
  {
    std::vector<std::jthread> threads;
    for (int& count : right) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) count += ask_at_once(*model, 9);
      });
    }
  }
  EXPECT_EQ(right, (std::array{900, 900, 900, 900}));
}

}  // namespace
}  // namespace vidi::inference
