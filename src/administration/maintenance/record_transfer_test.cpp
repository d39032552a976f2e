#include "maintenance/record_transfer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "maintenance/record_listing.hpp"
#include "maintenance/test_predictions.hpp"
#include "records/memory/memory_store.hpp"
#include "records/sqlite/sqlite_store.hpp"

namespace vidi::maintenance {
namespace {

namespace fs = std::filesystem;
using records::Prediction;
using testing::HasSubstr;
using testing::ThrowsMessage;

records::Correction correction_at(const std::string& label, int minute) {
  return {
      .label = label, .user = "bob", .time = *parse_timestamp("2026-11-22T00:00:00Z") + std::chrono::minutes(minute)};
}

// Hands each list on, one after another.
PredictionSource source_of(std::vector<std::vector<Prediction>> lists) {
  return [lists = std::move(lists), next = std::size_t{0}]() mutable {
    return next < lists.size() ? lists[next++] : std::vector<Prediction>();
  };
}

class Transfer : public testing::Test {
 protected:
  Transfer() { fs::create_directories(folder_); }
  ~Transfer() override { fs::remove_all(folder_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  Transfer(Transfer&&) = delete;
  Transfer& operator=(Transfer&&) = delete;

  void put(const Prediction& prediction) { check_done(run(store_->append(prediction))); }

  const fs::path folder_ = fs::path(testing::TempDir()) / "transfer";
  const std::unique_ptr<records::RecordStore> store_ = records::memory::make_store();
};

TEST_F(Transfer, FromAnotherStoreAddsOnlyWhatIsMissing) {
  const std::string path = (folder_ / "records.db").string();
  const auto from = records::sqlite::open_store(path);
  // More than what is read, and put, at a time.
  constexpr int kMany = 1300;
  for (int n = 0; n < kMany; ++n) check_done(run(from->append(prediction_of(n))));
  const auto all = all_of(*from);
  put(all.front());
  put(all.back());
  const ImportCounts counts = import_predictions(read_store("sqlite:" + path, {}), *store_);
  EXPECT_EQ(counts.read, static_cast<std::size_t>(kMany));
  EXPECT_EQ(counts.added, static_cast<std::size_t>(kMany) - 2);
  EXPECT_EQ(counts.present, 2U);
  EXPECT_EQ(counts.corrected, 0U);
  EXPECT_EQ(all_of(*store_), all);
}

TEST_F(Transfer, RepeatedAddsNothing) {
  const std::vector<Prediction> some{prediction_of(1), prediction_of(2)};
  EXPECT_EQ(import_predictions(source_of({some}), *store_).added, 2U);
  const ImportCounts again = import_predictions(source_of({some}), *store_);
  EXPECT_EQ(again.read, 2U);
  EXPECT_EQ(again.added, 0U);
  EXPECT_EQ(again.present, 2U);
}

TEST_F(Transfer, TakesTheLaterCorrection) {
  std::vector<Prediction> some{prediction_of(1), prediction_of(2), prediction_of(3), prediction_of(4)};
  for (const Prediction& each : some) put(each);
  ASSERT_TRUE(value_of(run(store_->correct(some[1].id, correction_at("older", 0)))));
  ASSERT_TRUE(value_of(run(store_->correct(some[2].id, correction_at("newer", 9)))));
  for (std::size_t i : {0U, 1U, 2U}) some[i].correction = correction_at("5", 5);
  const ImportCounts counts = import_predictions(source_of({{some[0], some[1]}, {some[2], some[3]}}), *store_);
  EXPECT_EQ(counts.corrected, 2U);
  EXPECT_EQ(counts.present, 2U);
  EXPECT_EQ(counts.added, 0U);
  const auto correction_of = [&](std::size_t i) { return (*value_of(run(store_->find(some[i].id)))).correction; };
  EXPECT_EQ(correction_of(0), correction_at("5", 5));
  EXPECT_EQ(correction_of(1), correction_at("5", 5));
  EXPECT_EQ(correction_of(2), correction_at("newer", 9));
  EXPECT_EQ(correction_of(3), std::nullopt);
}

TEST_F(Transfer, ByAParquetFileLosesNothing) {
  Prediction corrected = prediction_of(1);
  corrected.correction = correction_at("é,\"\n", 1);
  Prediction without = prediction_of(2);
  without.result.reset();
  without.reason = "nothing in it";
  without.image.reset();
  put(corrected);
  put(without);
  const std::string file = (folder_ / "predictions.parquet").string();
  list_records(*store_, {.query = {}, .most = SIZE_MAX, .format = "parquet", .file = file}, [](std::string_view) {});
  const auto other = records::memory::make_store();
  EXPECT_EQ(import_predictions(read_file(file), *other).added, 2U);
  EXPECT_EQ(all_of(*other), all_of(*store_));
}

TEST_F(Transfer, FromWhatIsNotThereMakesNothing) {
  const fs::path missing = folder_ / "missing.db";
  EXPECT_THAT([&] { read_store("sqlite:" + missing.string(), {}); },
              ThrowsMessage<std::runtime_error>(HasSubstr(missing.string())));
  EXPECT_FALSE(fs::exists(missing));
  EXPECT_THROW(read_file((folder_ / "missing.parquet").string()), std::runtime_error);
}

TEST_F(Transfer, ThatFailsSaysHowFarItCame) {
  const PredictionSource source = [calls = 0]() mutable {
    if (calls++ > 0) throw std::runtime_error("the file is damaged");
    return std::vector{prediction_of(1)};
  };
  EXPECT_THAT([&] { import_predictions(source, *store_); },
              ThrowsMessage<std::runtime_error>(HasSubstr("the file is damaged")));
  EXPECT_EQ(all_of(*store_).size(), 1U) << "what was put before stays";
}

TEST_F(Transfer, OfEachPredictionEndsWhenItIsToldTo) {
  for (int n = 0; n < 5; ++n) put(prediction_of(n));
  std::size_t seen = 0;
  EXPECT_FALSE(for_each(*store_, {.limit = 2}, [&](const Prediction&) { return ++seen < 3; }));
  EXPECT_EQ(seen, 3U);
  seen = 0;
  EXPECT_TRUE(for_each(*store_, {.limit = 2}, [&](const Prediction&) { return ++seen < 5; }))
      << "it has been all of them";
}

}  // namespace
}  // namespace vidi::maintenance
