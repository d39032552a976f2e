#include "recognition/response_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "core/bytes.hpp"

namespace vidi::recognition {
namespace {

Digest digest_of(int number) { return sha256(to_bytes(std::to_string(number))); }

Recognition answer(const std::string& result) {
  Recognition recognition;
  recognition.prediction.id = make_uuid(now());
  recognition.prediction.user = "alice";
  recognition.prediction.filename = "a.png";
  recognition.prediction.result = result;
  recognition.prediction.confidence = 0.75;
  recognition.prediction.candidates = {{.label = result, .probability = 0.75}};
  recognition.row = {0.25F, 0.75F};
  return recognition;
}

TEST(ResponseCache, GivesBackTheAnswerAndNothingOfTheRequest) {
  ResponseCache cache(1U << 20U);
  const auto model = std::make_shared<const models::LoadedModel>();
  EXPECT_FALSE(cache.find(digest_of(1), model));
  cache.store(digest_of(1), model, answer("4"));
  const auto found = cache.find(digest_of(1), model);
  ASSERT_TRUE(found);
  Recognition expected = answer("4");
  expected.prediction.id = {};
  expected.prediction.user = {};
  expected.prediction.filename = {};
  EXPECT_EQ(found->prediction, expected.prediction);
  EXPECT_EQ(found->row, expected.row);
  EXPECT_FALSE(cache.find(digest_of(2), model));
}

TEST(ResponseCache, AModelThatWasLoadedAnewIsAnotherOne) {
  ResponseCache cache(1U << 20U);
  auto model = std::make_shared<const models::LoadedModel>();
  cache.store(digest_of(1), model, answer("4"));
  EXPECT_FALSE(cache.find(digest_of(1), std::make_shared<const models::LoadedModel>()));
  // One at the same address, as after a reload.
  const auto* const address = model.get();
  model.reset();
  const std::shared_ptr<const models::LoadedModel> same_place(address, [](const models::LoadedModel*) {});
  EXPECT_FALSE(cache.find(digest_of(1), same_place));
}

TEST(ResponseCache, ForgetsWhatWasUsedLeastRecently) {
  ResponseCache cache(4096);
  const auto model = std::make_shared<const models::LoadedModel>();
  constexpr int kMany = 100;
  for (int i = 0; i < kMany; ++i) {
    cache.store(digest_of(i), model, answer("4"));
    EXPECT_TRUE(cache.find(digest_of(0), model)) << "what is asked for again and again stays, " << i;
  }
  int kept = 0;
  for (int i = 0; i < kMany; ++i) kept += cache.find(digest_of(i), model) ? 1 : 0;
  EXPECT_GE(kept, 3);
  EXPECT_LT(kept, 20);
  EXPECT_TRUE(cache.find(digest_of(kMany - 1), model));
}

TEST(ResponseCache, OfNoBytesIsOff) {
  ResponseCache cache(0);
  const auto model = std::make_shared<const models::LoadedModel>();
  cache.store(digest_of(1), model, answer("4"));
  EXPECT_FALSE(cache.enabled());
  EXPECT_FALSE(cache.find(digest_of(1), model));
}

TEST(ResponseCache, ThreadsGetTheAnswerOfTheirPicture) {
  ResponseCache cache(1U << 14U);
  const auto model = std::make_shared<const models::LoadedModel>();
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < 2000; ++i) {
          const int picture = (i * 7 + thread) % 50;
          const auto found = cache.find(digest_of(picture), model);
          if (found && found->prediction.result != std::to_string(picture)) ++wrong;
          if (!found) cache.store(digest_of(picture), model, answer(std::to_string(picture)));
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vidi::recognition
