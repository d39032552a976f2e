#include "recognition/recorder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "objects/memory/memory_store.hpp"
#include "records/memory/memory_store.hpp"

namespace vidi::recognition {
namespace {

records::Prediction prediction_of(ByteView picture) {
  records::Prediction prediction;
  prediction.time = now();
  prediction.id = make_uuid(prediction.time);
  prediction.image = sha256(picture);
  prediction.result = "4";
  return prediction;
}

class RecorderTest : public testing::Test {
 protected:
  Uuid record(ByteView picture) {
    records::Prediction prediction = prediction_of(picture);
    const Uuid id = prediction.id;
    const auto recorded = run(recorder_.record(std::move(prediction), picture));
    EXPECT_TRUE(recorded);
    return id;
  }
  bool kept(ByteView picture) { return *run(objects_->contains(sha256(picture))); }

  std::unique_ptr<records::RecordStore> records_ = records::memory::make_store();
  std::unique_ptr<objects::ObjectStore> objects_ = objects::memory::make_store();
  Recorder recorder_{*records_, *objects_};
};

TEST_F(RecorderTest, KeepsThePictureWithThePrediction) {
  const Uuid id = record(as_bytes("picture"));
  EXPECT_TRUE(kept(as_bytes("picture")));
  EXPECT_TRUE(run(records_->find(id))->has_value());
}

TEST_F(RecorderTest, ForgettingTheLastPredictionForgetsThePicture) {
  const Uuid first = record(as_bytes("picture"));
  const Uuid second = record(as_bytes("picture"));
  EXPECT_TRUE(*run(recorder_.forget(first)));
  EXPECT_TRUE(kept(as_bytes("picture")));
  EXPECT_TRUE(*run(recorder_.forget(second)));
  EXPECT_FALSE(kept(as_bytes("picture")));
  EXPECT_FALSE(*run(recorder_.forget(second)));
}

// A store of objects that can be away.
class AwayObjects final : public objects::ObjectStore {
 public:
  explicit AwayObjects(objects::ObjectStore& store) : store_(store) {}
  Task<Result<void>> put(Digest digest, ByteView bytes) override { return store_.put(digest, bytes); }
  Task<Result<std::optional<Bytes>>> get(Digest digest) override { return store_.get(digest); }
  Task<Result<bool>> contains(Digest digest) override { return store_.contains(digest); }
  Task<Result<bool>> remove(Digest digest) override {
    if (away) co_return fail(ErrorCode::unavailable, "away");
    co_return co_await store_.remove(digest);
  }
  Task<Result<void>> check() override {
    if (away) co_return fail(ErrorCode::unavailable, "away");
    co_return Result<void>();
  }
  bool away = false;

 private:
  objects::ObjectStore& store_;
};

TEST_F(RecorderTest, ForgetsNothingWhileThePictureCannotBeRemoved) {
  AwayObjects objects(*objects_);
  Recorder recorder(*records_, objects);
  const Uuid id = record(as_bytes("picture"));
  objects.away = true;
  const auto refused = run(recorder.forget(id));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_TRUE(run(records_->find(id))->has_value());
  objects.away = false;
  EXPECT_TRUE(*run(recorder.forget(id)));
  EXPECT_FALSE(kept(as_bytes("picture")));
}

TEST_F(RecorderTest, ARequestWithoutAPictureIsRecordedWithoutOne) {
  records::Prediction prediction = prediction_of({});
  prediction.image.reset();
  const Uuid id = prediction.id;
  ASSERT_TRUE(run(recorder_.record(prediction, {})));
  EXPECT_TRUE(*run(recorder_.forget(id)));
}

// Threads record and forget predictions of the same picture: at no moment may a recorded prediction lack its picture.
TEST_F(RecorderTest, APictureIsNeverForgottenWhileAPredictionRefersToIt) {
  const Bytes picture = to_bytes("shared picture");
  std::atomic<int> lost = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 300; ++i) {
        records::Prediction prediction = prediction_of(picture);
        const Uuid id = prediction.id;
        if (!run(recorder_.record(std::move(prediction), picture))) ++lost;
        if (!*run(objects_->contains(sha256(picture)))) ++lost;
        if (!*run(recorder_.forget(id))) ++lost;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(lost, 0);
  EXPECT_FALSE(kept(picture));
}

}  // namespace
}  // namespace vidi::recognition
