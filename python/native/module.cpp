// vidi._native: what the package vidi computes in C++. Python's own code in src/vidi is what users see.

#include "bindings.hpp"

NB_MODULE(_native, module) {
  module.attr("__version__") = VIDI_VERSION;
  vidi::python::bind_features(module);
  vidi::python::bind_statistics(module);
  vidi::python::bind_recognition(module);
}
