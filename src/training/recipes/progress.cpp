#include "recipes/progress.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>

namespace vidi::recipes {
namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using TimePoint = std::chrono::steady_clock::time_point;

constexpr std::size_t kBarWidth = 24;

// "45 s", "2:05 min", "1:02 h"
std::string format_duration(double seconds) {
  const auto whole = static_cast<long>(std::ceil(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole % 3600 / 60);
}

std::string bar(const Progress& progress) {
  const std::size_t filled = progress.steps == 0 ? 0 : kBarWidth * progress.step / progress.steps;
  return fmt::format("[{}{}]", std::string(filled, '#'), std::string(kBarWidth - filled, '.'));
}

class StreamReporter final : public ProgressReporter {
 public:
  StreamReporter(std::ostream& out, bool terminal, Clock clock)
      : out_(out), terminal_(terminal), clock_(std::move(clock)), started_(clock_()), printed_(started_) {}

  void report(const Progress& progress) override {
    if (!began_) first_ = progress.step - 1;
    began_ = true;
    last_ = progress;
    ++unprinted_;
    loss_sum_ += progress.loss;
    accuracy_sum_ += progress.accuracy;
    const TimePoint time = clock_();
    if (time - printed_ >= (terminal_ ? milliseconds(100) : milliseconds(1000))) print(time);
  }

  void note(std::string_view text) override {
    finish();
    if (!began_) printed_ = started_ = clock_();
    out_ << text << '\n' << std::flush;
  }

  void finish() override {
    if (unprinted_ != 0) print(clock_());
    if (terminal_ && drawn_) out_ << '\n' << std::flush;
    drawn_ = false;
  }

 private:
  void print(TimePoint time) {
    const auto count = static_cast<double>(unprinted_);
    const std::string numbers = fmt::format("{}/{}  loss {:.4f}  accuracy {:.1f} %  {}", last_.step, last_.steps,
                                            loss_sum_ / count, 100.0 * accuracy_sum_ / count, time_left(time));
    // The escape sequence erases what a longer line left behind.
    out_ << (terminal_ ? fmt::format("\r{} {}\x1b[K", bar(last_), numbers) : fmt::format("step {}\n", numbers))
         << std::flush;
    drawn_ = true;
    printed_ = time;
    unprinted_ = 0;
    loss_sum_ = 0.0;
    accuracy_sum_ = 0.0;
  }

  [[nodiscard]] std::string time_left(TimePoint time) const {
    const double elapsed = duration<double>(time - started_).count();
    if (last_.step >= last_.steps) return fmt::format("done in {}", format_duration(elapsed));
    const auto done = static_cast<double>(last_.step - first_);
    return fmt::format("{} left", format_duration(elapsed / done * static_cast<double>(last_.steps - last_.step)));
  }

  std::ostream& out_;
  const bool terminal_;
  const Clock clock_;
  TimePoint started_;
  TimePoint printed_;
  Progress last_;
  std::size_t first_ = 0;  // steps that an earlier run of the program has taken
  bool began_ = false;
  std::size_t unprinted_ = 0;
  double loss_sum_ = 0.0;
  double accuracy_sum_ = 0.0;
  bool drawn_ = false;
};

}  // namespace

std::unique_ptr<ProgressReporter> make_progress_reporter(std::ostream& out, bool terminal, Clock clock) {
  return std::make_unique<StreamReporter>(out, terminal, std::move(clock));
}

}  // namespace vidi::recipes
