#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bindings.hpp"
#include "errors.hpp"
#include "statistics/moments.hpp"
#include "statistics/pca.hpp"
#include "statistics/reduction.hpp"
#include "statistics/standard_scaler.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace vidi::python {
namespace {

using statistics::Moments;
using statistics::Pca;
using statistics::StandardScaler;

template <typename Number>
using Matrix = nb::ndarray<const Number, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Vector = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

// With components.
using statistics::Reduction;

template <typename Number>
statistics::Rows<Number> rows_of(const Matrix<Number>& matrix) {
  return {.values = matrix.data(), .count = matrix.shape(0), .columns = matrix.shape(1)};
}

template <typename Number>
nb::object to_array(std::vector<Number> values, std::initializer_list<std::size_t> shape) {
  auto held = std::make_unique<std::vector<Number>>(std::move(values));
  Number* data = held->data();
  const nb::capsule owner(held.get(), [](void* vector) noexcept { delete static_cast<std::vector<Number>*>(vector); });
  held.release();
  return nb::cast(nb::ndarray<nb::numpy, Number>(data, shape, owner));
}

nb::object copy_of(std::span<const double> values) {
  return to_array(std::vector<double>(values.begin(), values.end()), {values.size()});
}

template <typename Number>
void update(Moments& moments, const Matrix<Number>& matrix, std::size_t threads) {
  auto updated = [&] {
    const nb::gil_scoped_release released;
    return moments.update(rows_of(matrix), threads);
  }();
  value_or_raise(std::move(updated));
}

void merge(Moments& moments, const Moments& other) {
  auto merged = [&] {
    const nb::gil_scoped_release released;
    return moments.merge(other);
  }();
  value_or_raise(std::move(merged));
}

nb::bytes to_bytes(const Moments& moments) {
  const Bytes bytes = [&] {
    const nb::gil_scoped_release released;
    return moments.to_bytes();
  }();
  return nb::bytes(bytes.data(), bytes.size());
}

Moments from_bytes(const nb::bytes& bytes) {
  const ByteView view{static_cast<const std::byte*>(bytes.data()), bytes.size()};
  auto moments = [&] {
    const nb::gil_scoped_release released;
    return Moments::from_bytes(view);
  }();
  return value_or_raise(std::move(moments));
}

statistics::PcaSolver read_solver(const std::string& solver) {
  if (solver == "auto") return statistics::PcaSolver::automatic;
  if (solver == "exact") return statistics::PcaSolver::exact;
  if (solver == "randomized") return statistics::PcaSolver::randomized;
  raise({ErrorCode::invalid_argument, "solver '" + solver + "' is not known: auto, exact and randomized are"});
}

Reduction solve(const Moments& moments, std::size_t components, bool with_mean, bool with_std,
                const std::string& solver, std::size_t threads) {
  const Pca::Options options{
      .components = components, .solver = read_solver(solver), .subtract_mean = false, .threads = threads};
  auto solved = [&]() -> Result<Reduction> {
    const nb::gil_scoped_release released;
    auto scaler = StandardScaler::from(moments, {.with_mean = with_mean, .with_std = with_std});
    if (!scaler) return forward_error(scaler);
    auto pca = Pca::fit(moments, *scaler, options);
    if (!pca) return forward_error(pca);
    return Reduction{.scaler = std::move(*scaler), .pca = std::move(*pca)};
  }();
  return value_or_raise(std::move(solved));
}

std::vector<double> vector_of(const Vector& values) { return {values.data(), values.data() + values.size()}; }

Reduction from_parts(const Vector& mean, const Vector& deviation, bool with_mean, bool with_std,
                     const Matrix<double>& components, const Vector& variance, const Vector& ratio) {
  auto scaler = value_or_raise(
      StandardScaler::from(vector_of(mean), vector_of(deviation), {.with_mean = with_mean, .with_std = with_std}));
  Pca::Parts parts{.components = {components.data(), components.data() + components.size()},
                   .means = std::vector<double>(components.shape(1)),
                   .explained_variance = vector_of(variance),
                   .explained_variance_ratio = vector_of(ratio)};
  return {.scaler = std::move(scaler), .pca = value_or_raise(Pca::from(std::move(parts)))};
}

nb::object scale(const Reduction& self, const Matrix<float>& matrix, std::size_t threads) {
  std::vector<float> values(matrix.data(), matrix.data() + matrix.size());
  auto done = [&] {
    const nb::gil_scoped_release released;
    return self.scaler.transform({.values = values.data(), .count = matrix.shape(0), .columns = matrix.shape(1)},
                                 threads);
  }();
  value_or_raise(std::move(done));
  return to_array(std::move(values), {matrix.shape(0), matrix.shape(1)});
}

// Of scaled rows.
nb::object reduce(const Reduction& self, const Matrix<float>& matrix, std::size_t threads) {
  std::vector<float> values(matrix.shape(0) * self.pca->count());
  auto done = [&] {
    const nb::gil_scoped_release released;
    return self.pca->transform(rows_of(matrix), values, threads);
  }();
  value_or_raise(std::move(done));
  return to_array(std::move(values), {matrix.shape(0), self.pca->count()});
}

}  // namespace

void bind_statistics(nb::module_& module) {
  nb::class_<Moments>(module, "Moments")
      .def(nb::new_([](std::size_t columns) { return value_or_raise(Moments::create(columns)); }), "columns"_a)
      .def("update", &update<float>, "rows"_a, "threads"_a)
      .def("update", &update<double>, "rows"_a, "threads"_a)
      .def("merge", &merge, "other"_a)
      .def("to_bytes", &to_bytes)
      .def_static("from_bytes", &from_bytes, "data"_a)
      .def_prop_ro("rows", &Moments::rows)
      .def_prop_ro("columns", &Moments::columns)
      .def_prop_ro("means", [](const Moments& self) { return copy_of(self.means()); })
      .def_prop_ro("cross_products", [](const Moments& self) { return copy_of(self.cross_products()); });

  nb::class_<Reduction>(module, "Reduction")
      .def_static("solve", &solve, "moments"_a, "components"_a, "with_mean"_a, "with_std"_a, "solver"_a, "threads"_a)
      .def_static("from_parts", &from_parts, "mean"_a, "deviation"_a, "with_mean"_a, "with_std"_a, "components"_a,
                  "explained_variance"_a, "explained_variance_ratio"_a)
      .def("scale", &scale, "rows"_a, "threads"_a)
      .def("reduce", &reduce, "rows"_a, "threads"_a)
      .def_prop_ro("mean", [](const Reduction& self) { return copy_of(self.scaler.means()); })
      .def_prop_ro("deviation", [](const Reduction& self) { return copy_of(self.scaler.deviations()); })
      .def_prop_ro("components",
                   [](const Reduction& self) {
                     const auto values = self.pca->components();
                     return to_array(std::vector<double>(values.begin(), values.end()),
                                     {self.pca->count(), self.pca->columns()});
                   })
      .def_prop_ro("explained_variance", [](const Reduction& self) { return copy_of(self.pca->explained_variance()); })
      .def_prop_ro("explained_variance_ratio",
                   [](const Reduction& self) { return copy_of(self.pca->explained_variance_ratio()); });
}

}  // namespace vidi::python
