#include "recipes/progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

namespace vidi::recipes {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// A training of 1,000 steps, each of which takes as long as the test says.
class ProgressReport : public testing::Test {
 protected:
  void start(bool terminal) {
    reporter_ = make_progress_reporter(out_, terminal, [this] { return time_; });
  }
  void start_after(std::size_t step) {
    start(false);
    step_ = step;
  }
  void steps(std::size_t count, milliseconds each, double loss = 0.5, double accuracy = 0.9) {
    for (std::size_t i = 0; i < count; ++i) {
      time_ += each;
      reporter_->report({.step = ++step_, .steps = 1000, .loss = loss, .accuracy = accuracy});
    }
  }
  [[nodiscard]] std::string text() const { return out_.str(); }
  [[nodiscard]] std::ptrdiff_t lines() const { return std::ranges::count(text(), '\n'); }

  std::unique_ptr<ProgressReporter> reporter_;
  std::chrono::steady_clock::time_point time_;

 private:
  std::ostringstream out_;
  std::size_t step_ = 0;
};

TEST_F(ProgressReport, PrintsOneLineASecondWhenNobodyWatches) {
  start(false);
  steps(550, milliseconds(10));
  EXPECT_EQ(lines(), 5);
  EXPECT_THAT(text(), HasSubstr("step 100/1000  loss 0.5000  accuracy 90.0 %  9 s left\n"));
  EXPECT_THAT(text(), HasSubstr("step 500/1000  loss 0.5000  accuracy 90.0 %  5 s left\n"));
  EXPECT_THAT(text(), Not(HasSubstr("\r")));
}

TEST_F(ProgressReport, PrintsTheMeanSinceItLastPrinted) {
  start(false);
  steps(50, milliseconds(10), 2.0, 0.5);
  steps(50, milliseconds(10), 1.0, 0.7);
  steps(100, milliseconds(10), 0.25, 1.0);
  EXPECT_THAT(text(), HasSubstr("step 100/1000  loss 1.5000  accuracy 60.0 %"));
  EXPECT_THAT(text(), HasSubstr("step 200/1000  loss 0.2500  accuracy 100.0 %"));
}

TEST_F(ProgressReport, EndsWithTheLastStepAndTheTimeItTook) {
  start(false);
  steps(1000, milliseconds(1));
  reporter_->finish();
  EXPECT_THAT(text(), HasSubstr("step 1000/1000  loss 0.5000  accuracy 90.0 %  done in 1 s\n"));
  EXPECT_EQ(lines(), 1) << "the last step was printed twice";
}

TEST_F(ProgressReport, RedrawsOneLineOnATerminal) {
  start(true);
  steps(500, milliseconds(1));
  EXPECT_EQ(std::ranges::count(text(), '\r'), 5);
  EXPECT_EQ(lines(), 0);
  EXPECT_THAT(text(), HasSubstr("\r[############............] 500/1000"));
  steps(500, milliseconds(1));
  reporter_->finish();
  EXPECT_THAT(text(), HasSubstr("\r[########################] 1000/1000"));
  EXPECT_EQ(lines(), 1);
}

TEST_F(ProgressReport, WritesLongTimesInMinutesAndHours) {
  start(false);
  steps(1, milliseconds(1000));
  EXPECT_THAT(text(), HasSubstr("16:39 min left"));
  steps(9, milliseconds(99'900));
  EXPECT_THAT(text(), HasSubstr("24:45 h left"));
}

// Half of the steps were taken before a kill; the time left is that of the other half.
TEST_F(ProgressReport, CountsTheTimeOfThisRunOnly) {
  start_after(500);
  steps(100, milliseconds(10));
  EXPECT_THAT(text(), HasSubstr("step 600/1000  loss 0.5000  accuracy 90.0 %  4 s left\n"));
}

TEST_F(ProgressReport, CountsNoTimeThatWentBeforeTheFirstStep) {
  start(false);
  time_ += std::chrono::hours(1);
  reporter_->note("drew what there is to learn from");
  steps(100, milliseconds(10));
  EXPECT_THAT(text(), HasSubstr("9 s left"));
}

TEST_F(ProgressReport, NotesStandOnLinesOfTheirOwn) {
  start(true);
  steps(500, milliseconds(1));
  reporter_->note("going on");
  EXPECT_THAT(text(), testing::EndsWith("\ngoing on\n"));
}

TEST_F(ProgressReport, SaysNothingOfATrainingThatDidNotStart) {
  start(true);
  reporter_->finish();
  EXPECT_EQ(text(), "");
}

}  // namespace
}  // namespace vidi::recipes
