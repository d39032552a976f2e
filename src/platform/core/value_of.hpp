#pragma once
// From results to exceptions, for what ends at its first failure: a command, or what a command calls.

#include <stdexcept>
#include <utility>

#include "core/result.hpp"

namespace vidi {

// What there is, or std::runtime_error with the reason why there is none.
template <typename Value>
Value value_of(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}
inline void check_done(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

}  // namespace vidi
