#pragma once
// The metrics that every request is counted in: docs/reference/observability.md.

#include "telemetry/request_record.hpp"

namespace vidi::telemetry {

// In the process' registry. Labels are bounded: a path is its route's pattern, or "unknown"; a model is a loaded one.
// Any thread.
void count(const RequestRecord& record);

}  // namespace vidi::telemetry
