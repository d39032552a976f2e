#pragma once
// What the system says of this process, under the names that every Prometheus client library uses.

#include <vector>

#include "telemetry/metrics.hpp"

namespace vidi::telemetry {

// As long as the subscriptions live.
std::vector<Registry::Subscription> watch_process(Registry& registry);

}  // namespace vidi::telemetry
