#pragma once
// For tests that the address sanitizer runs too.

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

namespace vidi::inference {

// What its thread allocates while one lives is not reported when it is never freed. OpenVINO's readers of TensorFlow's
// files, and that of ONNX after a wrong one, leave eight bytes each time that they are unloaded: whose they are cannot
// be told afterwards, so that a suppression does not apply.
class NoLeakCheck {
 public:
#ifdef __SANITIZE_ADDRESS__
  NoLeakCheck() { __lsan_disable(); }
  ~NoLeakCheck() { __lsan_enable(); }
#else
  NoLeakCheck() {}   // NOLINT(modernize-use-equals-default): so that one is not taken for an unused variable
  ~NoLeakCheck() {}  // NOLINT(modernize-use-equals-default)
#endif
  NoLeakCheck(const NoLeakCheck&) = delete;
  NoLeakCheck& operator=(const NoLeakCheck&) = delete;
};

}  // namespace vidi::inference
