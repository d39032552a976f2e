#include <nanobind/nanobind.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arrow.hpp"
#include "bindings.hpp"
#include "core/digest.hpp"
#include "errors.hpp"
#include "features/extractor.hpp"
#include "features/precision_check.hpp"
#include "image/decode.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace vidi::python {
namespace {

using features::Extractor;

inference::Precision read_precision(const std::string& precision) {
  if (const auto named = inference::precision_named(precision)) return *named;
  raise({ErrorCode::invalid_argument,
         "precision '" + precision + "' is not known: " + inference::precision_list("and") + " are"});
}

backbones::Choice read_choice(const nb::dict& options) {
  backbones::Choice choice;
  choice.backbone = nb::cast<std::string>(options["backbone"]);
  choice.weights = nb::cast<std::string>(options["weights"]);
  choice.seed = nb::cast<std::uint64_t>(options["seed"]);
  choice.pooling = nb::cast<std::string>(options["pooling"]);
  choice.width = nb::cast<int>(options["width"]);
  choice.height = nb::cast<int>(options["height"]);
  choice.cache = nb::cast<std::string>(options["cache"]);
  choice.weights_home = nb::cast<std::string>(options["weights_home"]);
  for (const auto folder : options["folders"]) choice.folders.emplace_back(nb::cast<std::string>(folder));
  return choice;
}

features::ExtractorOptions read_options(const nb::dict& options) {
  features::ExtractorOptions read;
  read.backbone = read_choice(options);
  read.precision = read_precision(nb::cast<std::string>(options["precision"]));
  read.batch = nb::cast<std::size_t>(options["batch"]);
  read.threads = nb::cast<std::size_t>(options["threads"]);
  read.variants = nb::cast<std::size_t>(options["variants"]);
  read.seed = nb::cast<std::uint64_t>(options["variants_seed"]);
  read.limits.max_bytes = nb::cast<std::size_t>(options["max_bytes"]);
  read.limits.max_pixels = nb::cast<std::uint64_t>(options["max_pixels"]);
  const auto calibration = nb::cast<nb::bytes>(options["calibration"]);
  const auto* bytes = static_cast<const std::uint8_t*>(calibration.data());
  read.calibration.assign(bytes, bytes + calibration.size());
  return read;
}

std::shared_ptr<Extractor> open(const nb::dict& options) {
  const features::ExtractorOptions read = read_options(options);
  auto opened = [&] {
    const nb::gil_scoped_release released;
    return Extractor::open(read);
  }();
  return value_or_raise(std::move(opened));
}

// The features of a column of files, and the rejections as (row, reason, detail).
nb::tuple extract(const Extractor& extractor, nb::handle batch, const std::string& bytes, const std::string& key) {
  const ArrowInput input(batch);
  const ByteColumn column = input.bytes(bytes);
  std::vector<Extractor::File> files(column.size());
  const bool has_keys = !key.empty();
  for (std::size_t row = 0; row < files.size(); ++row) {
    if (!column.is_null(row)) files[row].bytes = column.at(row);
  }
  if (has_keys) {
    const ByteColumn keys = input.bytes(key);
    for (std::size_t row = 0; row < files.size(); ++row) {
      if (!keys.is_null(row)) files[row].key = as_text(keys.at(row));
    }
  }
  auto lists = std::make_shared<FloatLists>(files.size() * extractor.variants(), extractor.columns());
  auto extracted = [&] {
    const nb::gil_scoped_release released;
    return extractor.extract(files, lists->values());
  }();
  const auto rejections = value_or_raise(std::move(extracted));
  nb::list rejected;
  for (const auto& rejection : rejections) {
    for (std::size_t i = 0; i < extractor.variants(); ++i) lists->set_null(rejection.index * extractor.variants() + i);
    rejected.append(nb::make_tuple(rejection.index, rejection.reason, rejection.detail));
  }
  return nb::make_tuple(lists, rejected);
}

nb::bytes prepare(const Extractor& extractor, const nb::bytes& file, const std::string& key) {
  const ByteView bytes{static_cast<const std::byte*>(file.data()), file.size()};
  auto prepared = [&] {
    const nb::gil_scoped_release released;
    return extractor.prepare({.bytes = bytes, .key = key});
  }();
  const auto pictures = value_or_raise(std::move(prepared));
  return nb::bytes(pictures.data(), pictures.size());
}

nb::dict check_precision(const Extractor& extractor, const nb::bytes& pictures) {
  const std::span<const std::uint8_t> bytes{static_cast<const std::uint8_t*>(pictures.data()), pictures.size()};
  auto checked = [&] {
    const nb::gil_scoped_release released;
    return extractor.check_precision(bytes);
  }();
  const auto check = value_or_raise(std::move(checked));
  nb::dict answer;
  answer["pictures"] = check.pictures;
  answer["mean_cosine"] = check.mean_cosine;
  answer["least_cosine"] = check.least_cosine;
  answer["components"] = check.components;
  answer["largest_angle_degrees"] = check.angle;
  return answer;
}

// Decodes a picture, whatever comes of it, and forgets it.
void check_picture(const nb::bytes& file, std::size_t max_bytes, std::uint64_t max_pixels) {
  const ByteView bytes{static_cast<const std::byte*>(file.data()), file.size()};
  const nb::gil_scoped_release released;
  static_cast<void>(image::decode(bytes, {.max_bytes = max_bytes, .max_pixels = max_pixels}));
}

void save_backbone(const Extractor& extractor, const std::string& folder) {
  auto saved = [&] {
    const nb::gil_scoped_release released;
    return backbones::save_backbone(extractor.backbone(), folder);
  }();
  value_or_raise(std::move(saved));
}

}  // namespace

void bind_features(nb::module_& module) {
  nb::class_<FloatLists>(module, "FloatLists")
      .def("__len__", &FloatLists::rows)
      .def(
          "__arrow_c_array__",
          [](const std::shared_ptr<FloatLists>& self, nb::handle /*requested_schema*/) {
            return FloatLists::export_array(self);
          },
          "requested_schema"_a = nb::none());

  module.def("check_picture", &check_picture, "file"_a, "max_bytes"_a, "max_pixels"_a);

  nb::class_<Extractor>(module, "FeatureExtractor")
      .def(nb::new_(&open), "options"_a)
      .def("extract", &extract, "batch"_a, "bytes"_a, "key"_a)
      .def("prepare", &prepare, "file"_a, "key"_a)
      .def("check_precision", &check_precision, "pictures"_a)
      .def("save_backbone", &save_backbone, "folder"_a)
      .def_prop_ro("columns", &Extractor::columns)
      .def_prop_ro("variants", &Extractor::variants)
      .def_prop_ro("width", [](const Extractor& self) { return self.backbone().input.width; })
      .def_prop_ro("height", [](const Extractor& self) { return self.backbone().input.height; })
      .def_prop_ro("backbone", [](const Extractor& self) { return self.backbone().name; })
      .def_prop_ro("weights", [](const Extractor& self) { return self.backbone().weights; })
      .def_prop_ro("sha256", [](const Extractor& self) { return to_string(sha256(self.backbone().onnx)); })
      .def_prop_ro("execution", [](const Extractor& self) { return inference::describe(self.network()); });
}

}  // namespace vidi::python
