#include "inference/precision.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace vidi::inference {
namespace {

std::string joined(const std::vector<std::string_view>& names, std::string_view before_last) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const bool is_last = i + 1 == names.size();
    if (i > 0) text += is_last ? fmt::format(" {} ", before_last) : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace

const PrecisionEntry& entry_of(Precision precision) {
  return *std::ranges::find(kPrecisions, precision, &PrecisionEntry::value);
}

std::string_view precision_name(Precision precision) { return entry_of(precision).name; }

std::optional<Precision> precision_named(std::string_view name) {
  const auto* const found = std::ranges::find(kPrecisions, name, &PrecisionEntry::name);
  return found == kPrecisions.end() ? std::nullopt : std::optional(found->value);
}

std::string precision_list(std::string_view before_last) {
  std::vector<std::string_view> names;
  for (const PrecisionEntry& each : kPrecisions) names.push_back(each.name);
  return joined(names, before_last);
}

std::string served_precision_list(std::string_view before_last) {
  std::vector<std::string_view> names;
  for (const PrecisionEntry& each : kPrecisions) {
    if (!each.is_calibrated) names.push_back(each.name);
  }
  return joined(names, before_last);
}

}  // namespace vidi::inference
