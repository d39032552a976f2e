#include "costs/measured_job.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::costs {
namespace {

using testing::HasSubstr;

std::string complaint(const std::string& manifest) {
  const auto job = parse_measured_job(manifest, "m.json");
  return job ? "no error" : job.error().message;
}

TEST(MeasuredJob, IsWhatAFinishedJobTells) {
  const auto job = parse_measured_job(
      R"({"state": "finished", "runs": 2, "settings": {"backbone": "resnet50", "pca": 100, "source": "a"},
          "timings": {"starting_s": 2.5, "reducing_s": 1.25, "total_s": 40},
          "bill": {"instance_seconds": 40, "machines": 2, "disk_bytes": 4, "pictures": 5}})",
      "m.json");
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->name, "m.json");
  EXPECT_EQ(job->usage.machines, 2U);
  EXPECT_EQ(job->fixed_seconds, 3.75);
  EXPECT_EQ(job->runs, 2U);
  EXPECT_THAT(job->settings,
              testing::ElementsAre(testing::Pair("backbone", "\"resnet50\""), testing::Pair("pca", "100")))
      << "where the pictures are need not be the same";
}

TEST(MeasuredJob, NeedsNoMoreThanItsBill) {
  const auto job =
      parse_measured_job(R"({"bill": {"instance_seconds": 40, "disk_bytes": 4, "pictures": 5}})", "m.json");
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_FALSE(job->fixed_seconds);
  EXPECT_EQ(job->runs, 1U);
}

TEST(MeasuredJob, MayBeOneOfSpark) {
  const auto job = parse_measured_job(
      R"({"timings": {"starting_s": 4.75, "features_s": 8, "moments_s": 1, "solving_s": 1.25, "transforming_s": 0.5},
          "bill": {"instance_seconds": 40, "machines": 2, "disk_bytes": 4, "pictures": 5}})",
      "m.json");
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->fixed_seconds, 6.0);
}

TEST(MeasuredJob, ThatTellsNothingIsRefused) {
  EXPECT_THAT(complaint("[1]"), HasSubstr("has no 'bill'"));
  EXPECT_THAT(complaint(R"({"state": "running", "bill": {"instance_seconds": 1, "disk_bytes": 4, "pictures": 5}})"),
              HasSubstr("m.json is of a job whose state is \"running\""));
  EXPECT_THAT(complaint(R"({"bill": {"instance_seconds": 1, "disk_bytes": 4, "pictures": 0}})"),
              HasSubstr("m.json is of a job without pictures"));
  EXPECT_THAT(complaint(R"({"bill": {"instance_seconds": 0, "disk_bytes": 4, "pictures": 5}})"),
              HasSubstr("m.json is of a job that took no time"));
  EXPECT_THAT(
      complaint(R"({"timings": {"starting_s": 3, "reducing_s": 2.5},
                          "bill": {"instance_seconds": 10, "machines": 2, "disk_bytes": 4, "pictures": 5}})"),
      HasSubstr("starting_s, reducing_s, solving_s of 'timings' are 5.500 s together, and the job took 5.000 s"));
  EXPECT_THAT(complaint(R"({"timings": {"starting_s": "3", "reducing_s": 2.5},
                          "bill": {"instance_seconds": 10, "disk_bytes": 4, "pictures": 5}})"),
              HasSubstr("'timings.starting_s' must be a number of at least 0, and is \"3\""));
}

}  // namespace
}  // namespace vidi::costs
