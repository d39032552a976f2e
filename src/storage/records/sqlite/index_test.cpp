#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <random>

#include "contract/sample_predictions.hpp"
#include "core/task.hpp"
#include "records/memory/memory_store.hpp"
#include "records/sqlite/sqlite_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records::sqlite {
namespace {

// Enough rows for several slices of the index and a tail, in the file and, to compare with, in memory.
class SqliteIndex : public testing::Test {
 protected:
  static constexpr int kRows = 7000;

  void reopen() {
    store_.reset();
    store_ = open_store(path());
  }

  [[nodiscard]] std::string path() const { return (folder_.path() / "records.db").string(); }

  // Times in no order, as replays bring them.
  Prediction random_prediction() {
    Prediction prediction = sample_prediction(static_cast<std::int64_t>(random_() % 1'000'000));
    prediction.user = "user-" + std::to_string(random_() % 5);
    prediction.model = random_() % 10 == 0 ? "fruits" : "digits";
    prediction.result = std::to_string(random_() % 7);
    if (*prediction.result == "6") prediction.result.reset();
    const std::string picture = "picture-" + std::to_string(random_() % 3000);
    prediction.image = sha256(as_bytes(picture));
    return prediction;
  }

  Task<void> append_some(int count) {
    for (int i = 0; i < count; ++i) {
      const Prediction prediction = random_prediction();
      ids_.push_back(prediction.id);
      const auto expected = co_await memory_->append(prediction);
      const auto done = co_await store_->append(prediction);
      EXPECT_TRUE(expected && done);
    }
  }

  void fill(int rows) {
    boost::asio::io_context context(1);
    for (int task = 0; task < 50; ++task) {
      spawn(context.get_executor(), append_some(rows / 50));
    }
    context.run();
  }

  Query random_query() {
    Query query;
    if (random_() % 2 == 0) query.user = "user-" + std::to_string(random_() % 6);
    if (random_() % 2 == 0) query.model = random_() % 2 == 0 ? "fruits" : "digits";
    if (random_() % 2 == 0) query.result = random_() % 3 == 0 ? "" : std::to_string(random_() % 8);
    if (random_() % 3 == 0) query.from = sample_prediction(static_cast<std::int64_t>(random_() % 1'000'000)).time;
    if (random_() % 3 == 0) query.to = sample_prediction(static_cast<std::int64_t>(random_() % 1'000'000)).time;
    query.limit = 1 + random_() % 300;
    return query;
  }

  void compare_with_memory(int queries) {
    for (int i = 0; i < queries && !HasFailure(); ++i) {
      Query query = random_query();
      for (int pages = 0; pages < 8; ++pages) {
        const auto expected = run(memory_->list(query));
        const auto page = run(store_->list(query));
        ASSERT_TRUE(expected && page);
        // Not ASSERT_EQ, which would print a thousand predictions.
        ASSERT_TRUE(page->predictions == expected->predictions) << "query " << i << ", page " << pages;
        ASSERT_EQ(page->next, expected->next);
        if (!page->next) break;
        query.cursor = page->next;
      }
    }
  }

  const FreshFolder folder_;
  std::mt19937 random_{7};
  std::vector<Uuid> ids_;
  std::unique_ptr<RecordStore> memory_ = memory::make_store();
  std::unique_ptr<RecordStore> store_ = open_store(path());
};

TEST_F(SqliteIndex, FindsWhatAScanOfEverythingFinds) {
  fill(kRows);
  compare_with_memory(60);
  reopen();
  compare_with_memory(20);
}

TEST_F(SqliteIndex, KnowsNothingOfWhatWasForgotten) {
  fill(kRows);
  std::ranges::shuffle(ids_, random_);
  for (int i = 0; i < 600; ++i) {
    const auto expected = run(memory_->forget(ids_[i]));
    const auto forgotten = run(store_->forget(ids_[i]));
    ASSERT_TRUE(expected && forgotten);
    EXPECT_EQ(forgotten->existed, expected->existed);
    EXPECT_EQ(forgotten->orphan, expected->orphan) << "forgotten " << i;
  }
  compare_with_memory(30);
}

TEST_F(SqliteIndex, SurvivesForgettingTheLastRowsAndAppendingOthers) {
  fill(2500);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 600; ++i) {
      ASSERT_TRUE(run(memory_->forget(ids_.back())));
      ASSERT_TRUE(run(store_->forget(ids_.back())));
      ids_.pop_back();
    }
    fill(1500);
    compare_with_memory(10);
  }
}

TEST_F(SqliteIndex, TheLogStaysBounded) {
  fill(30'000);
  EXPECT_LT(std::filesystem::file_size(path() + "-wal"), 40'000'000U);
}

}  // namespace
}  // namespace vidi::records::sqlite
