#include "telemetry/request_record.hpp"

#include <algorithm>

namespace vidi::telemetry {

std::string_view name(Stage stage) {
  constexpr std::array<std::string_view, kStages> kNames{"receive", "decode", "prepare", "infer",
                                                         "keep",    "record", "write"};
  return kNames[static_cast<std::size_t>(stage)];
}

void Stages::add(Stage stage, Clock::time_point begin, Clock::time_point end) {
  Time& time = times_[static_cast<std::size_t>(stage)];
  if (!time.entered()) time.begin = begin;
  time.end = end;
  time.spent += end - begin;
}

std::string_view protocol_of(const RequestRecord& record) {
  if (!record.protocol.empty()) return record.protocol;
  if (record.route.starts_with("/v2")) return "v2";
  if (record.route.starts_with("/v1/")) return "v1";
  return "vidi";
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

}  // namespace vidi::telemetry
