#include "costs/prices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace vidi::costs {
namespace {

using testing::HasSubstr;

constexpr std::string_view kWhole =
    "currency = \"USD\"\ninstance_hour = 0.1\ngb_month = 0.02\nmonths_kept = 2\nthousand_tier1_requests = 0.005\n"
    "thousand_tier2_requests = 0.0004\ngb_out = 0\n";

Result<Prices> read(const std::string& text) {
  const std::string path = testing::TempDir() + "prices.toml";
  std::ofstream(path) << text;
  return read_prices(path);
}

std::string without(const std::string& key) {
  std::string text(kWhole);
  const std::size_t begin = text.find(key);
  return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

TEST(Prices, AreRead) {
  const auto prices = read(std::string(kWhole) + "gb_in = 0.5\n");
  ASSERT_TRUE(prices) << prices.error().message;
  EXPECT_EQ(prices->currency, "USD");
  EXPECT_EQ(prices->months_kept, 2) << "a whole number is one too";
  EXPECT_EQ(prices->thousand_tier2_requests, 0.0004);
  EXPECT_EQ(prices->gb_in, 0.5);
  EXPECT_EQ(read(std::string(kWhole))->gb_in, 0);
  EXPECT_EQ(read(std::string(kWhole))->volume_gb_month, 0);
  EXPECT_EQ(read(std::string(kWhole))->tax_percent, 0);
  const auto all = read(std::string(kWhole) + "volume_gb_month = 0.1\ntax_percent = 20\n");
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->volume_gb_month, 0.1);
  EXPECT_EQ(all->tax_percent, 20);
}

TEST(Prices, ThatAreMissingNegativeOrMistypedAreNamed) {
  for (const char* key : {"instance_hour", "gb_month", "months_kept", "thousand_tier1_requests",
                          "thousand_tier2_requests", "gb_out", "currency"}) {
    EXPECT_THAT(read(without(key)).error().message, HasSubstr(std::string("'") + key + "'"));
  }
  EXPECT_THAT(read(without("gb_out") + "gb_out = -0.5").error().message,
              HasSubstr("'gb_out' must be a number of at least 0, and it is -0.5"));
  EXPECT_THAT(read(without("gb_out") + "gb_out = \"free\"").error().message, HasSubstr("'gb_out' must be a number"));
  EXPECT_THAT(read(without("gb_out") + "gb_out = nan").error().message, HasSubstr("'gb_out' must be a number"));
  EXPECT_THAT(read(std::string(kWhole) + "gb_inn = -1").error().message, HasSubstr("did you mean 'gb_in'?"));
  EXPECT_THAT(read(std::string(kWhole) + "tax_percent = -20").error().message,
              HasSubstr("'tax_percent' must be a number of at least 0, and it is -20"));
  EXPECT_THAT(read("currency = ").error().message, HasSubstr("line 1"));
  EXPECT_FALSE(read_prices(testing::TempDir() + "there-is-none.toml"));
}

}  // namespace
}  // namespace vidi::costs
