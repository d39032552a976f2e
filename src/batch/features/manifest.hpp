#pragma once
// manifest.json: what a job is, what it has done, and what it cost. docs/reference/formats/features.md describes it.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "backbones/backbone.hpp"
#include "core/result.hpp"
#include "features/feature_table.hpp"
#include "features/job.hpp"
#include "features/output.hpp"

namespace vidi::features {

// The output's manifest; absent: there is none. Error invalid_argument: it is damaged.
Result<std::optional<nlohmann::ordered_json>> read_manifest(Output& output);

Result<void> write_manifest(const nlohmann::ordered_json& manifest, Output& output, FeatureTable& table);

// What must stay the same from one run to the next. `digest`: of the backbone's network.
nlohmann::ordered_json settings_of(const Job& job, const backbones::Backbone& backbone, const std::string& digest,
                                   std::int64_t part_pictures);

// What a run took.
struct Effort {
  double seconds = 0;
  std::uint64_t pictures = 0;  // that are done, by all runs together
  sources::Traffic read;
  OutputTraffic written;
};

// Adds a run's effort, and the times of `summary`, to those of the runs before it.
void add_effort(const Effort& effort, const Job& job, const Summary& summary, nlohmann::ordered_json& manifest);

// Whether a job with these settings may go on where one with those began. Error conflict: what differs, with both
// values.
Result<void> compare_settings(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now);

}  // namespace vidi::features
