#pragma once
// From Result to Python: a value, or one of vidi's exceptions.

#include <utility>

#include "core/result.hpp"

namespace vidi::python {

// Raises the exception of vidi.errors that belongs to the code. With the interpreter's lock.
[[noreturn]] void raise(const Error& error);

// The value, or its exception. With the interpreter's lock.
template <typename T>
T value_or_raise(Result<T>&& result) {
  if (!result) raise(result.error());
  return std::move(*result);
}
inline void value_or_raise(Result<void>&& result) {
  if (!result) raise(result.error());
}

}  // namespace vidi::python
