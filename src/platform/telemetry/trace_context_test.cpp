#include "telemetry/trace_context.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vidi::telemetry {
namespace {

const std::string kValid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceParent, IsReadAsTheRecommendationWritesIt) {
  const auto parent = parse_traceparent(kValid);
  ASSERT_TRUE(parent);
  EXPECT_EQ(to_string(parent->trace), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(span_to_string(parent->span), "00f067aa0ba902b7");
  EXPECT_TRUE(parent->sampled);
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled);
  // Other flags than "sampled" are not looked at.
  EXPECT_FALSE(parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe")->sampled);
}

TEST(TraceParent, OfALaterVersionMayHaveMoreFields) {
  EXPECT_TRUE(parse_traceparent("cc" + kValid.substr(2)));
  EXPECT_TRUE(parse_traceparent("cc" + kValid.substr(2) + "-what-the-future-will-be-like"));
  EXPECT_FALSE(parse_traceparent("cc" + kValid.substr(2) + ".what-the-future-will-be-like"));
  EXPECT_FALSE(parse_traceparent(kValid + "-more"));
}

TEST(TraceParent, IsIgnoredWhenItIsMalformed) {
  for (const char* value : {"", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
                            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "0x-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
                            "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
                            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
                            " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0"}) {
    EXPECT_FALSE(parse_traceparent(value)) << value;
  }
}

TEST(Trace, GoesOnWithTheCallersDecisionWhateverTheShare) {
  const auto parent = *parse_traceparent(kValid);
  const TraceContext context = start_trace(parent, 0);
  EXPECT_EQ(context.trace, parent.trace);
  EXPECT_EQ(context.parent, parent.span);
  EXPECT_NE(context.span, parent.span);
  EXPECT_TRUE(context.sampled);
  TraceParent unsampled = parent;
  unsampled.sampled = false;
  EXPECT_FALSE(start_trace(unsampled, 1).sampled);
}

TEST(Trace, BeginsAnewWithoutACallerAndIsSampledByTheShare) {
  int sampled = 0;
  for (int i = 0; i < 10'000; ++i) sampled += start_trace(std::nullopt, 0.25).sampled ? 1 : 0;
  EXPECT_GT(sampled, 2'000);
  EXPECT_LT(sampled, 3'000);
  EXPECT_TRUE(start_trace(std::nullopt, 1).sampled);
  EXPECT_FALSE(start_trace(std::nullopt, 0).sampled);
  const TraceContext one = start_trace(std::nullopt, 1);
  const TraceContext other = start_trace(std::nullopt, 1);
  EXPECT_FALSE(one.trace == other.trace);
  EXPECT_EQ(one.parent, 0U);
}

}  // namespace
}  // namespace vidi::telemetry
