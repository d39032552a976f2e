#include "costs/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace vidi::costs {
namespace {

using CountMember = std::uint64_t Usage::*;
using GrowthMember = Growth CostModel::*;

constexpr double kSecondsAnHour = 3600;

// What grows with the pictures and not with the machines.
constexpr std::pair<CountMember, GrowthMember> kCounts[] = {
    {&Usage::disk_bytes, &CostModel::disk_bytes},     {&Usage::list_requests, &CostModel::list_requests},
    {&Usage::get_requests, &CostModel::get_requests}, {&Usage::put_requests, &CostModel::put_requests},
    {&Usage::bytes_in, &CostModel::bytes_in},         {&Usage::bytes_out, &CostModel::bytes_out},
};

double size_of(const MeasuredJob& job) {
  return static_cast<double>(job.usage.pictures) / static_cast<double>(job.usage.machines);
}

bool asked_s3(const MeasuredJob& job) {
  return job.usage.list_requests + job.usage.get_requests + job.usage.put_requests > 0;
}

Result<void> check_alike(const MeasuredJob& first, const MeasuredJob& other) {
  for (const auto& [key, value] : first.settings) {
    const auto found = other.settings.find(key);
    if (found == other.settings.end() || found->second == value) continue;
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} and {} are no jobs of one kind: '{}' is {} in one and {} in the other. Give jobs that "
                            "differ in their pictures and machines only",
                            first.name, other.name, key, value, found->second));
  }
  if (asked_s3(first) != asked_s3(other)) {
    const auto& [s3, none] = asked_s3(first) ? std::pair(first, other) : std::pair(other, first);
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} asked S3 and {} did not: they are no jobs of one kind", s3.name, none.name));
  }
  return {};
}

Point point_of_seconds(const MeasuredJob& job) {
  return {.parts = static_cast<double>(job.usage.machines),
          .pictures = static_cast<double>(job.usage.pictures),
          .amount = job.usage.instance_seconds};
}

// The mean of what the manifests say; 0 where none says it.
double mean_fixed_seconds(std::span<const MeasuredJob> jobs) {
  double sum = 0;
  double known = 0;
  for (const MeasuredJob& job : jobs) {
    sum += job.fixed_seconds.value_or(0);
    known += job.fixed_seconds ? 1 : 0;
  }
  return known > 0 ? sum / known : 0;
}

std::vector<Point> points_of_count(std::span<const MeasuredJob> jobs, CountMember member) {
  std::vector<Point> points;
  for (const MeasuredJob& job : jobs) {
    points.push_back({.parts = 1,
                      .pictures = static_cast<double>(job.usage.pictures),
                      .amount = static_cast<double>(job.usage.*member)});
  }
  return points;
}

Growth fit_count(const CostModel& model, CountMember member) {
  const std::vector<Point> points = points_of_count(model.jobs, member);
  return model.counts_on_lines ? fit_growth(points) : fit_growth_above(0, points);
}

Result<Growth> fit_seconds(const CostModel& model, std::span<const Point> points) {
  const Growth seconds =
      model.seconds_on_line ? fit_growth(points) : fit_growth_above(mean_fixed_seconds(model.jobs), points);
  if (seconds.each > 0) return seconds;
  const auto [fewest, most] = std::ranges::minmax_element(model.jobs, {}, size_of);
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} ({} pictures, {:.3f} s) and {} ({} pictures, {:.3f} s) say that pictures take no time: "
                          "measure larger jobs, on machines that do nothing else",
                          fewest->name, fewest->usage.pictures, fewest->usage.instance_seconds, most->name,
                          most->usage.pictures, most->usage.instance_seconds));
}

void note_largest_error(CostModel& model) {
  for (const MeasuredJob& job : model.jobs) {
    const Point point = point_of_seconds(job);
    const double fitted = model.seconds.fixed * point.parts + model.seconds.each * point.pictures;
    const double error = std::abs(fitted / point.amount - 1);
    if (error < model.largest_error) continue;
    model.largest_error = error;
    model.largest_error_of = job.name;
  }
}

double volume_of_a_machine(std::span<const MeasuredJob> jobs) {
  double gb_hours = 0;
  double seconds = 0;
  for (const MeasuredJob& job : jobs) {
    gb_hours += job.usage.volume_gb_hours;
    seconds += job.usage.instance_seconds;
  }
  return gb_hours / (seconds / kSecondsAnHour);
}

// To a whole number; far above any bill it stays where it can be written.
std::uint64_t whole(double amount) { return static_cast<std::uint64_t>(std::clamp(std::round(amount), 0.0, 1e19)); }

}  // namespace

Result<CostModel> fit_cost_model(std::vector<MeasuredJob> jobs) {
  if (jobs.empty()) return fail(ErrorCode::invalid_argument, "an estimate needs the manifest of one job at least");
  for (const MeasuredJob& job : jobs) {
    if (auto alike = check_alike(jobs.front(), job); !alike) return forward_error(alike);
  }
  CostModel model;
  model.jobs = std::move(jobs);
  std::vector<Point> points;
  for (const MeasuredJob& job : model.jobs) points.push_back(point_of_seconds(job));
  model.seconds_on_line = differ_in_size(points);
  model.counts_on_lines = differ_in_size(points_of_count(model.jobs, &Usage::pictures));
  const auto seconds = fit_seconds(model, points);
  if (!seconds) return forward_error(seconds);
  model.seconds = *seconds;
  for (const auto& [count, growth] : kCounts) model.*growth = fit_count(model, count);
  model.volume_gb = volume_of_a_machine(model.jobs);
  note_largest_error(model);
  return model;
}

Estimate estimate(const CostModel& model, std::uint64_t pictures, std::uint64_t machines) {
  const auto each_of = static_cast<double>(pictures);
  const auto all = static_cast<double>(machines);
  Estimate result{.pictures = pictures, .machines = machines, .hours = 0, .usage = {}};
  result.usage.pictures = pictures;
  result.usage.machines = machines;
  result.usage.instance_seconds = model.seconds.fixed * all + model.seconds.each * each_of;
  const double machine_hours = result.usage.instance_seconds / kSecondsAnHour;
  result.hours = machine_hours / all;
  result.usage.volume_gb_hours = model.volume_gb * machine_hours;
  for (const auto& [count, growth] : kCounts) {
    const Growth& line = model.*growth;
    result.usage.*count = whole(line.fixed + line.each * each_of);
  }
  return result;
}

}  // namespace vidi::costs
