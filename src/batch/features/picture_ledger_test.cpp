#include "features/picture_ledger.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "features/test_support.hpp"

namespace vidi::features {
namespace {

using Noted = PictureLedger::Noted;

constexpr PictureLedger::Shape kShape{.part_pictures = 3, .variants = 1, .columns = 2};

sources::Entry entry(const std::string& key, const std::string& version = "1") {
  return {.key = key, .label = "label", .size = 10, .version = version};
}

class PictureLedgerTest : public testing::Test {
 protected:
  PictureLedgerTest() { open(); }

  // As a program that was killed leaves it, but for what was told since the last commit.
  void open(const PictureLedger::Shape& shape = kShape) {
    ledger_.reset();
    ledger_ = PictureLedger::open(folder_.path() / "catalogue.db", shape).value();
  }

  void note(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) ASSERT_TRUE(ledger_->note(entry(key)));
  }

  void keep(std::int64_t sequence, float value) {
    const std::vector<float> row{value, -value};
    ASSERT_TRUE(ledger_->add_rows(sequence, 10, "1", row));
  }

  std::vector<std::string> next(std::size_t count) {
    std::vector<std::string> keys;
    const auto pictures = ledger_->next(count).value();
    for (const PendingPicture& picture : pictures) keys.push_back(picture.entry.key);
    return keys;
  }

  test::Folder folder_{"ledger"};
  std::unique_ptr<PictureLedger> ledger_;
};

using Keys = std::vector<std::string>;

TEST_F(PictureLedgerTest, GivesEachPictureOutOnceInTheOrderOfTheListing) {
  note({"b", "a", "c"});
  EXPECT_EQ(next(2), (Keys{"b", "a"}));
  EXPECT_EQ(next(2), Keys{"c"});
  ASSERT_TRUE(ledger_->end_listing());
  EXPECT_EQ(next(2), Keys{});
}

TEST_F(PictureLedgerTest, WaitsForTheListing) {
  std::jthread lister([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    note({"a"});
  });
  EXPECT_EQ(next(5), Keys{"a"});
}

TEST_F(PictureLedgerTest, LetsGoWhenItIsStopped) {
  std::jthread stopper([&] { ledger_->stop(); });
  EXPECT_EQ(next(5), Keys{});
}

TEST_F(PictureLedgerTest, GivesOutAfterARestartWhatIsNotDone) {
  note({"a", "b", "c", "d"});
  EXPECT_EQ(next(3).size(), 3U);
  keep(1, 5);
  ASSERT_TRUE(ledger_->reject(0, "undecodable", "it is cut"));
  ASSERT_TRUE(ledger_->commit());
  open();
  EXPECT_EQ(next(9), (Keys{"c", "d"}));
  EXPECT_EQ(ledger_->totals().listed, 4U);
  EXPECT_EQ(ledger_->totals().done, 1U);
  EXPECT_EQ(ledger_->totals().rejected, 1U);
}

TEST_F(PictureLedgerTest, KnowsWhatItHasSeen) {
  EXPECT_EQ(*ledger_->note(entry("a")), Noted::added);
  EXPECT_EQ(*ledger_->note(entry("a")), Noted::known);
  EXPECT_EQ(*ledger_->note(entry("a", "")), Noted::known) << "a version that nobody knows is no other";
  EXPECT_EQ(*ledger_->compare(entry("a", "2")), Noted::changed);
  EXPECT_EQ(*ledger_->note(entry("a", "2")), Noted::changed);
  EXPECT_EQ(*ledger_->note(entry("a", "2")), Noted::known);
  EXPECT_EQ(*ledger_->compare(entry("b")), Noted::added);
  EXPECT_EQ(ledger_->totals().listed, 1U);
}

TEST_F(PictureLedgerTest, HasAPartReadyOnceAllItsPicturesAreDone) {
  note({"a", "b", "c", "d"});
  EXPECT_EQ(next(9).size(), 4U);
  keep(0, 1);
  keep(2, 3);
  EXPECT_FALSE(ledger_->ready_part());
  ASSERT_TRUE(ledger_->reject(1, "gone", "the file is gone"));
  ASSERT_EQ(ledger_->ready_part(), 0);

  const auto part = ledger_->read_part(0);
  ASSERT_TRUE(part) << part.error().message;
  EXPECT_EQ(part->rows.images, (Keys{"a", "c"}));
  EXPECT_EQ(part->rows.values, (std::vector<float>{1, -1, 3, -3}));
  ASSERT_EQ(part->pictures.size(), 3U);
  EXPECT_EQ(part->pictures[1].reason, "gone");

  ASSERT_TRUE(ledger_->end_part(0, 2));
  keep(3, 4);
  EXPECT_FALSE(ledger_->ready_part()) << "pictures may still come into the second part";
  ASSERT_TRUE(ledger_->end_listing());
  EXPECT_EQ(ledger_->ready_part(), 1);
}

TEST_F(PictureLedgerTest, OpensAPartAgainOfWhichAPictureHasChanged) {
  note({"a", "b", "c"});
  EXPECT_EQ(next(9).size(), 3U);
  for (const int i : {0, 1, 2}) keep(i, static_cast<float>(i));
  const tables::FeatureRows rows = ledger_->read_part(0)->rows;
  ASSERT_TRUE(ledger_->end_part(0, 3));
  EXPECT_TRUE(ledger_->stale_parts()->empty());

  EXPECT_EQ(*ledger_->note(entry("b", "2")), Noted::part_is_stale);
  EXPECT_EQ(*ledger_->stale_parts(), std::vector<std::int64_t>{0});
  ASSERT_TRUE(ledger_->restore_rows(0, rows));
  EXPECT_TRUE(ledger_->stale_parts()->empty());
  ASSERT_TRUE(ledger_->end_listing());
  EXPECT_FALSE(ledger_->ready_part());
  EXPECT_EQ(next(9), Keys{"b"});
  keep(1, 7);
  ASSERT_EQ(ledger_->ready_part(), 0);
  EXPECT_EQ(ledger_->read_part(0)->rows.values, (std::vector<float>{0, 0, 7, -7, 2, -2}));
}

TEST_F(PictureLedgerTest, BeginsANewPartWhereSomethingIsAdded) {
  note({"a", "b", "c", "d"});
  ledger_->begin_append();
  note({"e"});
  EXPECT_EQ(ledger_->next(9).value().back().sequence, 6);
}

TEST_F(PictureLedgerTest, ChoosesASampleOnce) {
  for (int i = 0; i < 100; ++i) note({std::to_string(1000 + i)});
  ASSERT_TRUE(ledger_->end_listing());
  const auto sample = ledger_->sample(4, 80).value();
  ASSERT_EQ(sample.size(), 4U);
  EXPECT_EQ(sample[0].entry.key, "1010");
  EXPECT_EQ(sample[3].entry.key, "1070");
  open();
  note({"another"});
  ASSERT_TRUE(ledger_->end_listing());
  EXPECT_EQ(ledger_->sample(9, 101).value().size(), 4U);
}

TEST_F(PictureLedgerTest, KeepsRowsOfVariantsTogether) {
  test::Folder folder("variants");
  const auto ledger =
      PictureLedger::open(folder.path() / "catalogue.db", {.part_pictures = 2, .variants = 2, .columns = 2}).value();
  ASSERT_TRUE(ledger->note(entry("a")));
  const std::vector<float> rows{1, 2, 3, 4};
  ASSERT_TRUE(ledger->add_rows(0, 10, "1", rows));
  const auto part = ledger->read_part(0);
  EXPECT_EQ(part->rows.images, (Keys{"a", "a"}));
  EXPECT_EQ(part->rows.variants, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(part->rows.values, rows);
}

TEST_F(PictureLedgerTest, RefusesAnotherShape) {
  ledger_.reset();
  const auto other =
      PictureLedger::open(folder_.path() / "catalogue.db", {.part_pictures = 3, .variants = 2, .columns = 2});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::conflict);
  EXPECT_FALSE(PictureLedger::open(folder_.path() / "no" / "catalogue.db", kShape));
}

TEST_F(PictureLedgerTest, RemembersTheLabelsOfATable) {
  ASSERT_TRUE(ledger_->add_label("a", "Banana"));
  EXPECT_EQ(*ledger_->label_of("a"), "Banana");
  EXPECT_EQ(*ledger_->label_of("b"), "");
}

}  // namespace
}  // namespace vidi::features
