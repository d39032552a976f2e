#include "features/pipeline.hpp"

#include <gtest/gtest.h>

#include "features/feature_table.hpp"
#include "features/output.hpp"
#include "features/reduction.hpp"
#include "features/test_support.hpp"

namespace vidi::features {
namespace {

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    for (int i = 0; i < 50; ++i) source_.put(fmt_key(i), i);
    options_.preparing.input = {.width = 4, .height = 4, .channels = 3, .color = models::Color::rgb};
    options_.reading.patience = std::chrono::milliseconds(2000);
    open();
  }

  static std::string fmt_key(int i) { return "label/" + std::to_string(100 + i) + ".png"; }

  // As the same command does when it is given again.
  void open() {
    table_.reset();
    ledger_.reset();
    ledger_ = PictureLedger::open(folder_.path() / "catalogue.db", shape_).value();
    output_ = open_output((folder_.path() / "out").string(), folder_.path()).value();
    table_.emplace(*output_, *ledger_,
                   FeatureTable::Options{
                       .shape = shape_, .work = folder_.path(), .try_again = [](const Error&) { return false; }});
    ASSERT_TRUE(table_->load());
    const auto stale = ledger_->stale_parts().value();
    for (const std::int64_t part : stale) ASSERT_TRUE(table_->restore(part));
  }

  Result<void> run() {
    auto listed = source_.list([&](const sources::Entry& entry) -> Result<void> {
      const auto noted = ledger_->note(entry);
      if (!noted) return forward_error(noted);
      return *noted == PictureLedger::Noted::part_is_stale ? table_->restore(ledger_->stale_parts()->front())
                                                           : Result<void>();
    });
    if (listed) listed = ledger_->end_listing();
    if (!listed) return listed;
    auto done = run_pipeline(*ledger_, source_, network_, options_, times_, [&] { return table_->write_ready(); });
    return done ? table_->write_ready() : done;
  }

  // Every row of the table, in its order.
  tables::FeatureRows rows() {
    tables::FeatureRows all;
    const auto parts = ledger_->written_parts().value();
    for (const auto& part : parts) {
      auto read =
          table_->for_each_rows(part_path("features", part.number), [&](tables::FeatureRows& some) -> Result<void> {
            all.images.insert(all.images.end(), some.images.begin(), some.images.end());
            all.values.insert(all.values.end(), some.values.begin(), some.values.end());
            return {};
          });
      EXPECT_TRUE(read) << read.error().message;
    }
    return all;
  }

  test::Folder folder_{"pipeline"};
  PictureLedger::Shape shape_{.part_pictures = 8, .variants = 1, .columns = 3};
  test::MemorySource source_;
  test::GrayNetwork network_;
  PipelineOptions options_;
  StageTimes times_;
  std::unique_ptr<PictureLedger> ledger_;
  std::unique_ptr<Output> output_;
  std::optional<FeatureTable> table_;
};

TEST_F(PipelineTest, MakesARowOfEveryPictureInTheOrderOfTheListing) {
  ASSERT_TRUE(run());
  const auto made = rows();
  ASSERT_EQ(made.rows(), 50U);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(made.images[static_cast<std::size_t>(i)], fmt_key(i));
    EXPECT_EQ(made.values[static_cast<std::size_t>(3 * i)], static_cast<float>(i));
  }
  EXPECT_EQ(ledger_->written_parts()->size(), 7U);
  const auto moments = table_->moments();
  ASSERT_TRUE(moments);
  EXPECT_EQ((*moments)->rows(), 50U);
  EXPECT_DOUBLE_EQ((*moments)->means()[0], 24.5);
}

TEST_F(PipelineTest, RejectsWhatItCannotUseAndGoesOn) {
  source_.pictures[fmt_key(3)].bytes.resize(20);
  source_.pictures["label/notes.txt"].bytes = to_bytes("hello");
  source_.before_read = [&](const std::string& key) {
    if (key == fmt_key(5)) source_.pictures.erase(key);
  };
  ASSERT_TRUE(run());
  EXPECT_EQ(rows().rows(), 48U);
  const auto rejected = ledger_->rejected(-1, 10).value();
  ASSERT_EQ(rejected.size(), 3U);
  EXPECT_EQ(rejected[0].image, fmt_key(3));
  EXPECT_EQ(rejected[0].reason, "undecodable");
  EXPECT_EQ(rejected[1].reason, "gone");
  EXPECT_EQ(rejected[2].reason, "unsupported");
}

TEST_F(PipelineTest, StopsAtMoreRejectsThanAllowed) {
  for (const int i : {3, 4, 5}) source_.pictures[fmt_key(i)].bytes.resize(20);
  options_.max_rejects = 2;
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("at most 2 may be"), std::string::npos) << done.error().message;
  options_.max_rejects = 3;
  open();
  EXPECT_TRUE(run());
}

TEST_F(PipelineTest, WaitsForASourceThatIsAwayAndLosesNothing) {
  source_.unavailable = 3;
  ASSERT_TRUE(run());
  EXPECT_EQ(rows().rows(), 50U);
}

TEST_F(PipelineTest, EndsWhenTheSourceStaysAwayAndGoesOnLater) {
  options_.reading.patience = std::chrono::milliseconds(300);
  source_.unavailable = 1'000'000;
  const auto done = run();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::unavailable);
  source_.unavailable = 0;
  open();
  ASSERT_TRUE(run());
  EXPECT_EQ(rows().rows(), 50U);
}

TEST_F(PipelineTest, GoesOnWhereItStoppedAndRepeatsNothing) {
  std::atomic<int> read = 0;
  options_.reading.stopped = [&] { return read >= 20; };
  source_.before_read = [&](const std::string&) { ++read; };
  ASSERT_TRUE(run());
  const auto done = ledger_->totals().done;
  EXPECT_LT(done, 50U);
  options_.reading.stopped = [] { return false; };
  open();
  ASSERT_TRUE(run());
  EXPECT_EQ(source_.reads().size(), 50U);
  EXPECT_EQ(rows().rows(), 50U);
  EXPECT_EQ((*table_->moments())->rows(), 50U);
}

TEST_F(PipelineTest, DoesAgainWhatHasChangedAndNothingElse) {
  ASSERT_TRUE(run());
  const statistics::Moments before = **table_->moments();
  source_.put(fmt_key(10), 200, "2");
  open();
  ASSERT_TRUE(run());
  EXPECT_EQ(source_.reads().size(), 51U);
  const auto made = rows();
  EXPECT_EQ(made.rows(), 50U);
  EXPECT_EQ(made.values[30], 200);
  EXPECT_DOUBLE_EQ((*table_->moments())->means()[0], before.means()[0] + (200.0 - 10) / 50);
}

TEST_F(PipelineTest, AddsNewPicturesWithoutReadingOldFeatures) {
  ASSERT_TRUE(run());
  open();
  ledger_->begin_append();
  for (int i = 50; i < 60; ++i) source_.put(fmt_key(i), i);
  // What is read again would be found missing.
  std::filesystem::remove(folder_.path() / "out" / "features" / "part-00000.parquet");
  ASSERT_TRUE(run());
  EXPECT_EQ(source_.reads().size(), 60U);
  ASSERT_TRUE(table_->moments());
  EXPECT_EQ((*table_->moments())->rows(), 60U);
  EXPECT_DOUBLE_EQ((*table_->moments())->means()[0], 29.5);
}

TEST_F(PipelineTest, FindsWhatIsDoneInTheOutputWhenTheNotesAreLost) {
  ASSERT_TRUE(run());
  ASSERT_TRUE(table_->moments());
  ASSERT_TRUE(table_->publish_moments());
  table_.reset();
  ledger_.reset();
  for (const char* name : {"catalogue.db", "catalogue.db-wal", "catalogue.db-shm", "moments.bin"}) {
    std::filesystem::remove(folder_.path() / name);
  }
  open();
  ASSERT_TRUE(run());
  EXPECT_EQ(source_.reads().size(), 50U);
  EXPECT_EQ((*table_->moments())->rows(), 50U);
}

TEST_F(PipelineTest, CountsMomentsAgainThatAreDamaged) {
  ASSERT_TRUE(run());
  const statistics::Moments before = **table_->moments();
  std::filesystem::resize_file(folder_.path() / "moments.bin", 40);
  open();
  const auto again = table_->moments();
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->to_bytes(), before.to_bytes()) << "the same to the last bit";
}

TEST_F(PipelineTest, ScalesAndReduces) {
  ASSERT_TRUE(run());
  const auto reduction = fit_reduction(**table_->moments(), 100);
  ASSERT_TRUE(reduction);
  ASSERT_TRUE(reduction->pca);
  EXPECT_EQ(reduction->pca->count(), 3U) << "no more than there are columns";
  EXPECT_NEAR(reduction->pca->explained_variance()[0], 2, 1e-9)
      << "two columns that say the same, one that says nothing";
  ASSERT_TRUE(write_reduction(*reduction, *output_, *table_));
  ASSERT_TRUE(transform_parts(*reduction, *ledger_, *output_, *table_, {.keep_scaled = true}));
  auto reader = tables::FeatureReader::open(folder_.path() / "out/features_pca/part-00000.parquet", "features_pca");
  ASSERT_TRUE(reader) << reader.error().message;
  const auto reduced = reader->next();
  EXPECT_EQ(reduced->rows(), 8U);
  EXPECT_NEAR(reduced->values[0], -24.5 / 14.5773797371 * 1.41421356, 1e-5);
  const auto again = read_reduction(*output_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(std::ranges::equal(again->pca->components(), reduction->pca->components()));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "out/features_scaled/part-00006.parquet"));
}

TEST_F(PipelineTest, SaysThatTwoPicturesAreNeeded) {
  auto moments = statistics::Moments::create(3).value();
  const std::vector<float> row{1, 2, 3};
  ASSERT_TRUE(moments.update({.values = row.data(), .count = 1, .columns = 3}));
  const auto reduction = fit_reduction(moments, 10);
  ASSERT_FALSE(reduction);
  EXPECT_NE(reduction.error().message.find("at least 2"), std::string::npos);
}

}  // namespace
}  // namespace vidi::features
