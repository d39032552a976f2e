#include "errors.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <string>

namespace nb = nanobind;

namespace vidi::python {

void raise(const Error& error) {
  const nb::object exception =
      nb::module_::import_("vidi.errors").attr("from_code")(std::string(name(error.code)), error.message);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  throw nb::python_error();
}

}  // namespace vidi::python
