#pragma once
// For tests that the address sanitizer runs too.

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace vidi::inference {

// What its thread allocates while one lives is not reported when it is never freed. OpenVINO's readers of TensorFlow's
// files, and that of ONNX after a wrong one, leave eight bytes each time that they are unloaded: whose they are cannot
// be told afterwards, so that a suppression does not apply.
#ifdef __SANITIZE_ADDRESS__
using NoLeakCheck = __lsan::ScopedDisabler;
#else
struct [[maybe_unused]] NoLeakCheck {};
#endif

}  // namespace vidi::inference
