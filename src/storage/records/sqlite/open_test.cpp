#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "contract/killed_process.hpp"
#include "contract/sample_predictions.hpp"
#include "records/sqlite/sqlite_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records::sqlite {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class SqliteStoreOpening : public testing::Test {
 protected:
  void execute(const char* statement) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, statement, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(database);
  }

  void expect_refusal(const std::string& because) const {
    EXPECT_THAT([&] { open_store(path_); },
                ThrowsMessage<std::runtime_error>(testing::AllOf(HasSubstr(path_), HasSubstr(because))));
  }

  const FreshFolder fresh_;
  const std::filesystem::path& folder_ = fresh_.path();
  const std::string path_ = (folder_ / "records.db").string();
};

TEST_F(SqliteStoreOpening, KeepsEverythingOverARestart) {
  Prediction prediction = sample_prediction(1);
  prediction.digits = {{.label = "4", .probability = 0.5, .box = {1, 2, 3, 4}}};
  prediction.image = sha256(as_bytes("picture"));
  ASSERT_TRUE(run(open_store(path_)->append(prediction)));
  EXPECT_EQ(run(open_store(path_)->find(prediction.id)), prediction);
}

// Written by the server of 197f128: tests/data/stores/README.md.
TEST_F(SqliteStoreOpening, TakesAFileOfTheFirstSchema) {
  std::filesystem::copy_file(TEST_DATA "/stores/records-schema-1.db", path_);
  for (int round = 0; round < 2; ++round) {
    const auto store = open_store(path_);
    const auto page = run(store->list({}));
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->predictions.size(), 5U);
    Tallies expected;
    for (const Prediction& prediction : page->predictions) {
      add(expected[tally_key(prediction)], prediction.latency, prediction.confidence);
    }
    EXPECT_EQ(run(store->tally({})).value(), expected);
    EXPECT_TRUE(std::ranges::any_of(expected, [](const auto& entry) { return entry.first.label == "3"; }));
    EXPECT_EQ(run(store->list({.model = "digits-softmax"}))->predictions.size(), 1U);
  }
}

TEST_F(SqliteStoreOpening, RefusesAFileThatIsNotADatabase) {
  for (const std::size_t size : {10U, 100'000U}) {
    std::ofstream(path_) << std::string(size, 'x');
    expect_refusal("is not a database");
  }
}

TEST_F(SqliteStoreOpening, RefusesTheDatabaseOfAnotherProgramAndLeavesItAsItIs) {
  execute("CREATE TABLE theirs (a)");
  expect_refusal("another program");
  execute("INSERT INTO theirs VALUES (1)");
}

TEST_F(SqliteStoreOpening, RefusesTheFileOfANewerVidi) {
  open_store(path_);
  execute("PRAGMA user_version = 99");
  expect_refusal("newer vidi");
}

TEST_F(SqliteStoreOpening, RefusesAFolderInPlaceOfAFile) {
  std::filesystem::create_directories(path_);
  expect_refusal("cannot be");
}

TEST_F(SqliteStoreOpening, SaysThatAFolderIsReadOnly) {
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  const std::string said = in_child([&]() -> std::string {
    if (!become_nobody()) return "skip";
    open_store(path_);
    return "opened";
  });
  if (said == "skip") GTEST_SKIP() << "only root may become a user who cannot write";
  EXPECT_THAT(said, HasSubstr(path_));
  EXPECT_THAT(said, testing::AnyOf(HasSubstr("read-only"), HasSubstr("unable to open")));
}

TEST_F(SqliteStoreOpening, SaysThatAFileIsReadOnly) {
  open_store(path_);
  std::filesystem::permissions(path_, std::filesystem::perms(0444));
  std::filesystem::permissions(folder_, std::filesystem::perms(0555));
  const std::string said = in_child([&]() -> std::string {
    if (!become_nobody()) return "skip";
    open_store(path_);
    return "opened";
  });
  if (said == "skip") GTEST_SKIP() << "only root may become a user who cannot write";
  EXPECT_THAT(said, HasSubstr("read-only"));
}

// `vidi records` reads and a second server writes while the first one serves.
TEST_F(SqliteStoreOpening, TwoMayHaveTheSameFileOpen) {
  const auto one = open_store(path_);
  const auto other = open_store(path_);
  std::atomic<int> appended = 0;
  std::thread thread([&] { run(append_many(*other, 0, 300, appended)); });
  run(append_many(*one, 1'000'000, 300, appended));
  thread.join();
  EXPECT_EQ(appended, 600);
  for (const auto* store : {&one, &other}) {
    std::size_t listed = 0;
    Query query{.model = "digits", .limit = 1000};
    do {
      const auto page = run((*store)->list(query));
      ASSERT_TRUE(page);
      listed += page->predictions.size();
      query.cursor = page->next;
    } while (query.cursor);
    EXPECT_EQ(listed, 600U);
  }
}

}  // namespace
}  // namespace vidi::records::sqlite
