#include "digits/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::digits {
namespace {

// Two classes and none.
const OutputRules kRules{.labels = 2, .has_none = true, .least_probability = 0.5};

Candidate candidate(int first, int last, double ink) {
  Candidate result;
  result.first = first;
  result.last = last;
  result.ink = ink;
  result.box = {first * 10, 0, (last - first) * 10, 20};
  return result;
}

Line line(int pieces, std::vector<Candidate> candidates, int view = 0) { return {view, pieces, std::move(candidates)}; }

std::vector<std::size_t> labels(const Reading& reading) {
  std::vector<std::size_t> result;
  for (const auto& each : reading.lines) {
    for (const ReadDigit& digit : each) result.push_back(digit.label);
  }
  return result;
}

using testing::ElementsAre;

TEST(Read, TakesTheDivisionThatTheModelIsSurestOf) {
  const Findings findings{{line(2, {candidate(0, 1, 0.5), candidate(0, 2, 1), candidate(1, 2, 0.5)})}, {}};
  const std::vector<float> apart{0.98F, 0.01F, 0.01F, 0.1F, 0.1F, 0.8F, 0.01F, 0.98F, 0.01F};
  EXPECT_THAT(labels(read(findings, apart, kRules)), ElementsAre(0U, 1U));
  const std::vector<float> whole{0.3F, 0.1F, 0.6F, 0.01F, 0.98F, 0.01F, 0.1F, 0.3F, 0.6F};
  const Reading reading = read(findings, whole, kRules);
  EXPECT_THAT(labels(reading), ElementsAre(1U));
  EXPECT_EQ(reading.lines[0][0].box, (Box{0, 0, 20, 20}));
  EXPECT_EQ(reading.lines[0][0].candidate, 1U);
}

TEST(Read, LeavesOutWhatIsNoDigit) {
  const Findings findings{{line(2, {candidate(0, 1, 0.8), candidate(1, 2, 0.2)})}, {}};
  EXPECT_THAT(labels(read(findings, std::vector{0.9F, 0.05F, 0.05F, 0.1F, 0.1F, 0.8F}, kRules)), ElementsAre(0U));
}

TEST(Read, ADigitBelowTheThresholdIsNoAnswer) {
  const Findings findings{{line(1, {candidate(0, 1, 1)})}, {}};
  const Reading reading = read(findings, std::vector{0.45F, 0.35F, 0.2F}, kRules);
  EXPECT_TRUE(reading.lines.empty());
  EXPECT_FALSE(reading.reason.empty());
}

TEST(Read, WhatIsTrustedIsRefusedLess) {
  Findings findings{{line(1, {candidate(0, 1, 1)})}, {}};
  const std::vector unsure{0.25F, 0.15F, 0.6F};
  EXPECT_TRUE(read(findings, unsure, kRules).lines.empty());
  findings.lines[0].candidates[0].doubt = -1.8;
  EXPECT_THAT(labels(read(findings, unsure, kRules)), ElementsAre(0U));
}

TEST(Read, ALineOfLettersWithADigitAmongThemIsNoNumber) {
  const Findings findings{
      {line(4, {candidate(0, 1, 0.25), candidate(1, 2, 0.25), candidate(2, 3, 0.25), candidate(3, 4, 0.25)})}, {}};
  const std::vector<float> one_of_four{0.0F, 0.1F, 0.9F, 0.9F, 0.1F, 0.0F, 0.0F, 0.1F, 0.9F, 0.0F, 0.1F, 0.9F};
  EXPECT_TRUE(read(findings, one_of_four, kRules).lines.empty());
}

TEST(Read, ManyBarsInARowAreNoNumber) {
  std::vector<Candidate> candidates;
  std::vector<float> probabilities;
  for (int i = 0; i < 5; ++i) {
    candidates.push_back(candidate(i, i + 1, 0.2));
    probabilities.insert(probabilities.end(), {0.02F, 0.97F, 0.01F});
  }
  EXPECT_TRUE(read({{line(5, candidates)}, {}}, probabilities, kRules).lines.empty());
  candidates.pop_back();
  EXPECT_THAT(labels(read({{line(4, candidates)}, {}}, std::span(probabilities).first(12), kRules)),
              ElementsAre(1U, 1U, 1U, 1U));
}

TEST(Read, WhatIsCutOutOfSomethingMustBePlain) {
  Findings findings{{line(2, {candidate(0, 1, 0.5), candidate(1, 2, 0.5)})}, {}};
  for (Candidate& each : findings.lines[0].candidates) each.doubt = 0.12;
  const std::vector plain{0.9F, 0.05F, 0.05F, 0.05F, 0.85F, 0.1F};
  EXPECT_THAT(labels(read(findings, plain, kRules)), ElementsAre(0U, 1U));
  const std::vector unsure{0.66F, 0.14F, 0.2F, 0.14F, 0.66F, 0.2F};
  EXPECT_TRUE(read(findings, unsure, kRules).lines.empty());
  for (Candidate& each : findings.lines[0].candidates) each.doubt = 0;
  EXPECT_THAT(labels(read(findings, unsure, kRules)), ElementsAre(0U, 1U)) << "two characters of their own";
}

TEST(Read, OfSeveralViewsTheSurestCounts) {
  const Findings findings{{line(1, {candidate(0, 1, 1)}, 0), line(1, {candidate(0, 1, 1)}, 1)}, {}};
  EXPECT_THAT(labels(read(findings, std::vector{0.6F, 0.2F, 0.2F, 0.0F, 0.99F, 0.01F}, kRules)), ElementsAre(1U));
  EXPECT_THAT(labels(read(findings, std::vector{0.98F, 0.0F, 0.02F, 0.0F, 0.99F, 0.01F}, kRules)), ElementsAre(0U));
}

TEST(Read, AModelWithoutNoneAnswersAlways) {
  const Findings findings{{line(1, {candidate(0, 1, 1)})}, {}};
  EXPECT_THAT(labels(read(findings, std::vector{0.51F, 0.49F}, {.labels = 2})), ElementsAre(0U));
}

TEST(Read, KeepsTheReasonWhenNothingWasFound) {
  EXPECT_EQ(read({{}, "the picture is blank"}, {}, kRules).reason, "the picture is blank");
}

}  // namespace
}  // namespace vidi::digits
