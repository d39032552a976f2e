#include "recognition/retention.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

namespace vidi::recognition {
namespace {

constexpr int kMostDays = 36'500;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<std::chrono::days> days_from(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 1 || value > kMostDays) return std::nullopt;
  return std::chrono::days(value);
}

// Those that one rule covers.
struct Scope {
  records::Query query;
  const RetentionRules* rules = nullptr;

  [[nodiscard]] bool covers(const records::Prediction& prediction) const {
    return query.model || !rules->by_model.contains(prediction.model);
  }
};

std::vector<Scope> scopes_of(const RetentionRules& rules, Timestamp time) {
  std::vector<Scope> scopes;
  const auto add = [&](std::optional<std::string> model, std::chrono::days keep) {
    Scope scope;
    scope.query.model = std::move(model);
    scope.query.to = time - keep;
    scope.query.limit = 1000;
    scope.rules = &rules;
    scopes.push_back(std::move(scope));
  };
  for (const auto& [model, keep] : rules.by_model) add(model, keep);
  if (rules.others) add(std::nullopt, *rules.others);
  return scopes;
}

Task<Result<std::size_t>> forget_all_of(Recorder& recorder, Scope scope, std::stop_token stop) {
  std::size_t count = 0;
  do {
    records::Query query = scope.query;
    const auto page = co_await recorder.records().list(std::move(query));
    if (!page) co_return forward_error(page);
    for (const records::Prediction& prediction : page->predictions) {
      if (stop.stop_requested()) co_return count;
      if (!scope.covers(prediction)) continue;
      const auto forgotten = co_await recorder.forget(prediction.id);
      if (!forgotten) co_return forward_error(forgotten);
      count += *forgotten ? 1 : 0;
    }
    scope.query.cursor = page->next;
  } while (scope.query.cursor);
  co_return count;
}

}  // namespace

Result<RetentionRules> parse_retention(std::string_view text) {
  RetentionRules rules;
  while (!trimmed(text).empty()) {
    const auto comma = text.find(',');
    const std::string_view part = trimmed(text.substr(0, comma));
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const auto equals = part.rfind('=');
    const std::string_view model = equals == std::string_view::npos ? "" : trimmed(part.substr(0, equals));
    const auto days = days_from(equals == std::string_view::npos ? part : trimmed(part.substr(equals + 1)));
    const bool again = model.empty() ? rules.others.has_value() : rules.by_model.contains(model);
    if (!days || (equals != std::string_view::npos && model.empty()) || again) {
      return fail(
          ErrorCode::invalid_argument,
          fmt::format("'{}' does not say how long to keep predictions; expected DAYS or MODEL=DAYS, DAYS from 1 to "
                      "{}, each model once",
                      part, kMostDays));
    }
    if (model.empty()) {
      rules.others = days;
    } else {
      rules.by_model.emplace(model, *days);
    }
  }
  return rules;
}

Task<Result<std::size_t>> forget_outdated(Recorder& recorder, const RetentionRules& rules, Timestamp time,
                                          std::stop_token stop) {
  std::size_t count = 0;
  for (Scope& scope : scopes_of(rules, time)) {
    const auto forgotten = co_await forget_all_of(recorder, std::move(scope), stop);
    if (!forgotten) co_return forward_error(forgotten);
    count += *forgotten;
  }
  co_return count;
}

Retention::Retention(Recorder& recorder, RetentionRules rules, std::chrono::milliseconds pause)
    : recorder_(recorder),
      rules_(std::move(rules)),
      pause_(pause),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

void Retention::work(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ending;
  while (!stop.stop_requested()) {
    const auto forgotten = run(forget_outdated(recorder_, rules_, now(), stop));
    if (!forgotten) {
      spdlog::warn("predictions that are too old could not all be forgotten: {}", forgotten.error().message);
    } else if (*forgotten > 0) {
      spdlog::info("{} predictions were older than they are kept, and have been forgotten", *forgotten);
    }
    std::unique_lock lock(mutex);
    ending.wait_for(lock, stop, pause_, [] { return false; });
  }
}

}  // namespace vidi::recognition
