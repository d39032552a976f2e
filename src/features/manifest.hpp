#pragma once
// manifest.json: what a job is, what it has done, and what it cost. docs/formats/features.md describes it.

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "features/output.hpp"
#include "features/table.hpp"

namespace vidi::features {

// The output's manifest; absent: there is none. Error invalid_argument: it is damaged.
Result<std::optional<nlohmann::ordered_json>> read_manifest(Output& output);

Result<void> write_manifest(const nlohmann::ordered_json& manifest, Output& output, Table& table);

// Whether a job with these settings may go on where one with those began. Error conflict: what differs, with both
// values.
Result<void> compare_settings(const nlohmann::ordered_json& before, const nlohmann::ordered_json& now);

}  // namespace vidi::features
