#include "features/batch_progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::features {
namespace {

using testing::EndsWith;
using testing::StartsWith;

Progress progress_of(std::uint64_t listed, std::uint64_t done, std::uint64_t rejected, bool listing, double rate) {
  Progress progress;
  progress.totals.listed = listed;
  progress.totals.done = done;
  progress.totals.rejected = rejected;
  progress.listing = listing;
  progress.pictures_per_second = rate;
  return progress;
}

TEST(BatchProgress, SaysHowFarItIsAndHowLongItTakes) {
  EXPECT_EQ(describe(progress_of(15506, 3118, 2, false, 64.1)),
            "3,120/15,506  64.1 pictures a second  2 rejected  3:14 min left");
  EXPECT_EQ(describe(progress_of(100, 55, 0, false, 1)), "55/100  1.0 pictures a second  45 s left");
  EXPECT_EQ(describe(progress_of(10000, 0, 0, false, 2)), "0/10,000  2.0 pictures a second  1:23 h left");
}

TEST(BatchProgress, PromisesNothingThatItCannotKnow) {
  EXPECT_EQ(describe(progress_of(200, 100, 0, true, 10)), "100/200 found  10.0 pictures a second");
  EXPECT_EQ(describe(progress_of(200, 0, 0, false, 0)), "0/200  0.0 pictures a second");
  EXPECT_EQ(describe(progress_of(200, 199, 1, false, 10)), "200/200  10.0 pictures a second  1 rejected");
}

TEST(BatchProgress, IsABarOnATerminal) {
  std::string text;
  BatchProgress progress(true, [&](std::string_view part) { text += part; });
  progress.progress(progress_of(100, 50, 0, false, 1));
  EXPECT_THAT(text, StartsWith("\r[############............] 50/100"));
  EXPECT_THAT(text, EndsWith("\x1b[K")) << "nothing of a longer line stays";
  progress.note("a note");
  EXPECT_THAT(text, EndsWith("\x1b[K\na note\n")) << "on a line of its own";
  const std::string before = text;
  progress.finish();
  EXPECT_EQ(text, before) << "the bar's line has ended already";
}

TEST(BatchProgress, IsALineNowAndThenElsewhere) {
  std::string text;
  BatchProgress progress(false, [&](std::string_view part) { text += part; });
  for (int i = 0; i < 50; ++i) progress.progress(progress_of(100, 50, 0, false, 1));
  EXPECT_EQ(text, "") << "ten seconds have not passed";
  progress.note("a note");
  progress.finish();
  EXPECT_EQ(text, "a note\n");
}

}  // namespace
}  // namespace vidi::features
