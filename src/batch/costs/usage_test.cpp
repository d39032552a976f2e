#include "costs/usage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::costs {
namespace {

using testing::HasSubstr;

std::string error(const std::string& manifest) {
  const auto usage = parse_usage(manifest, "manifest.json");
  return usage ? "no error" : usage.error().message;
}

TEST(Usage, IsTheBillOfAManifest) {
  const auto usage = parse_usage(
      R"({"counts": {}, "bill": {"instance_seconds": 71.2, "disk_bytes": 123, "pictures": 1000,
          "s3": {"list_requests": 5, "get_requests": 1000, "put_requests": 12, "bytes_in": 7, "bytes_out": 8}}})",
      "manifest.json");
  ASSERT_TRUE(usage) << usage.error().message;
  EXPECT_EQ(usage->instance_seconds, 71.2);
  EXPECT_EQ(usage->disk_bytes, 123U);
  EXPECT_EQ(usage->list_requests, 5U);
  EXPECT_EQ(usage->get_requests, 1000U);
  EXPECT_EQ(usage->put_requests, 12U);
  EXPECT_EQ(usage->bytes_in, 7U);
  EXPECT_EQ(usage->bytes_out, 8U);
  EXPECT_EQ(usage->pictures, 1000U);
  EXPECT_EQ(usage->machines, 1U) << "of a manifest that does not say it";
  EXPECT_EQ(usage->volume_gb_hours, 0);
}

TEST(Usage, MayBeOfACluster) {
  const auto usage = parse_usage(
      R"({"bill": {"instance_seconds": 3, "machines": 4, "volume_gb_hours": 12.5, "disk_bytes": 4, "pictures": 5}})",
      "m");
  ASSERT_TRUE(usage) << usage.error().message;
  EXPECT_EQ(usage->instance_seconds, 3) << "of all machines together";
  EXPECT_EQ(usage->machines, 4U);
  EXPECT_EQ(usage->volume_gb_hours, 12.5);
}

TEST(Usage, MayBeWithoutS3) {
  const auto usage = parse_usage(R"({"bill": {"instance_seconds": 3, "disk_bytes": 4, "pictures": 5}})", "m");
  ASSERT_TRUE(usage) << usage.error().message;
  EXPECT_EQ(usage->get_requests, 0U);
}

TEST(Usage, SaysWhatIsMissing) {
  EXPECT_EQ(error("{"), "manifest.json is no JSON");
  EXPECT_THAT(error("[]"), HasSubstr("has no 'bill'"));
  EXPECT_THAT(error(R"({"bill": {"disk_bytes": 4, "pictures": 5}})"), HasSubstr("'bill.instance_seconds' must be"));
  EXPECT_THAT(error(R"({"bill": {"instance_seconds": 1, "disk_bytes": -4, "pictures": 5}})"),
              HasSubstr("'bill.disk_bytes' must be a whole number of at least 0"));
  EXPECT_THAT(error(R"({"bill": {"instance_seconds": 1, "disk_bytes": 4, "pictures": 5, "s3": {}}})"),
              HasSubstr("'bill.s3.list_requests'"));
  EXPECT_THAT(error(R"({"bill": {"instance_seconds": 1, "machines": 0, "disk_bytes": 4, "pictures": 5}})"),
              HasSubstr("'bill.machines' must be at least 1, and is 0"));
  EXPECT_THAT(error(R"({"bill": {"instance_seconds": 1, "volume_gb_hours": "4", "disk_bytes": 4, "pictures": 5}})"),
              HasSubstr("'bill.volume_gb_hours' must be a number"));
  EXPECT_THAT(error(R"({"bill": {"instance_seconds": 1, "disk_bytes": 4, "pictures": 5, "s3": 7}})"),
              HasSubstr("'bill.s3.list_requests'"));
}

}  // namespace
}  // namespace vidi::costs
