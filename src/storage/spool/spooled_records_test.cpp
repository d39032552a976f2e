#include "spool/spooled_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "contract/sample_predictions.hpp"
#include "records/memory/memory_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::spool {
namespace {

using namespace std::chrono_literals;
using records::Prediction;
using records::sample_prediction;

enum class Mood { well, absent, silent, refusing };

// A store that can be made to fail as remote ones do.
class MoodyStore final : public records::RecordStore {
 public:
  explicit MoodyStore(std::shared_ptr<std::atomic<Mood>> mood) : mood_(std::move(mood)) {}

  Task<Result<void>> append(Prediction prediction) override {
    if (const auto trouble = co_await this->trouble()) co_return std::unexpected(*trouble);
    co_return co_await store_->append(std::move(prediction));
  }
  Task<Result<std::optional<Prediction>>> find(Uuid id) override {
    if (const auto trouble = co_await this->trouble()) co_return std::unexpected(*trouble);
    co_return co_await store_->find(id);
  }
  Task<Result<records::Page>> list(records::Query query) override { return store_->list(std::move(query)); }
  Task<Result<records::Tallies>> tally(records::Hours hours) override { return store_->tally(hours); }
  Task<Result<bool>> correct(Uuid id, records::Correction correction) override {
    return store_->correct(id, std::move(correction));
  }
  Task<Result<records::Forgotten>> forget(Uuid id) override { return store_->forget(id); }
  Task<Result<void>> check() override {
    if (const auto trouble = co_await this->trouble()) co_return std::unexpected(*trouble);
    co_return Result<void>();
  }

 private:
  Task<std::optional<Error>> trouble() {
    if (*mood_ == Mood::absent) co_return Error{ErrorCode::unavailable, "nobody is there"};
    if (*mood_ == Mood::refusing) co_return Error{ErrorCode::invalid_argument, "not like this"};
    while (*mood_ == Mood::silent) {
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 5ms);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    co_return std::nullopt;
  }

  const std::shared_ptr<std::atomic<Mood>> mood_;
  const std::unique_ptr<records::RecordStore> store_ = records::memory::make_store();
};

class SpooledRecordsTest : public testing::Test {
 protected:
  void open() {
    spool_ = spool(std::make_unique<MoodyStore>(mood_),
                   {.folder = folder_.path() / "spool", .patience = 50ms, .pause = 10ms, .look = 20ms});
  }

  bool becomes(bool connected) {
    for (int i = 0; i < 1000 && spool_->connected() != connected; ++i) std::this_thread::sleep_for(10ms);
    return spool_->connected() == connected;
  }

  std::size_t stored() { return run(spool_->list({.limit = 1000}))->predictions.size(); }

  void wait_until_empty() {
    for (int i = 0; i < 1000 && spool_->depth().entries > 0; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(spool_->depth().entries, 0U);
  }

  const FreshFolder folder_;
  const std::shared_ptr<std::atomic<Mood>> mood_ = std::make_shared<std::atomic<Mood>>(Mood::well);
  std::unique_ptr<SpooledRecords> spool_;
};

TEST_F(SpooledRecordsTest, HandsOverAtOnceWhatTheStoreTakes) {
  open();
  ASSERT_TRUE(run(spool_->append(sample_prediction(1))));
  EXPECT_EQ(stored(), 1U);
  EXPECT_EQ(spool_->depth().entries, 0U);
}

TEST_F(SpooledRecordsTest, KeepsWhatAnAbsentStoreDoesNotTakeAndHandsItOverLater) {
  *mood_ = Mood::absent;
  open();
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(run(spool_->append(sample_prediction(i))));
  EXPECT_EQ(spool_->depth().entries, 200U);
  EXPECT_TRUE(run(spool_->check())) << "there is room in the spool";
  *mood_ = Mood::well;
  wait_until_empty();
  EXPECT_EQ(stored(), 200U);
  ASSERT_TRUE(run(spool_->append(sample_prediction(300))));
  wait_until_empty();
  EXPECT_EQ(stored(), 201U);
}

TEST_F(SpooledRecordsTest, DoesNotWaitForAStoreThatNeverAnswers) {
  open();
  // What took too long goes on where it was begun.
  boost::asio::io_context context(1);
  auto work = boost::asio::make_work_guard(context);
  const std::jthread thread([&] { context.run(); });
  *mood_ = Mood::silent;
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Prediction> predictions;
  for (int i = 0; i < 20; ++i) {
    predictions.push_back(sample_prediction(i));
    auto kept = boost::asio::co_spawn(context, spool_->append(predictions.back()), boost::asio::use_future);
    ASSERT_TRUE(kept.get());
  }
  // Only the first was waited for.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  *mood_ = Mood::well;
  wait_until_empty();
  EXPECT_EQ(stored(), 20U);
  for (const Prediction& prediction : predictions) EXPECT_EQ(**run(spool_->find(prediction.id)), prediction);
  work.reset();
}

TEST_F(SpooledRecordsTest, GivesAStoreThatIsUsuallyQuickLessTime) {
  boost::asio::io_context context(1);
  auto work = boost::asio::make_work_guard(context);
  const std::jthread thread([&] { context.run(); });
  spool_ = spool(std::make_unique<MoodyStore>(mood_),
                 {.folder = folder_.path() / "spool", .patience = 10min, .least_patience = 10ms});
  const auto append = [&](int number) {
    return boost::asio::co_spawn(context, spool_->append(sample_prediction(number)), boost::asio::use_future).get();
  };
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(append(i));
  *mood_ = Mood::silent;
  // It would take ten minutes.
  ASSERT_TRUE(append(500));
  EXPECT_EQ(spool_->depth().entries, 1U);
  *mood_ = Mood::well;
  wait_until_empty();
  work.reset();
}

TEST_F(SpooledRecordsTest, SaysThatAPredictionIsKeptButCannotBeReadYet) {
  *mood_ = Mood::absent;
  open();
  const Prediction prediction = sample_prediction(1);
  ASSERT_TRUE(run(spool_->append(prediction)));
  EXPECT_EQ(run(spool_->find(prediction.id)).error().code, ErrorCode::unavailable);
  EXPECT_EQ(run(spool_->correct(prediction.id, {})).error().code, ErrorCode::unavailable);
  EXPECT_EQ(run(spool_->forget(prediction.id)).error().code, ErrorCode::unavailable);
}

TEST_F(SpooledRecordsTest, KnowsWhetherTheStoreIsThereWithoutAnyRequest) {
  *mood_ = Mood::absent;
  open();
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(spool_->connected());
  *mood_ = Mood::well;
  EXPECT_TRUE(becomes(true));
  *mood_ = Mood::absent;
  EXPECT_TRUE(becomes(false));
  EXPECT_TRUE(run(spool_->check())) << "there is room in the spool";
}

TEST_F(SpooledRecordsTest, KnowsAtOnceWhenARequestFindsTheStoreGone) {
  spool_ = spool(std::make_unique<MoodyStore>(mood_),
                 {.folder = folder_.path() / "spool", .pause = 10ms, .look = std::chrono::hours(1)});
  ASSERT_TRUE(becomes(true));
  *mood_ = Mood::absent;
  ASSERT_TRUE(run(spool_->append(sample_prediction(1))));
  EXPECT_FALSE(spool_->connected());
  *mood_ = Mood::well;
  wait_until_empty();
  EXPECT_TRUE(spool_->connected());
}

TEST_F(SpooledRecordsTest, HandsOverWhatAProcessBeforeHasLeft) {
  *mood_ = Mood::absent;
  open();
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(run(spool_->append(sample_prediction(i))));
  spool_.reset();
  *mood_ = Mood::well;
  open();
  wait_until_empty();
  EXPECT_EQ(stored(), 50U);
}

TEST_F(SpooledRecordsTest, SetsAsideWhatNoStoreWillTakeAndGoesOn) {
  *mood_ = Mood::absent;
  open();
  ASSERT_TRUE(run(spool_->append(sample_prediction(1))));
  *mood_ = Mood::refusing;
  wait_until_empty();
  std::size_t aside = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder_.path() / "spool")) {
    aside += file.path().filename().string().starts_with("refused-") ? 1 : 0;
  }
  EXPECT_EQ(aside, 1U);
  *mood_ = Mood::well;
  const auto refused = run(spool_->append(sample_prediction(2)));
  EXPECT_TRUE(refused);
}

TEST_F(SpooledRecordsTest, IsNotReadyWhenItIsFullAndTheStoreIsAbsent) {
  *mood_ = Mood::absent;
  spool_ =
      spool(std::make_unique<MoodyStore>(mood_),
            {.folder = folder_.path() / "spool", .limits = {.bytes = 300'000, .segment_bytes = 1000}, .pause = 10ms});
  Result<void> last;
  int kept = 0;
  while ((last = run(spool_->append(sample_prediction(kept))))) ++kept;
  EXPECT_EQ(last.error().code, ErrorCode::overloaded);
  EXPECT_GT(kept, 0);
  *mood_ = Mood::well;
  wait_until_empty();
  EXPECT_EQ(stored(), static_cast<std::size_t>(kept));
  EXPECT_TRUE(run(spool_->check()));
}

}  // namespace
}  // namespace vidi::spool
