#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <random>
#include <string>
#include <vector>

#include "contract/sample_predictions.hpp"
#include "core/task.hpp"
#include "records/memory/memory_store.hpp"
#include "records/sqlite/sqlite_store.hpp"
#include "sqlite/database.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records::sqlite {
namespace {

// Enough rows for several slices and a tail, in the file and, to compare with, in memory.
class SqliteTallies : public testing::Test {
 protected:
  static constexpr int kRows = 5000;

  void reopen() {
    store_.reset();
    store_ = open_store(path());
  }

  // What SQL says to the closed file.
  void change(const char* sql) {
    store_.reset();
    vidi::sqlite::Database database(path());
    ASSERT_TRUE(database.execute(sql)) << sqlite3_errmsg(database.handle());
    store_ = open_store(path());
  }

  [[nodiscard]] std::string path() const { return (folder_.path() / "records.db").string(); }

  Prediction random_prediction() {
    Prediction prediction = sample_prediction(static_cast<std::int64_t>(random_() % 40'000'000'000));  // 11 hours
    prediction.model = random_() % 10 == 0 ? "fruits" : "digits";
    prediction.version = std::to_string(1 + random_() % 2);
    prediction.result = std::to_string(random_() % 4);
    if (*prediction.result == "3") prediction.result.reset();
    prediction.confidence = static_cast<double>(random_() % 1001) / 1000;
    prediction.latency = std::chrono::microseconds(random_() % 1'000'000);
    return prediction;
  }

  void append(int count) {
    for (int i = 0; i < count; ++i) predictions_.push_back(random_prediction());
    boost::asio::io_context context(1);
    const std::size_t first = predictions_.size() - static_cast<std::size_t>(count);
    for (std::size_t task = 0; task < 50; ++task) spawn(context.get_executor(), append_to_file(first + task));
    context.run();
    for (std::size_t i = first; i < predictions_.size(); ++i) ASSERT_TRUE(run(memory_->append(predictions_[i])));
  }

  Task<void> append_to_file(std::size_t first) {
    for (std::size_t i = first; i < predictions_.size(); i += 50) {
      const auto done = co_await store_->append(predictions_[i]);
      EXPECT_TRUE(done);
    }
  }

  // Corrections and deletions of rows that are entered and of rows that are not, the newest ones among them.
  void change_some(int count) {
    for (int i = 0; i < count; ++i) {
      const bool newest = random_() % 4 == 0;
      const Uuid id =
          predictions_[newest ? predictions_.size() - 1 - random_() % 5 : random_() % predictions_.size()].id;
      if (random_() % 3 == 0) {
        ASSERT_TRUE(run(memory_->forget(id)) && run(store_->forget(id)));
      } else {
        const Correction correction{.label = std::to_string(random_() % 4), .user = "ann", .time = Timestamp()};
        ASSERT_TRUE(run(memory_->correct(id, correction)) && run(store_->correct(id, correction)));
      }
    }
  }

  void compare(const Hours& hours = {}) {
    const auto expected = run(memory_->tally(hours));
    const auto tallies = run(store_->tally(hours));
    ASSERT_TRUE(expected && tallies);
    // Not ASSERT_EQ, which would print a thousand histograms.
    ASSERT_TRUE(*tallies == *expected);
  }

  const FreshFolder folder_;
  std::mt19937_64 random_{7};
  std::vector<Prediction> predictions_;
  std::unique_ptr<RecordStore> memory_ = memory::make_store();
  std::unique_ptr<RecordStore> store_ = open_store(path());
};

TEST_F(SqliteTallies, AreThoseOfTheRowsWhateverHappensToThem) {
  for (int round = 0; round < 3; ++round) {
    append(kRows / 3);
    compare();
    change_some(200);
    compare();
    reopen();
    compare();
  }
  const auto first = std::chrono::floor<std::chrono::hours>(sample_prediction(0).time);
  for (int hour = 0; hour < 12; ++hour) {
    compare({.from = first + std::chrono::hours(hour)});
    compare({.to = first + std::chrono::hours(hour)});
    compare({.from = first + std::chrono::hours(hour), .to = first + std::chrono::hours(hour + 2)});
  }
}

TEST_F(SqliteTallies, AnOlderFileIsCaughtUpWithASliceAfterEachGroup) {
  append(kRows);
  change_some(50);
  change("DROP TABLE tallies; ALTER TABLE state DROP COLUMN tallied_to; PRAGMA user_version = 1");
  for (int group = 0; group < 6; ++group) {
    compare();
    change_some(1);
  }
  compare();
}

TEST_F(SqliteTallies, TheTableItselfIsWhatIsReadOnceRowsAreEntered) {
  append(kRows);
  change("UPDATE tallies SET predictions = predictions + 1000000 WHERE result = '1' AND model = 'digits'");
  const auto tallies = run(store_->tally({}));
  ASSERT_TRUE(tallies);
  std::int64_t most = 0;
  for (const auto& [key, tally] : *tallies) most = std::max(most, tally.predictions);
  EXPECT_GT(most, 1'000'000);
}

TEST_F(SqliteTallies, ADamagedHistogramIsAnError) {
  append(kRows);
  change("UPDATE tallies SET latency = x'01ff'");
  const auto tallies = run(store_->tally({}));
  ASSERT_FALSE(tallies);
  EXPECT_EQ(tallies.error().code, ErrorCode::internal);
}

}  // namespace
}  // namespace vidi::records::sqlite
