#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/negotiate.hpp"
#include "records/record_store.hpp"

namespace vidi::api {
namespace {

Result<std::optional<std::chrono::sys_days>> day(const http::Request& request, std::string_view name) {
  const auto value = request.query(name);
  if (!value) return std::nullopt;
  const auto time = parse_timestamp(*value);
  if (time && std::chrono::floor<std::chrono::days>(*time) == *time)
    return std::chrono::floor<std::chrono::days>(*time);
  return fail(ErrorCode::invalid_argument,
              fmt::format("'{}' is not a day for '{}'; expected one such as 2019-01-29", *value, name));
}

using Sums = std::map<std::string, std::int64_t>;

// The most first, but days in their order.
nlohmann::ordered_json describe(const Sums& sums, const char* name, bool by_count) {
  std::vector<std::pair<std::string, std::int64_t>> entries(sums.begin(), sums.end());
  const auto is_before = [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  };
  if (by_count) std::ranges::sort(entries, is_before);
  auto list = nlohmann::ordered_json::array();
  for (const auto& [value, count] : entries) {
    nlohmann::ordered_json entry;
    entry[name] = value;
    entry["predictions"] = count;
    list.push_back(std::move(entry));
  }
  return list;
}

// A prediction without a result is counted under null.
nlohmann::ordered_json describe_results(const Sums& with, std::int64_t without) {
  nlohmann::ordered_json list = describe(with, "result", true);
  if (without == 0) return list;
  nlohmann::ordered_json entry;
  entry["result"] = nullptr;
  entry["predictions"] = without;
  list.push_back(std::move(entry));
  return list;
}

}  // namespace

Task<http::Response> get_statistics(Application& application, http::Request& request) {
  auto from = day(request, "from");
  if (!from) co_return error_response(&request, from.error());
  auto to = day(request, "to");
  if (!to) co_return error_response(&request, to.error());
  const records::Hours hours{.from = *from, .to = *to};
  const auto tallies = co_await application.recorder.records().tally(hours);
  if (!tallies) co_return error_response(&request, tallies.error());
  std::int64_t all = 0;
  std::int64_t without = 0;
  Sums by_day;
  Sums by_model;
  Sums by_result;
  for (const auto& [key, tally] : *tallies) {
    all += tally.predictions;
    by_day[fmt::format("{:%Y-%m-%d}", key.hour)] += tally.predictions;
    by_model[key.model] += tally.predictions;
    (key.result ? by_result[*key.result] : without) += tally.predictions;
  }
  nlohmann::ordered_json body;
  body["predictions"] = all;
  body["by_day"] = describe(by_day, "day", false);
  body["by_model"] = describe(by_model, "model", true);
  body["by_result"] = describe_results(by_result, without);
  co_return json_response(body);
}

}  // namespace vidi::api
