#include "costs/measured_job.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace vidi::costs {
namespace {

// What decides how long a picture takes and how many bytes its rows have.
constexpr const char* kAlike[] = {"backbone", "backbone_sha256", "size", "precision", "pca", "keep_scaled", "augment"};

// Of `timings`: what passes before the first picture and after the last. `vidi features` has the first two, a job of
// Spark the first and the third.
constexpr const char* kFixedTimes[] = {"starting_s", "reducing_s", "solving_s"};

// The member `key` of `object`, or null.
nlohmann::json member(const nlohmann::json& object, const char* key) {
  return object.is_object() && object.contains(key) ? object[key] : nlohmann::json();
}

Result<std::optional<double>> read_fixed_seconds(const nlohmann::json& timings, const std::string& name) {
  std::optional<double> sum;
  for (const char* key : kFixedTimes) {
    const nlohmann::json value = member(timings, key);
    if (value.is_null()) continue;
    const double seconds = value.is_number() ? value.get<double>() : -1;
    if (!std::isfinite(seconds) || seconds < 0) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{}: 'timings.{}' must be a number of at least 0, and is {}", name, key, value.dump()));
    }
    sum = sum.value_or(0) + seconds;
  }
  return sum;
}

Result<void> check(const MeasuredJob& job) {
  const Usage& usage = job.usage;
  if (usage.pictures == 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is of a job without pictures: it tells nothing", job.name));
  }
  if (usage.instance_seconds <= 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is of a job that took no time: it tells nothing", job.name));
  }
  const double seconds = usage.instance_seconds / static_cast<double>(usage.machines);
  if (job.fixed_seconds && *job.fixed_seconds >= seconds) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{}: {} of 'timings' are {:.3f} s together, and the job took {:.3f} s ('bill.instance_seconds' of "
                    "one machine), which leaves none for the pictures",
                    job.name, fmt::join(kFixedTimes, ", "), *job.fixed_seconds, seconds));
  }
  return {};
}

}  // namespace

Result<MeasuredJob> parse_measured_job(const std::string& manifest, const std::string& name) {
  auto usage = parse_usage(manifest, name);
  if (!usage) return forward_error(usage);
  const nlohmann::json json = nlohmann::json::parse(manifest);
  MeasuredJob job{.name = name, .usage = *usage, .fixed_seconds = std::nullopt, .runs = 1, .settings = {}};
  const nlohmann::json state = member(json, "state");
  if (!state.is_null() && state != "finished") {
    return fail(ErrorCode::invalid_argument, fmt::format("{} is of a job whose state is {}: an estimate needs finished "
                                                         "ones",
                                                         name, state.dump()));
  }
  const auto fixed = read_fixed_seconds(member(json, "timings"), name);
  if (!fixed) return forward_error(fixed);
  job.fixed_seconds = *fixed;
  if (const nlohmann::json runs = member(json, "runs"); runs.is_number_unsigned()) job.runs = runs.get<std::uint64_t>();
  for (const char* key : kAlike) {
    if (const nlohmann::json value = member(member(json, "settings"), key); !value.is_null()) {
      job.settings[key] = value.dump();
    }
  }
  if (auto checked = check(job); !checked) return forward_error(checked);
  return job;
}

}  // namespace vidi::costs
