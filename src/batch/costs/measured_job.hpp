#pragma once
// A finished job as an estimate needs it: what it used, and what may be compared with it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "costs/usage.hpp"

namespace vidi::costs {

struct MeasuredJob {
  std::string name;  // where its manifest is, for messages
  Usage usage;       // of at least one picture, and of some time
  // Starting and reducing (of a job of Spark: solving), from start to end of each: seconds that pass however many
  // machines there are. Absent: the manifest has none of them. Less than the whole job took.
  std::optional<double> fixed_seconds;
  std::uint64_t runs = 1;                       // how often the command ran
  std::map<std::string, std::string> settings;  // of those in which jobs must be alike that the manifest has, as JSON
};

// From the text of a manifest, in JSON. Errors (invalid_argument) name `name`, which the text comes from, and what is
// wrong: whatever parse_usage() refuses, a job that is not finished, or one that nothing can be learnt from.
Result<MeasuredJob> parse_measured_job(const std::string& manifest, const std::string& name);

}  // namespace vidi::costs
