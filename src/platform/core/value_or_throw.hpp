#pragma once
// For code that reports to the operator by exceptions (configuration, commands) and calls what returns results.

#include <stdexcept>
#include <utility>

#include "core/result.hpp"

namespace vidi {

// The value, or std::runtime_error with the message that says why there is none.
template <typename Value>
Value value_or_throw(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

}  // namespace vidi
