#include "inference/tuning.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "inference/fake_runtime.hpp"

namespace vidi::inference {
namespace {

using std::chrono::milliseconds;

constexpr Attributes kProcessors{.on_cpu = true};
constexpr Attributes kDevice{.on_cpu = false, .streams = 3, .picture_batch = 64};

// The threads of each load, one after the other.
std::vector<std::size_t> threads_of(const FakeRuntimeLog& log) {
  std::vector<std::size_t> threads;
  for (const LoadOptions& each : log.loads) threads.push_back(each.threads);
  return threads;
}

TEST(Tuning, OneThreadIsEnoughForASmallNetwork) {
  FakeRuntimeLog log;
  const auto runtime = make_fake_runtime({.attributes = kProcessors, .time_of_batch = {}}, log);
  ASSERT_TRUE(load_tuned(*runtime, "model.onnx", {}, 8));
  EXPECT_EQ(threads_of(log), (std::vector<std::size_t>{1}));
  EXPECT_GT(log.inferred, 1U) << "it was measured";
}

TEST(Tuning, ALargeNetworkHasMoreThreadsAsLongAsTheyPay) {
  FakeRuntimeLog log;
  const auto time = [](std::size_t threads) { return milliseconds(threads == 1 ? 24 : 12); };
  const auto runtime = make_fake_runtime({.attributes = kProcessors, .time_of_batch = time}, log);
  ASSERT_TRUE(load_tuned(*runtime, "model.onnx", {}, 8));
  EXPECT_EQ(threads_of(log), (std::vector<std::size_t>{1, 2, 4})) << "four are no faster than two";
}

TEST(Tuning, NoNetworkHasMoreThreadsThanThereAreProcessors) {
  FakeRuntimeLog log;
  const auto time = [](std::size_t threads) { return milliseconds(40 / threads); };
  const auto runtime = make_fake_runtime({.attributes = kProcessors, .time_of_batch = time}, log);
  ASSERT_TRUE(load_tuned(*runtime, "model.onnx", {}, 2));
  EXPECT_EQ(threads_of(log), (std::vector<std::size_t>{1, 2}));
}

TEST(Tuning, WhatIsGivenIsNotMeasured) {
  FakeRuntimeLog log;
  const auto runtime = make_fake_runtime({.attributes = kProcessors, .time_of_batch = {}}, log);
  ASSERT_TRUE(load_tuned(*runtime, "model.onnx", {.threads = 2, .streams = 1}, 8));
  EXPECT_EQ(threads_of(log), (std::vector<std::size_t>{2}));
  EXPECT_EQ(log.inferred, 0U);
}

TEST(Tuning, ADeviceOfItsOwnIsNotMeasuredAndHasTheStreamsThatItsRuntimeStates) {
  FakeRuntimeLog log;
  const auto slow = [](std::size_t) { return milliseconds(20); };
  const auto runtime = make_fake_runtime({.attributes = kDevice, .time_of_batch = slow}, log);
  ASSERT_TRUE(load_tuned(*runtime, "model.onnx", {}, 8));
  ASSERT_EQ(log.loads.size(), 1U);
  EXPECT_EQ(log.loads[0].streams, 3U);
  EXPECT_EQ(log.inferred, 0U);
}

TEST(Tuning, ATunedModelAnswers) {
  FakeRuntimeLog log;
  for (const Attributes& attributes : {kProcessors, kDevice}) {
    const auto runtime = make_fake_runtime({.attributes = attributes, .time_of_batch = {}}, log);
    const auto model = load_tuned(*runtime, "model.onnx", {}, 2);
    ASSERT_TRUE(model);
    const auto answer = run((*model)->infer(Tensor{.shape = {1, 1, 1, 1}, .values = {7}}));
    ASSERT_TRUE(answer);
    EXPECT_FLOAT_EQ(answer->values[7], 0.9F);
  }
}

TEST(Tuning, PicturesHaveABatchForEachProcessor) {
  const PictureNetworkOptions chosen = tuned(kProcessors, {}, 6);
  EXPECT_EQ(chosen.batch, 4U);
  EXPECT_EQ(chosen.threads, 6U);
  EXPECT_EQ(chosen.streams, 6U);
  EXPECT_EQ(tuned(kProcessors, {.threads = 2}, 6).streams, 2U);
  EXPECT_EQ(tuned(kProcessors, {.streams = 3, .threads = 2}, 6).threads, 3U) << "a stream has a thread at least";
  EXPECT_EQ(tuned(kProcessors, {.batch = 9}, 6).batch, 9U);
}

TEST(Tuning, PicturesOnADeviceHaveWhatItsRuntimeStates) {
  const PictureNetworkOptions chosen = tuned(kDevice, {}, 6);
  EXPECT_EQ(chosen.batch, 64U);
  EXPECT_EQ(chosen.streams, 3U);
  FakeRuntimeLog log;
  const auto runtime = make_fake_runtime({.attributes = kDevice, .time_of_batch = {}}, log);
  const auto network = runtime->compile_pictures({}, {.width = 2, .height = 1, .channels = 1}, chosen);
  ASSERT_TRUE(network);
  const std::vector<std::uint8_t> pictures{1, 2, 3, 4};
  std::vector<float> rows(2);
  ASSERT_TRUE((*network)->infer(pictures, 2, rows));
  EXPECT_EQ(rows, (std::vector<float>{3, 7}));
  EXPECT_EQ(describe(**network),
            "convolutions and matrix products: 1 in f32; on fake, 3 batches of 64 pictures at a time");
}

}  // namespace
}  // namespace vidi::inference
