#include "features/batch_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/accuracy.hpp"

namespace vidi::features {
namespace {

constexpr std::size_t kBarWidth = 24;

// "45 s", "2:05 min", "1:02 h"
std::string describe_time(double seconds) {
  const auto whole = static_cast<long>(std::ceil(std::min(seconds, 1e9)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02} h", whole / 3600, whole % 3600 / 60);
}

std::uint64_t settled(const Progress& progress) { return progress.totals.done + progress.totals.rejected; }

std::string bar(const Progress& progress) {
  const std::uint64_t listed = std::max<std::uint64_t>(progress.totals.listed, 1);
  const std::size_t filled = progress.listing ? 0 : kBarWidth * settled(progress) / listed;
  return fmt::format("[{}{}]", std::string(filled, '#'), std::string(kBarWidth - filled, '.'));
}

}  // namespace

std::string describe(const Progress& progress) {
  using datasets::with_thousands;
  const auto& totals = progress.totals;
  std::string text =
      fmt::format("{}/{}{}  {:.1f} pictures a second", with_thousands(settled(progress)), with_thousands(totals.listed),
                  progress.listing ? " found" : "", progress.pictures_per_second);
  if (totals.rejected != 0) text += fmt::format("  {} rejected", with_thousands(totals.rejected));
  const std::uint64_t left = totals.listed - settled(progress);
  if (!progress.listing && progress.pictures_per_second > 0 && left != 0) {
    text += fmt::format("  {} left", describe_time(static_cast<double>(left) / progress.pictures_per_second));
  }
  return text;
}

void BatchProgress::progress(const Progress& progress) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ && now - printed_ < 10s) return;
  printed_ = now;
  // The escape sequence erases what a longer line left behind.
  if (terminal_) {
    write_(fmt::format("\r{} {}\x1b[K", bar(progress), describe(progress)));
  } else {
    write_(describe(progress) + "\n");
  }
  drawn_ = terminal_;
}

void BatchProgress::note(const std::string& text) {
  finish();
  write_(text + "\n");
}

void BatchProgress::finish() {
  if (drawn_) write_("\n");
  drawn_ = false;
}

}  // namespace vidi::features
