#pragma once
// For tests: reports progress to nobody, and keeps what was noted.

#include <string>
#include <vector>

#include "recipes/progress.hpp"

namespace vidi::recipes {

class Silent final : public ProgressReporter {
 public:
  void report(const Progress& progress) override { last = progress; }
  void note(std::string_view text) override { notes.emplace_back(text); }
  void finish() override {}

  Progress last;
  std::vector<std::string> notes;
};

}  // namespace vidi::recipes
