#include "image/formats.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace vidi::image {

const Format* sniff(ByteView bytes) {
  const auto found = std::ranges::find_if(kFormats, [bytes](const Format* format) { return format->sniff(bytes); });
  return found == kFormats.end() ? nullptr : *found;
}

const Format* format_of_ending(std::string_view ending) {
  const auto found = std::ranges::find_if(
      kFormats, [ending](const Format* format) { return std::ranges::count(format->endings, ending) > 0; });
  return found == kFormats.end() ? nullptr : *found;
}

std::vector<std::string> known_endings() {
  std::vector<std::string> endings;
  for (const Format* format : kFormats) endings.insert(endings.end(), format->endings.begin(), format->endings.end());
  return endings;
}

std::string expected_formats(std::initializer_list<FormatKind> kinds) {
  std::vector<std::string> expected;
  for (const Format* format : kFormats) {
    if (std::ranges::count(kinds, format->kind) == 0) continue;
    expected.push_back(format->hint.empty() ? std::string(format->name)
                                            : fmt::format("{} {}", format->name, format->hint));
  }
  if (expected.size() > 1) expected.back().insert(0, "or ");
  return fmt::format("{}", fmt::join(expected, ", "));
}

}  // namespace vidi::image
