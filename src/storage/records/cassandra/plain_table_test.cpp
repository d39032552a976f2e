#include "records/cassandra/plain_table.hpp"

#include <gtest/gtest.h>

#include "records/cassandra/keys.hpp"
#include "records/packing/packing.hpp"

namespace vidi::records::cassandra {
namespace {

const PlainRow kRow{.time = "2019-01-29 16:55:06.393990", .filename = "my 4.png", .result = "[4]"};

TEST(PlainTable, ARowBecomesTheSamePredictionEveryTime) {
  const auto first = prediction_of(kRow);
  ASSERT_TRUE(first);
  EXPECT_EQ(prediction_of(kRow), first);
  EXPECT_EQ(first->time, *parse_timestamp("2019-01-29T16:55:06.393990Z"));
  EXPECT_EQ(time_of(first->id), first->time) << "lists and filters go by the identifier's time";
  EXPECT_EQ(to_string(first->id).substr(0, 14), "01689a89-2799-") << "the milliseconds";
  EXPECT_EQ(to_string(first->id)[14], '7') << "the version";
  EXPECT_NE(std::string("89ab").find(to_string(first->id)[19]), std::string::npos) << "the variant";
  EXPECT_EQ(first->result, "[4]");
  EXPECT_EQ(first->filename, "my 4.png");
}

TEST(PlainTable, RowsThatDifferInAnythingBecomeDifferentPredictions) {
  const auto first = prediction_of(kRow);
  for (const PlainRow& other : {PlainRow{kRow.time, "my 4.pn", "g[4]"}, PlainRow{kRow.time, "", "[4]"},
                                PlainRow{kRow.time, "my 4.png", ""}, PlainRow{kRow.time + "0", "my 4.png", "[4]"}}) {
    const auto prediction = prediction_of(other);
    ASSERT_TRUE(prediction) << other.time;
    EXPECT_NE(prediction->id, first->id);
  }
}

TEST(PlainTable, TimesAreReadAsPeopleWriteThem) {
  const auto microseconds = [](const std::string& time) {
    const auto prediction = prediction_of({.time = time, .filename = "", .result = ""});
    return prediction ? prediction->time.time_since_epoch().count() : -1;
  };
  EXPECT_EQ(microseconds("2019-01-29 16:55:06"), 1'548'780'906'000'000);
  EXPECT_EQ(microseconds("2019-01-29T16:55:06Z"), 1'548'780'906'000'000);
  EXPECT_EQ(microseconds("2019-01-29 16:55:06+08:00"), 1'548'752'106'000'000);
  for (const std::string time : {"", "yesterday", "2019-01-29 25:00:00", "1969-12-31 23:59:59", "29/01/2019"}) {
    EXPECT_EQ(microseconds(time), -1) << time;
  }
}

TEST(PlainTable, ARowWithoutAResultSaysWhy) {
  const auto prediction = prediction_of({.time = "2019-01-29", .filename = "a.png", .result = ""});
  ASSERT_TRUE(prediction);
  EXPECT_EQ(prediction->result, std::nullopt);
  EXPECT_FALSE(prediction->reason.empty());
}

TEST(PlainTable, KeysOfVidiAreToldFromThoseOfOthers) {
  Prediction prediction;
  prediction.id = make_uuid(now());
  prediction.time = time_of(prediction.id);
  EXPECT_TRUE(is_key_of_vidi(demand_key(prediction)));
  for (const std::string other : {"2019-01-29 16:55:06.393990", "2019-01-29 16:55:06-12345678", "", "-12345678",
                                  "2019-01-29 16:55:06.393990-1234567g", "2019-01-29 16:55:06.393990-0800",
                                  "2019-01-29T16:55:06.393990-12345678"}) {
    EXPECT_FALSE(is_key_of_vidi(other)) << other;
  }
}

// Else the import would write the row a second time, and forgetting would leave it there.
TEST(PlainTable, AnImportedRowKeepsItsKeyInEveryStore) {
  for (const std::string time : {"2019-01-29 16:55:06.393990", "2019-01-29 16:55:06", "2019-01-29T16:55:06+08:00"}) {
    auto prediction = prediction_of({.time = time, .filename = "../a b.png", .result = ""});
    ASSERT_TRUE(prediction);
    prediction->safe_filename = "a_b.png";
    EXPECT_EQ(demand_key(*prediction), time);
    Bytes stored;
    pack(*prediction, stored);
    EXPECT_EQ(demand_key(*unpack_prediction(stored)), time);
    prediction->correction = Correction{.label = "4", .user = "", .time = now()};
    EXPECT_EQ(demand_key(*prediction), time);
  }
}

TEST(PlainTable, AModelOfThatNameHasKeysOfItsOwn) {
  auto prediction = prediction_of(kRow);
  ASSERT_TRUE(prediction);
  prediction->id = make_uuid(prediction->time);
  EXPECT_EQ(row_of(*prediction), std::nullopt);
  EXPECT_TRUE(is_key_of_vidi(demand_key(*prediction)));
}

}  // namespace
}  // namespace vidi::records::cassandra
