#include "records/cassandra/keys.hpp"

#include <gtest/gtest.h>

#include <set>

namespace vidi::records::cassandra {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

Uuid uuid_at(std::string_view time) { return make_uuid(*parse_timestamp(time)); }

TEST(Keys, ADayAndAMonthAreThoseOfUtc) {
  EXPECT_EQ(day_of(uuid_at("2026-02-28T23:59:59.999999Z")), sys_days(2026y / 2 / 28));
  EXPECT_EQ(day_of(uuid_at("2026-03-01T00:00:00Z")), sys_days(2026y / 3 / 1));
  EXPECT_EQ(month_of(uuid_at("2026-02-28T23:59:59.999999Z")), sys_days(2026y / 2 / 1));
  EXPECT_EQ(month_of(uuid_at("1970-01-01")), sys_days(1970y / 1 / 1));
}

TEST(Keys, ShardsShareThePredictionsOfADay) {
  const Timestamp start = now();
  std::array<int, 16> counts{};
  for (int i = 0; i < 1600; ++i) {
    const Uuid id = make_uuid(start + i * std::chrono::seconds(50));
    const std::int8_t shard = shard_of(id, 16);
    ASSERT_GE(shard, 0);
    ASSERT_LT(shard, 16);
    EXPECT_EQ(shard_of(id, 16), shard);
    ++counts.at(static_cast<std::size_t>(shard));
  }
  for (const int count : counts) EXPECT_GT(count, 50);
}

TEST(Keys, AnyBytesBecomeATextOfTheirOwn) {
  const std::vector<std::string> all{
      "",  "Zoë", std::string("\0", 1), "\x01", std::string("\x01") + "00", "\xff", "a\xff", "\xc3", "识别结果",
      "0", "ff"};
  std::set<std::string> texts;
  for (const std::string& bytes : all) {
    const std::string text = to_text(bytes);
    EXPECT_TRUE(texts.insert(text).second) << text;
    EXPECT_EQ(from_text(text), bytes);
  }
  EXPECT_EQ(to_text("Zoë"), "Zoë");
  EXPECT_EQ(from_text("\x01"
                      "0"),
            std::nullopt);
  EXPECT_EQ(from_text("\x01"
                      "0g"),
            std::nullopt);
}

TEST(Keys, NoTwoSubjectsAreAlike) {
  const std::set<std::string> subjects{subject_of_all(),
                                       subject_of_user("all"),
                                       subject_of_user(""),
                                       subject_of_model_result("a", "b=c"),
                                       subject_of_model_result("a=b", "c"),
                                       subject_of_model_result("a", std::nullopt),
                                       subject_of_model_result("a", ""),
                                       subject_of_model_result("a=", std::nullopt),
                                       subject_of_model("all"),
                                       subject_of_model("1 a"),
                                       subject_of_result("1 a"),
                                       subject_of_result(""),
                                       subject_of_result(std::nullopt)};
  EXPECT_EQ(subjects.size(), 13U);
}

TEST(Keys, TwoRequestsOfOneMicrosecondHaveTwoKeys) {
  Prediction prediction;
  prediction.time = *parse_timestamp("2019-01-29T16:55:06.393990Z");
  std::set<std::string> keys;
  for (int i = 0; i < 1000; ++i) {
    prediction.id = make_uuid(prediction.time);
    keys.insert(demand_key(prediction));
  }
  EXPECT_EQ(keys.size(), 1000U);
  EXPECT_EQ(keys.begin()->substr(0, 27), "2019-01-29 16:55:06.393990-");
  EXPECT_EQ(keys.begin()->size(), 35U);
}

}  // namespace
}  // namespace vidi::records::cassandra
