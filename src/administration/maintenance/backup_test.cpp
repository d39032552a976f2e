#include "maintenance/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "maintenance/test_predictions.hpp"
#include "objects/local/local_store.hpp"
#include "objects/object_store.hpp"
#include "records/sqlite/sqlite_store.hpp"

namespace vidi::maintenance {
namespace {

namespace fs = std::filesystem;
using records::Prediction;
using testing::HasSubstr;
using testing::ThrowsMessage;

void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A data folder as a server leaves it, and a folder for backups.
class Backups : public testing::Test {
 protected:
  Backups() { fs::create_directories(data_); }
  ~Backups() override { fs::remove_all(folder_); }
  Backups(const Backups&) = delete;
  Backups& operator=(const Backups&) = delete;
  Backups(Backups&&) = delete;
  Backups& operator=(Backups&&) = delete;

  static ServerStores stores_in(const fs::path& folder) {
    return {.records = "sqlite:" + (folder / "records.db").string(),
            .objects = "file:" + (folder / "objects").string(),
            .keys = folder / "keys.toml"};
  }

  static std::unique_ptr<records::RecordStore> records_in(const fs::path& folder) {
    return records::sqlite::open_store((folder / "records.db").string());
  }

  static std::vector<Prediction> recorded_in(const fs::path& folder) {
    const auto store = records_in(folder);
    return all_of(*store);
  }

  static bool has_picture(const fs::path& folder, int n) {
    const auto store = objects::local::open_store((folder / "objects").string());
    const auto bytes = value_of(run(store->get(sha256(picture_of(n)))));
    return bytes && *bytes == picture_of(n);
  }

  void record(const Prediction& prediction) { check_done(run(records_in(data_)->append(prediction))); }

  Prediction record_with_picture(int n) {
    const Bytes picture = picture_of(n);
    const Prediction prediction = prediction_of(n);
    const auto store = objects::local::open_store((data_ / "objects").string());
    check_done(run(store->put(*prediction.image, picture)));
    record(prediction);
    return prediction;
  }

  BackupCounts back_up() { return maintenance::back_up(stores_in(data_), backup_); }

  const fs::path folder_ = fs::path(testing::TempDir()) / "backups";
  const fs::path data_ = folder_ / "data";
  const fs::path backup_ = folder_ / "backup";
  const fs::path other_ = folder_ / "other";  // a server elsewhere
};

TEST_F(Backups, HoldWhatWasRecorded) {
  const Prediction first = record_with_picture(1);
  const Prediction second = record_with_picture(2);
  Prediction bare = prediction_of(3);
  bare.image.reset();
  record(bare);
  const BackupCounts counts = back_up();
  EXPECT_EQ(counts.predictions, 3U);
  EXPECT_EQ(counts.with_picture, 2U);
  EXPECT_EQ(counts.pictures_lost, 0U);
  EXPECT_EQ(counts.forgotten, 0U);
  EXPECT_EQ(recorded_in(backup_), (std::vector{bare, second, first}));
  EXPECT_TRUE(has_picture(backup_, 1));
  EXPECT_TRUE(has_picture(backup_, 2));
}

TEST_F(Backups, RepeatedAreBroughtUpToDate) {
  const Prediction first = record_with_picture(1);
  back_up();
  const Prediction second = record_with_picture(2);
  const records::Correction correction{.label = "7", .user = "bob", .time = *parse_timestamp("2026-11-22T00:00:00Z")};
  ASSERT_TRUE(value_of(run(records_in(data_)->correct(first.id, correction))));
  const BackupCounts counts = back_up();
  EXPECT_EQ(counts.predictions, 2U);
  EXPECT_EQ(counts.with_picture, 2U);
  const auto recorded = recorded_in(backup_);
  ASSERT_EQ(recorded.size(), 2U);
  EXPECT_EQ(recorded[0], second);
  EXPECT_EQ(recorded[1].correction, correction);
  EXPECT_TRUE(has_picture(backup_, 2));
  EXPECT_FALSE(fs::exists(backup_ / "records.db.new"));
}

TEST_F(Backups, CountPicturesThatAreNotKeptAnyMore) {
  record_with_picture(1);
  record(prediction_of(2));
  const BackupCounts counts = back_up();
  EXPECT_EQ(counts.predictions, 2U);
  EXPECT_EQ(counts.with_picture, 1U);
  EXPECT_EQ(counts.pictures_lost, 1U);
  EXPECT_EQ(recorded_in(backup_).size(), 2U) << "what was answered is known without its picture";
}

TEST_F(Backups, HoldTheKeysWhereThereAreSome) {
  record_with_picture(1);
  back_up();
  EXPECT_FALSE(fs::exists(backup_ / "keys.toml"));
  write(data_ / "keys.toml", "# keys");
  back_up();
  EXPECT_EQ(read(backup_ / "keys.toml"), "# keys");
}

TEST_F(Backups, AreRestoredElsewhere) {
  const Prediction first = record_with_picture(1);
  const Prediction second = record_with_picture(2);
  back_up();
  const RestoreCounts counts = restore(stores_in(other_), backup_);
  EXPECT_EQ(counts.read, 2U);
  EXPECT_EQ(counts.added, 2U);
  EXPECT_EQ(counts.pictures, 2U);
  EXPECT_EQ(counts.pictures_lost, 0U);
  EXPECT_EQ(recorded_in(other_), (std::vector{second, first}));
  EXPECT_TRUE(has_picture(other_, 1));
  EXPECT_TRUE(has_picture(other_, 2));
}

TEST_F(Backups, AddOnlyWhatIsMissing) {
  const Prediction first = record_with_picture(1);
  back_up();
  const Prediction later = record_with_picture(5);
  const RestoreCounts counts = restore(stores_in(data_), backup_);
  EXPECT_EQ(counts.read, 1U);
  EXPECT_EQ(counts.added, 0U);
  EXPECT_EQ(counts.pictures, 0U);
  EXPECT_EQ(recorded_in(data_), (std::vector{later, first})) << "what came later stays";
}

TEST_F(Backups, RestoreCountsThePicturesThatTheyDoNotHave) {
  record_with_picture(1);
  record(prediction_of(2));
  back_up();
  const RestoreCounts counts = restore(stores_in(other_), backup_);
  EXPECT_EQ(counts.added, 2U);
  EXPECT_EQ(counts.pictures, 1U);
  EXPECT_EQ(counts.pictures_lost, 1U);
}

TEST_F(Backups, AreNotMadeOfWhatIsNotThere) {
  EXPECT_THAT([&] { back_up(); }, ThrowsMessage<std::runtime_error>(HasSubstr("records.db")));
  EXPECT_FALSE(fs::exists(data_ / "records.db")) << "nothing was made by looking for it";
  ServerStores memory = stores_in(data_);
  memory.records = "memory:";
  EXPECT_THAT([&] { maintenance::back_up(memory, backup_); },
              ThrowsMessage<std::runtime_error>(HasSubstr("ends with its process")));
  EXPECT_THAT([&] { restore(memory, backup_); }, ThrowsMessage<std::runtime_error>(HasSubstr("ends with its process")));
}

TEST_F(Backups, AreNotMadeIntoTheirSource) {
  record_with_picture(1);
  EXPECT_THAT([&] { maintenance::back_up(stores_in(data_), data_); },
              ThrowsMessage<std::runtime_error>(HasSubstr("name another folder")));
  EXPECT_EQ(recorded_in(data_).size(), 1U);
}

TEST_F(Backups, AreNotMadeIntoAFolderThatAServerUses) {
  record_with_picture(1);
  back_up();
  write(backup_ / "records.db-wal", "");
  EXPECT_THAT([&] { back_up(); }, ThrowsMessage<std::runtime_error>(HasSubstr("the backup is in use")));
}

TEST_F(Backups, AreNotRestoredFromAnythingElse) {
  fs::create_directories(backup_);
  EXPECT_THAT([&] { restore(stores_in(other_), backup_); },
              ThrowsMessage<std::runtime_error>(HasSubstr("holds no backup")));
  EXPECT_FALSE(fs::exists(other_)) << "nothing was made";
}

}  // namespace
}  // namespace vidi::maintenance
