#include "records/sqlite/snapshot.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <vector>

#include "contract/sample_predictions.hpp"
#include "records/sqlite/sqlite_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records::sqlite {
namespace {

TEST(SqliteSnapshot, HasWhatWasAcknowledgedBeforeWhileMoreIsWritten) {
  const FreshFolder fresh;
  const std::string path = (fresh.path() / "records.db").string();
  const std::string copy = (fresh.path() / "copy.db").string();
  const auto store = open_store(path);
  std::vector<Prediction> predictions;
  for (int i = 0; i < 20'000; ++i) predictions.push_back(sample_prediction(i));
  std::atomic<std::size_t> acknowledged = 0;
  std::atomic<bool> enough = false;
  std::thread writer([&] {
    while (!enough && acknowledged < predictions.size()) {
      ASSERT_TRUE(run(store->append(predictions[acknowledged])));
      ++acknowledged;
    }
  });
  while (acknowledged < 100) std::this_thread::yield();
  const std::size_t before = acknowledged;
  write_snapshot(path, copy);
  enough = true;
  writer.join();
  const auto copied = open_store(copy);
  for (std::size_t i = 0; i < before; ++i) {
    ASSERT_EQ(run(copied->find(predictions[i].id)), predictions[i]) << i;
  }
}

TEST(SqliteSnapshot, IsRefusedWhereItCannotBeWritten) {
  const FreshFolder fresh;
  const std::string path = (fresh.path() / "records.db").string();
  open_store(path);
  EXPECT_THROW(write_snapshot(path, (fresh.path() / "nowhere/copy.db").string()), std::runtime_error);
}

}  // namespace
}  // namespace vidi::records::sqlite
