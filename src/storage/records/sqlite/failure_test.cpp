#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "contract/failing_disk.hpp"
#include "contract/killed_process.hpp"
#include "contract/sample_predictions.hpp"
#include "records/sqlite/sqlite_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records::sqlite {
namespace {

using testing::HasSubstr;

class SqliteStoreFailure : public testing::Test {
 protected:
  const FreshFolder fresh_;
  const std::filesystem::path folder_ = fresh_.path();
  const std::string path_ = (folder_ / "records.db").string();
};

TEST_F(SqliteStoreFailure, AfterAFailedFsyncNothingIsTakenUntilARestart) {
  const Prediction first = sample_prediction(1);
  {
    const auto store = open_store(path_);
    ASSERT_TRUE(run(store->append(first)));
    fsync_fails = true;
    const auto failed = run(store->append(sample_prediction(2)));
    fsync_fails = false;
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::internal);
    // The disk says it is well again; what it lost meanwhile nobody knows.
    const auto refused = run(store->append(sample_prediction(3)));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("until vidi is started again"));
    EXPECT_FALSE(run(store->check()));
    EXPECT_TRUE(run(store->find(first.id)).value());
  }
  const auto store = open_store(path_);
  EXPECT_TRUE(run(store->append(sample_prediction(4))));
  EXPECT_TRUE(run(store->find(first.id)).value());
}

// Appends until the store refuses; the acknowledged ones.
std::vector<Uuid> append_until_refused(RecordStore& store, Error& refusal) {
  std::vector<Uuid> acknowledged;
  for (int i = 0; i < 100'000; ++i) {
    Prediction prediction = sample_prediction(i);
    prediction.filename = std::string(10'000, 'x');
    const Uuid id = prediction.id;
    const auto done = run(store.append(std::move(prediction)));
    if (!done) {
      refusal = done.error();
      break;
    }
    acknowledged.push_back(id);
  }
  return acknowledged;
}

TEST_F(SqliteStoreFailure, GoesOnWhenAFullDiskHasRoomAgain) {
  const auto store = open_store(path_);
  Error refusal;
  std::vector<Uuid> acknowledged;
  {
    const LimitedFileSize limit(2'000'000);
    acknowledged = append_until_refused(*store, refusal);
    EXPECT_FALSE(run(store->append(sample_prediction(-1))) && run(store->append(sample_prediction(-2))) &&
                 refusal.message.empty());
  }
  EXPECT_EQ(refusal.code, ErrorCode::internal);
  EXPECT_THAT(refusal.message, HasSubstr("full"));
  ASSERT_FALSE(acknowledged.empty());
  EXPECT_TRUE(run(store->check()));
  EXPECT_TRUE(run(store->append(sample_prediction(1'000'000))));
  for (const Uuid& id : acknowledged) EXPECT_TRUE(run(store->find(id)).value());
}

std::string fill_a_small_file_system(const std::filesystem::path& folder) {
  if (!mount_small_file_system(folder, "4m")) return "skip";
  std::ofstream(folder / "ballast") << std::string(1'000'000, 'x');
  const auto store = open_store((folder / "records.db").string());
  Error refusal;
  const auto acknowledged = append_until_refused(*store, refusal);
  if (acknowledged.empty()) return "nothing was taken";
  std::filesystem::remove(folder / "ballast");
  const auto after = run(store->append(sample_prediction(1'000'000)));
  if (!after) return "refused although there is room: " + after.error().message;
  for (const Uuid& id : acknowledged) {
    const auto found = run(store->find(id));
    if (!found || !*found) return "an acknowledged prediction is lost";
  }
  return refusal.message;
}

TEST_F(SqliteStoreFailure, SaysThatTheDiskIsFull) {
  const std::string said = in_child([&] { return fill_a_small_file_system(folder_); });
  if (said == "skip") GTEST_SKIP() << "only root may mount a small file system";
  EXPECT_EQ(said, "the disk that holds the records is full: make room on it");
}

}  // namespace
}  // namespace vidi::records::sqlite
