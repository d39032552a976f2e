#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "costs/estimate.hpp"

namespace vidi::costs {
namespace {

// "1 machine", "1,000 pictures".
std::string counted(std::uint64_t count, const char* what) {
  return fmt::format("{} {}{}", fmt::group_digits(count), what, count == 1 ? "" : "s");
}

std::string duration(double hours) {
  if (hours < 1.0 / 60) return fmt::format("{:.1f} s", hours * 3600);
  if (hours < 1) return fmt::format("{:.1f} min", hours * 60);
  if (hours < 100) return fmt::format("{:.2f} hours", hours);
  return fmt::format("{} hours ({} days)", fmt::group_digits(std::llround(hours)),
                     fmt::group_digits(std::llround(hours / 24)));
}

struct Range {
  std::uint64_t least = 0;
  std::uint64_t most = 0;
};

Range range_of(const CostModel& model, std::uint64_t Usage::* count) {
  const auto value = [&](const MeasuredJob& job) { return job.usage.*count; };
  const auto [least, most] = std::ranges::minmax_element(model.jobs, {}, value);
  return {value(*least), value(*most)};
}

// Where the line of seconds comes from, and how far it is off.
std::string ground_of_seconds(const CostModel& model) {
  const MeasuredJob& first = model.jobs.front();
  if (model.seconds_on_line) {
    const auto [fewest, most] = range_of(model, &Usage::pictures);
    const std::string line =
        fmt::format("That is a line through {} of {} to {}, by least squares of relative errors.",
                    counted(model.jobs.size(), "job"), fmt::group_digits(fewest), counted(most, "picture"));
    if (model.jobs.size() == 2 && model.largest_error < 1e-6)
      return line + " Two jobs are always on a line: nothing tells how far it is off.";
    return line +
           fmt::format(" It is off by most for {}: {:.1f} %.", model.largest_error_of, model.largest_error * 100);
  }
  if (std::ranges::none_of(model.jobs, [](const MeasuredJob& job) { return job.fixed_seconds.has_value(); })) {
    return fmt::format(
        "Nothing is taken for fixed, since {} does not say how long starting and reducing took; jobs of "
        "other sizes would tell.",
        first.name);
  }
  return fmt::format(
      "The fixed part is the starting and reducing of {}{}; jobs of other sizes would tell better what "
      "is fixed.",
      first.name, model.jobs.size() > 1 ? " and others of its size" : "");
}

std::string scale(const CostModel& model, const Estimate& estimate) {
  const auto [fewest, most] = range_of(model, &Usage::pictures);
  if (estimate.pictures > most) {
    const double times = static_cast<double>(estimate.pictures) / static_cast<double>(most);
    return fmt::format(
        "The largest job that was measured had {}: this is {} times as many.", counted(most, "picture"),
        times < 100 ? fmt::format("{:.3g}", times) : fmt::format("{}", fmt::group_digits(std::llround(times))));
  }
  if (estimate.pictures < fewest) {
    return fmt::format("The smallest job that was measured had {}.", counted(fewest, "picture"));
  }
  return fmt::format("Jobs of {} to {} were measured.", fmt::group_digits(fewest), counted(most, "picture"));
}

std::string sharing(const CostModel& model, const Estimate& estimate) {
  const std::uint64_t most = range_of(model, &Usage::machines).most;
  if (estimate.machines == 1 && most == 1) return "The machine is like the one that was measured.";
  std::string text = fmt::format("The machines are like those that were measured (at most {} at once). ", most);
  if (estimate.machines > 1) {
    text += fmt::format(
        "They share the pictures evenly, and S3 and the network keep up with all {}. The fixed part is not "
        "divided: every machine is paid for it.",
        estimate.machines);
  } else {
    text += "What is fixed takes one machine as long as several.";
  }
  return text;
}

nlohmann::ordered_json usage_json(const Usage& usage) {
  return {{"instance_seconds", usage.instance_seconds},
          {"machines", usage.machines},
          {"volume_gb_hours", usage.volume_gb_hours},
          {"disk_bytes", usage.disk_bytes},
          {"pictures", usage.pictures},
          {"s3",
           {{"list_requests", usage.list_requests},
            {"get_requests", usage.get_requests},
            {"put_requests", usage.put_requests},
            {"bytes_in", usage.bytes_in},
            {"bytes_out", usage.bytes_out}}}};
}

}  // namespace

std::vector<std::string> assumptions(const CostModel& model, const Estimate& estimate) {
  std::vector<std::string> all;
  all.push_back(fmt::format("A job takes {:.4g} s, whatever its size is, and each picture {:.4g} ms of one machine. {}",
                            model.seconds.fixed, model.seconds.each * 1e3, ground_of_seconds(model)));
  all.push_back(scale(model, estimate));
  all.push_back(sharing(model, estimate));
  all.push_back(model.counts_on_lines
                    ? "Result, requests and bytes are on lines through the same jobs."
                    : "Result, requests and bytes grow as the pictures do: nothing of them is taken for fixed.");
  if (model.volume_gb > 0) {
    all.push_back(
        fmt::format("Each machine has {:.4g} GB of block storage for as long as the job takes.", model.volume_gb));
  }
  for (const MeasuredJob& job : model.jobs) {
    if (job.runs < 2) continue;
    all.push_back(
        fmt::format("{} is of a job that ran {} times; what each run began anew is in its time.", job.name, job.runs));
  }
  all.emplace_back(
      "Machines are paid by the second, a large amount costs as much a unit as a small one, and no machine "
      "fails or waits.");
  return all;
}

std::string to_text(const CostModel& model, const Estimate& estimate, const Bill& bill) {
  std::string text = fmt::format("{} on {}: {} from start to end\n\n", counted(estimate.pictures, "picture"),
                                 counted(estimate.machines, "machine"), duration(estimate.hours));
  text += to_text(bill) + "\nThis is an estimate. It assumes:\n";
  for (const std::string& sentence : assumptions(model, estimate)) text += "- " + sentence + "\n";
  return text;
}

std::string to_json(const CostModel& model, const Estimate& estimate, const Bill& bill) {
  nlohmann::ordered_json json;
  json["pictures"] = estimate.pictures;
  json["machines"] = estimate.machines;
  json["hours"] = estimate.hours;
  json["model"] = {{"fixed_seconds", model.seconds.fixed},
                   {"machine_seconds_per_picture", model.seconds.each},
                   {"jobs", model.jobs.size()},
                   {"largest_error", model.largest_error}};
  json["usage"] = usage_json(estimate.usage);
  json["bill"] = nlohmann::ordered_json::parse(to_json(bill));
  json["assumptions"] = assumptions(model, estimate);
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace vidi::costs
