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
  EXPECT_THAT(amounts, testing::ElementsAre(1.0, 0.0, 1.5, 0.25, 0.1875, 3.0, testing::DoubleEq(0.05)));
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
  EXPECT_EQ(json["lines"].size(), 7U);
  EXPECT_EQ(json["lines"][3]["amount"], 0.25);
  EXPECT_EQ(json["per_million_pictures"], 5987.5);
  EXPECT_EQ(json["tax"], 0);
  EXPECT_EQ(json["machines"], 1);
  EXPECT_THAT(text, testing::Not(HasSubstr("subtotal"))) << "without a tax, one sum is enough";
  EXPECT_THAT(text, testing::Not(HasSubstr("machines")));
}

// What a student paid for the job that many write: Spark on a few machines of EMR, pictures and result in S3.
TEST(Bill, IsTheKnownOneOfACluster) {
  const Bill bill = make_bill({.instance_seconds = 16.386 * 3600,
                               .machines = 3,
                               .volume_gb_hours = 9.770 * kHoursPerMonth,
                               .disk_bytes = static_cast<std::uint64_t>(0.336 * kGb),
                               .list_requests = 91,
                               .get_requests = 12'483,
                               .put_requests = 2'000,
                               .pictures = 22'688},
                              {.currency = "USD",
                               .instance_hour = 0.1056,
                               .gb_month = 0.024,
                               .months_kept = 1,
                               .thousand_tier1_requests = 0.0053,
                               .thousand_tier2_requests = 0.00042,
                               .volume_gb_month = 0.116,
                               .tax_percent = 20});
  EXPECT_NEAR(bill.subtotal(), 1.7303616 + 1.13332 + 0.0110823 + 0.00524286 + 0.008064, 1e-9);
  EXPECT_NEAR(bill.total(), 3.47, 0.005);
  EXPECT_DOUBLE_EQ(bill.total(), bill.subtotal() + bill.tax());
  EXPECT_DOUBLE_EQ(*bill.per_million_pictures(), bill.total() / 22'688 * 1e6);
  EXPECT_THAT(to_text(bill),
              testing::ContainsRegex("subtotal +2\\.888071\ntax, 20 % +0\\.577614\ntotal +3\\.465685\n"));
  EXPECT_THAT(to_text(bill), HasSubstr("The instance time is that of 3 machines together."));
}

}  // namespace
}  // namespace vidi::costs
