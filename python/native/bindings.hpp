#pragma once
// The parts of the module, one file each.

#include <nanobind/nanobind.h>

namespace vidi::python {

void bind_features(nanobind::module_& module);
void bind_statistics(nanobind::module_& module);
void bind_recognition(nanobind::module_& module);

}  // namespace vidi::python
