#include "costs/bill.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace vidi::costs {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kGb = 1ULL << 30U;

Bill of_two_hours() {
  return make_bill({.instance_seconds = 7200,
                    .disk_bytes = 2 * kGb,
                    .list_requests = 500,
                    .get_requests = 3000,
                    .put_requests = 1500,
                    .bytes_in = 4 * kGb,
                    .bytes_out = 5 * kGb,
                    .pictures = 1000},
                   {.currency = "EUR",
                    .instance_hour = 0.5,
                    .gb_month = 0.25,
                    .months_kept = 3,
                    .thousand_tier1_requests = 0.125,
                    .thousand_tier2_requests = 0.0625,
                    .gb_out = 0.75,
                    .gb_in = 0.01});
}

TEST(Bill, EachLineIsWhatWasUsedTimesItsPrice) {
  std::vector<double> amounts;
  for (const Line& line : of_two_hours().lines) amounts.push_back(line.amount());
  EXPECT_THAT(amounts, testing::ElementsAre(1.0, 1.5, 0.25, 0.1875, 3.0, testing::DoubleEq(0.05)));
  EXPECT_DOUBLE_EQ(of_two_hours().total(), 5.9875);
  EXPECT_DOUBLE_EQ(*of_two_hours().per_million_pictures(), 5987.5);
}

TEST(Bill, OfNoPicturesHasNoPriceOfThem) {
  const Bill bill = make_bill({}, {.currency = "EUR"});
  EXPECT_FALSE(bill.per_million_pictures());
  EXPECT_THAT(to_text(bill), HasSubstr("There were no pictures"));
  EXPECT_TRUE(nlohmann::json::parse(to_json(bill))["per_million_pictures"].is_null());
}

TEST(Bill, IsReadByPeopleAndPrograms) {
  const std::string text = to_text(of_two_hours());
  EXPECT_THAT(text, testing::ContainsRegex("instance time +2\\.000000 +hours +0\\.5 +1\\.000000\n"));
  EXPECT_THAT(text, testing::ContainsRegex("per million pictures +5987\\.50\n"));
  const auto json = nlohmann::json::parse(to_json(of_two_hours()));
  EXPECT_EQ(json["currency"], "EUR");
  EXPECT_EQ(json["lines"].size(), 6U);
  EXPECT_EQ(json["lines"][2]["amount"], 0.25);
  EXPECT_EQ(json["per_million_pictures"], 5987.5);
}

}  // namespace
}  // namespace vidi::costs
