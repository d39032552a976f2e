#include "costs/estimate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace vidi::costs {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr double kFixed = 6.5;    // seconds
constexpr double kEach = 0.0125;  // seconds of one machine

// A job on the lines of a model that the tests know: 6.5 s and 12.5 ms a picture; 20 MB and 9 KB a picture.
MeasuredJob job_of(std::uint64_t pictures, std::uint64_t machines = 1) {
  Usage usage;
  usage.pictures = pictures;
  usage.machines = machines;
  usage.instance_seconds = kFixed * static_cast<double>(machines) + kEach * static_cast<double>(pictures);
  usage.volume_gb_hours = usage.instance_seconds / 3600 * 32;
  usage.disk_bytes = 20'000'000 + 9'000 * pictures;
  usage.list_requests = 1;
  usage.get_requests = 3 + pictures;
  usage.put_requests = 12;
  usage.bytes_in = 5'000 * pictures;
  usage.bytes_out = usage.disk_bytes;
  return {.name = std::to_string(pictures) + ".json", .usage = usage, .fixed_seconds = 3, .runs = 1, .settings = {}};
}

std::string refusal(std::vector<MeasuredJob> jobs) {
  const auto model = fit_cost_model(std::move(jobs));
  return model ? "no error" : model.error().message;
}

void expect_the_known_lines(const CostModel& model) {
  EXPECT_NEAR(model.seconds.fixed, kFixed, 1e-6);
  EXPECT_NEAR(model.seconds.each, kEach, 1e-9);
  EXPECT_NEAR(model.disk_bytes.fixed, 20e6, 1);
  EXPECT_NEAR(model.disk_bytes.each, 9000, 1e-3);
  EXPECT_NEAR(model.get_requests.fixed, 3, 1e-6);
  EXPECT_NEAR(model.get_requests.each, 1, 1e-9);
  EXPECT_NEAR(model.list_requests.fixed, 1, 1e-9);
  EXPECT_NEAR(model.list_requests.each, 0, 1e-12);
  EXPECT_NEAR(model.bytes_in.each, 5000, 1e-3);
  EXPECT_NEAR(model.volume_gb, 32, 1e-9);
}

TEST(CostModel, FindsTheLinesThatJobsLieOn) {
  const auto model = fit_cost_model({job_of(100), job_of(1'000), job_of(10'000)});
  ASSERT_TRUE(model) << model.error().message;
  expect_the_known_lines(*model);
  EXPECT_LT(model->largest_error, 1e-9);
}

TEST(CostModel, FindsThemInJobsOnSeveralMachines) {
  const auto model = fit_cost_model({job_of(500, 1), job_of(1'000, 4), job_of(20'000, 2)});
  ASSERT_TRUE(model) << model.error().message;
  expect_the_known_lines(*model);
}

// The same pictures on more and more machines: time is on a line, what is counted tells nothing of other sizes.
TEST(CostModel, TakesMachinesForSizes) {
  const auto model = fit_cost_model({job_of(1'000, 1), job_of(1'000, 2), job_of(1'000, 4)});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_NEAR(model->seconds.fixed, kFixed, 1e-6);
  EXPECT_NEAR(model->seconds.each, kEach, 1e-9);
  EXPECT_FALSE(model->counts_on_lines);
  EXPECT_EQ(model->disk_bytes.fixed, 0);
  EXPECT_NEAR(model->disk_bytes.each, 29'000, 1e-3);
}

// A large job that is 10 % off must not cost the small ones more than it is off itself: errors count relative to the
// amounts. With errors in seconds, the line would miss the job of 100 by four fifths.
TEST(CostModel, FitsSmallJobsAsWellAsLargeOnes) {
  auto large = job_of(100'000);
  auto middle = job_of(10'000);
  large.usage.instance_seconds *= 1.1;
  middle.usage.instance_seconds *= 0.95;
  const auto model = fit_cost_model({job_of(100), job_of(1'000), middle, large});
  ASSERT_TRUE(model) << model.error().message;
  const double small = job_of(100).usage.instance_seconds;
  EXPECT_NEAR(estimate(*model, 100, 1).usage.instance_seconds / small, 1, 0.02);
  EXPECT_GT(model->largest_error, 0.05);
  EXPECT_LT(model->largest_error, 0.1);
}

TEST(CostModel, OfOneJobTakesItsStartingAndReducingForFixed) {
  const auto model = fit_cost_model({job_of(1'000)});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->seconds.fixed, 3);
  EXPECT_NEAR(model->seconds.each, (kFixed + kEach * 1'000 - 3) / 1'000, 1e-12);
  EXPECT_EQ(model->get_requests.fixed, 0);
  EXPECT_NEAR(model->get_requests.each, 1.003, 1e-12);
  EXPECT_NEAR(estimate(*model, 1'000, 1).usage.instance_seconds, job_of(1'000).usage.instance_seconds, 1e-9);

  auto silent = job_of(1'000);
  silent.fixed_seconds.reset();
  const auto proportional = fit_cost_model({silent});
  ASSERT_TRUE(proportional) << proportional.error().message;
  EXPECT_EQ(proportional->seconds.fixed, 0);
  EXPECT_THAT(assumptions(*proportional, estimate(*proportional, 10, 1)),
              Contains(HasSubstr("Nothing is taken for fixed, since 1000.json does not say")));
}

TEST(CostModel, OfJobsOfAboutOneSizeIsThatOfOneJob) {
  const auto model = fit_cost_model({job_of(1'000), job_of(1'010)});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_FALSE(model->seconds_on_line);
  EXPECT_EQ(model->seconds.fixed, 3) << "a line through two points that are so near would be chance";
}

TEST(CostModel, HasNoNegativeParts) {
  auto small = job_of(1'000);
  auto large = job_of(2'000);
  small.usage.instance_seconds = 10;
  large.usage.instance_seconds = 21;
  small.usage.disk_bytes = 1'000;
  large.usage.disk_bytes = 900;
  const auto model = fit_cost_model({small, large});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->seconds.fixed, 0);
  EXPECT_NEAR(model->seconds.each, 0.01023781, 1e-8);
  EXPECT_EQ(model->disk_bytes.each, 0);
  EXPECT_NEAR(model->disk_bytes.fixed, 945, 1) << "between both, nearer to what weighs more";
}

TEST(CostModel, RefusesJobsThatCannotBeCompared) {
  EXPECT_THAT(refusal({}), HasSubstr("needs the manifest of one job at least"));

  auto other = job_of(500);
  other.settings = {{"precision", "\"bf16\""}};
  auto first = job_of(5'000);
  first.settings = {{"precision", "\"f32\""}};
  EXPECT_THAT(refusal({first, other}),
              HasSubstr("5000.json and 500.json are no jobs of one kind: 'precision' is \"f32\" in one and \"bf16\""));

  auto of_folder = job_of(500);
  of_folder.usage.list_requests = of_folder.usage.get_requests = of_folder.usage.put_requests = 0;
  EXPECT_THAT(refusal({of_folder, job_of(5'000)}), HasSubstr("5000.json asked S3 and 500.json did not"));

  auto large = job_of(50'000);
  large.usage.instance_seconds = 1;
  EXPECT_THAT(refusal({job_of(500), large}),
              HasSubstr("500.json (500 pictures, 12.750 s) and 50000.json (50000 pictures, 1.000 s) say that pictures "
                        "take no time"));
}

TEST(Estimate, DividesWhatGrowsAndNotWhatIsFixed) {
  const auto model = fit_cost_model({job_of(100), job_of(10'000)});
  ASSERT_TRUE(model) << model.error().message;
  const Estimate alone = estimate(*model, 1'000'000, 1);
  const Estimate shared = estimate(*model, 1'000'000, 8);
  EXPECT_NEAR(alone.hours, (kFixed + kEach * 1e6) / 3600, 1e-9);
  EXPECT_NEAR(shared.hours, (kFixed + kEach * 1e6 / 8) / 3600, 1e-9);
  EXPECT_NEAR(shared.usage.instance_seconds, 8 * kFixed + kEach * 1e6, 1e-6);
  EXPECT_EQ(shared.usage.machines, 8U);
  EXPECT_EQ(shared.usage.pictures, 1'000'000U);
  EXPECT_EQ(shared.usage.get_requests, 1'000'003U);
  EXPECT_EQ(shared.usage.disk_bytes, 9'020'000'000U);
  EXPECT_NEAR(shared.usage.volume_gb_hours, shared.usage.instance_seconds / 3600 * 32, 1e-9);
}

TEST(Estimate, OfMoreThanCanBeWrittenStaysFinite) {
  const auto model = fit_cost_model({job_of(100), job_of(10'000)});
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(estimate(*model, UINT64_MAX, 1).usage.bytes_in, 10'000'000'000'000'000'000U);
}

TEST(Estimate, SaysWhatItAssumes) {
  const auto model = fit_cost_model({job_of(100), job_of(1'000), job_of(10'000)});
  ASSERT_TRUE(model) << model.error().message;
  const Estimate result = estimate(*model, 1'000'000, 4);
  const Bill bill = make_bill(result.usage, {.currency = "USD", .instance_hour = 0.36});
  const std::string text = to_text(*model, result, bill);
  EXPECT_THAT(text, testing::StartsWith("1,000,000 pictures on 4 machines: 52.2 min from start to end\n"));
  EXPECT_THAT(text, HasSubstr("per million pictures"));
  EXPECT_THAT(text,
              HasSubstr("takes 6.5 s, whatever its size is, and each picture 12.5 ms of one machine. That is a line "
                        "through 3 jobs of 100 to 10,000 pictures"));
  EXPECT_THAT(text, HasSubstr("had 10,000 pictures: this is 100 times as many"));
  EXPECT_THAT(text, HasSubstr("The fixed part is not divided: every machine is paid for it"));
  EXPECT_THAT(text, HasSubstr("Each machine has 32 GB of block storage"));
  const auto json = nlohmann::json::parse(to_json(*model, result, bill));
  EXPECT_EQ(json["machines"], 4);
  EXPECT_NEAR(json["model"]["machine_seconds_per_picture"], kEach, 1e-9);
  EXPECT_EQ(json["usage"]["s3"]["get_requests"], 1'000'003);
  EXPECT_EQ(json["bill"]["pictures"], 1'000'000);
  EXPECT_GE(json["assumptions"].size(), 5U);
  EXPECT_EQ(parse_usage(nlohmann::json{{"bill", json["usage"]}}.dump(), "estimate")->disk_bytes, 9'020'000'000U)
      << "its usage has the form of a manifest's bill";
}

TEST(Estimate, SaysHowFarTheLineIsOffWhereThatIsKnown) {
  auto off = job_of(1'000);
  off.usage.instance_seconds *= 1.2;
  const auto of_three = fit_cost_model({job_of(100), off, job_of(10'000)});
  const auto of_two = fit_cost_model({job_of(100), job_of(10'000)});
  ASSERT_TRUE(of_three && of_two);
  EXPECT_THAT(assumptions(*of_three, estimate(*of_three, 5, 1)), Contains(HasSubstr("off by most for 1000.json")));
  EXPECT_THAT(assumptions(*of_two, estimate(*of_two, 5, 1)), Contains(HasSubstr("nothing tells how far it is off")));
}

}  // namespace
}  // namespace vidi::costs
