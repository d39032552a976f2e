#pragma once
// The runtimes that this program has.

#include <span>

#include "inference/runtime.hpp"

namespace vidi::inference {

// The preferred one first. Thread-safe.
std::span<const Runtime* const> runtimes();

}  // namespace vidi::inference
