#include "telemetry/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "telemetry/process_metrics.hpp"
#include "telemetry/request_metrics.hpp"

namespace vidi::telemetry {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

TEST(Counter, LosesNothingFromManyThreads) {
  Counter counter;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 12; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 10'000; ++k) counter.add();
      });
    }
  }
  EXPECT_EQ(counter.value(), 120'000U);
}

TEST(Histogram, PutsAValueIntoTheFirstBucketThatIsNotBelowIt) {
  Histogram histogram(row_buckets());
  for (const std::uint64_t rows : {1U, 2U, 3U, 256U, 257U}) histogram.observe(rows);
  const auto values = histogram.values();
  EXPECT_THAT(values.cumulative, testing::ElementsAre(1, 2, 3, 3, 3, 3, 3, 3, 4));
  EXPECT_EQ(values.count, 5U);
  EXPECT_DOUBLE_EQ(values.sum, 519);
}

TEST(Histogram, ShowsTimesInSeconds) {
  Histogram histogram(request_buckets());
  histogram.observe(milliseconds(1));
  histogram.observe(milliseconds(20'000));
  histogram.observe(milliseconds(-1));  // a clock that was set back
  const auto values = histogram.values();
  EXPECT_EQ(values.cumulative[3], 2U);
  EXPECT_EQ(values.cumulative.back(), 2U);
  EXPECT_EQ(values.count, 3U);
  EXPECT_DOUBLE_EQ(values.sum, 20.001);
}

TEST(Registry, RendersWhatPrometheusReads) {
  Registry registry;
  registry.counter({.name = "pictures_total", .help = "Pictures."}, {{"kind", "a\"b\\c\nd"}}).add(3);
  registry.histogram({.name = "seconds", .help = "Time."}, request_buckets()).observe(milliseconds(3));
  const auto text = registry.render();
  EXPECT_THAT(text, HasSubstr("# HELP pictures_total Pictures.\n# TYPE pictures_total counter\n"));
  EXPECT_THAT(text, HasSubstr("pictures_total{kind=\"a\\\"b\\\\c\\nd\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE seconds histogram\nseconds_count 1\nseconds_sum 0.003\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.0025\"} 0\nseconds_bucket{le=\"0.005\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"10\"} 1\nseconds_bucket{le=\"+Inf\"} 1\n"));
}

TEST(Registry, AsksWhomItWatchesUntilTheSubscriptionEnds) {
  Registry registry;
  const Description description{.name = "depth", .help = "What waits."};
  auto first = registry.watch(description, Kind::gauge, [] { return std::vector<Sample>{{{{"queue", "a"}}, 1}}; });
  auto second = registry.watch(description, Kind::gauge, [] { return std::vector<Sample>{{{{"queue", "b"}}, 2}}; });
  EXPECT_THAT(registry.render(), HasSubstr("depth{queue=\"a\"} 1\ndepth{queue=\"b\"} 2\n"));
  first.reset();
  EXPECT_THAT(registry.render(), Not(HasSubstr("queue=\"a\"")));
  second.reset();
  EXPECT_EQ(registry.render(), "");
}

TEST(Registry, RefusesOneNameForTwoKinds) {
  Registry registry;
  const Description description{.name = "name", .help = "Help."};
  registry.counter(description);
  EXPECT_THROW(registry.histogram(description, row_buckets()), std::logic_error);
}

TEST(Process, IsDescribed) {
  Registry registry;
  const auto subscriptions = watch_process(registry);
  const std::string text = registry.render();
  EXPECT_THAT(text, HasSubstr("process_resident_memory_bytes "));
  EXPECT_THAT(text, Not(HasSubstr("process_resident_memory_bytes 0\n")));
  EXPECT_THAT(text, Not(HasSubstr("process_threads 0\n")));
  EXPECT_THAT(text, Not(HasSubstr("process_open_fds 0\n")));
  EXPECT_THAT(text, Not(HasSubstr("process_start_time_seconds 0\n")));
}

TEST(RequestMetrics, CountARequestOfAnUnknownMethodAndPathUnderFixedLabels) {
  RequestRecord record;
  record.method = "BREW\"x";
  record.path = "/teapot";
  record.status = 404;
  record.begin = Clock::now();
  record.end = record.begin + milliseconds(2);
  count(record);
  count(record);
  const std::string text = registry().render();
  EXPECT_THAT(text,
              HasSubstr("vidi_requests_total{method=\"other\",path=\"unknown\",protocol=\"vidi\",status=\"404\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("vidi_errors_total{code=\"not_found\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("vidi_request_seconds_count{path=\"unknown\",model=\"\",protocol=\"vidi\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("teapot")));
}

TEST(RequestMetrics, CountTheStagesOfARecognizedPictureOnly) {
  RequestRecord record;
  record.method = "POST";
  record.route = "/v2/models/{m}/infer";
  record.status = 200;
  record.begin = Clock::now();
  record.end = record.begin + milliseconds(2);
  record.stages.add(Stage::infer, record.begin, record.begin + milliseconds(1));
  record.stages.add(Stage::infer, record.begin + milliseconds(1), record.end);
  count(record);
  EXPECT_THAT(registry().render(), HasSubstr("vidi_stage_seconds_count{stage=\"infer\"} 0\n"));
  record.model = "digits";
  record.version = "1";
  record.predictions = 1;
  count(record);
  const std::string text = registry().render();
  EXPECT_THAT(text, HasSubstr("vidi_stage_seconds_count{stage=\"infer\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("vidi_stage_seconds_sum{stage=\"infer\"} 0.002\n"));
  EXPECT_THAT(text, HasSubstr("vidi_stage_seconds_count{stage=\"decode\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("vidi_predictions_total{model=\"digits\",version=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("path=\"/v2/models/{m}/infer\",protocol=\"v2\",status=\"200\"} 2\n"));
}

}  // namespace
}  // namespace vidi::telemetry
