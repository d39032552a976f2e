#include "backbones/keras_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <string_view>
#include <utility>

#include "backbones/zip_entry.hpp"
#include "files/read_file.hpp"
#include "hdf5/file.hpp"

namespace vidi::backbones {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kZipMagic = "PK\x03\x04";
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30U;

std::string without_suffix(std::string name) {
  const std::size_t colon = name.find(':');
  if (colon != std::string::npos) name.resize(colon);
  return name;
}

class KerasWeights final : public WeightSource {
 public:
  KerasWeights(hdf5::File file, std::string name) : file_(std::move(file)), name_(std::move(name)) {
    for (std::size_t i = 0; i < file_.datasets().size(); ++i) add(i);
  }

  Result<void> read(const Variable& variable, std::span<float> values) override {
    const auto found = find(variable);
    if (found.size() != 1) return refuse(variable, found.empty() ? "there is none" : "there are several");
    const hdf5::Dataset& dataset = file_.datasets()[found.front()];
    if (dataset.shape != variable.shape) {
      return refuse(variable, fmt::format("its shape is ({})", fmt::join(dataset.shape, ", ")));
    }
    if (auto read = file_.read(dataset, values); !read) {
      if (read.error().code == ErrorCode::invalid_argument) return refuse(variable, read.error().message);
      return fail(read.error().code, fmt::format("{}: '{}': {}", name_, dataset.path, read.error().message));
    }
    const auto is_number = [](float value) { return std::isfinite(value); };
    if (!std::ranges::all_of(values, is_number)) return refuse(variable, "it holds a value that is no finite number");
    return {};
  }

 private:
  // LAYER/VARIABLE or LAYER/VARIABLE:0, or as Keras 3 has it KIND_NUMBER/vars/POSITION with the layer's name beside.
  void add(std::size_t number) {
    const hdf5::Dataset& dataset = file_.datasets()[number];
    const fs::path path(dataset.path);
    // What an optimizer remembers of the variables has their names.
    if (dataset.path.starts_with("/optimizer_weights/") || dataset.path.starts_with("/optimizer/")) return;
    std::string layer = path.parent_path().filename().string();
    if (layer == "vars") {
      layer = dataset.parent.empty() ? path.parent_path().parent_path().filename().string() : dataset.parent;
    }
    numbers_[{layer, without_suffix(path.filename().string())}].push_back(number);
  }

  // None: there is no such variable. Several: it cannot be told which is meant.
  [[nodiscard]] std::vector<std::size_t> find(const Variable& variable) const {
    const std::string position = std::to_string(variable.position);
    for (const auto& key : {std::pair(variable.layer, variable.name), std::pair(variable.layer, position),
                            std::pair(variable.numbered, position)}) {
      const auto found = numbers_.find(key);
      if (found != numbers_.end()) return found->second;
    }
    return {};
  }

  [[nodiscard]] std::unexpected<Error> refuse(const Variable& variable, std::string_view reason) const {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: of '{}/{}' with shape ({}), which the network needs, {}", name_, variable.layer,
                            variable.name, fmt::join(variable.shape, ", "), reason));
  }

  hdf5::File file_;
  std::string name_;
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> numbers_;
};

}  // namespace

Result<std::unique_ptr<WeightSource>> read_keras_weights(Bytes hdf5, const std::string& name) {
  auto file = hdf5::File::open(std::move(hdf5));
  if (!file) return fail(file.error().code, fmt::format("{}: {}", name, file.error().message));
  return std::make_unique<KerasWeights>(std::move(*file), name);
}

Result<std::unique_ptr<WeightSource>> open_keras_weights(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return fail(ErrorCode::not_found, fmt::format("there is no file of weights {}", path.string()));
  }
  const std::string name = path.filename().string();
  if (fs::file_size(path, error) > kMostBytes) {
    return fail(ErrorCode::too_large, fmt::format("{} has more than {} bytes", name, kMostBytes));
  }
  std::ifstream file(path, std::ios::binary);
  std::string magic(kZipMagic.size(), '\0');
  file.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (magic == kZipMagic) {
    auto inside = read_zip_entry(path, "model.weights.h5", kMostBytes);
    if (!inside) return forward_error(inside);
    return read_keras_weights(std::move(*inside), name + ", model.weights.h5");
  }
  auto bytes = files::read_file(path, kMostBytes);
  if (!bytes) return fail(ErrorCode::undecodable, fmt::format("{} cannot be read to its end", name));
  return read_keras_weights(std::move(*bytes), name);
}

}  // namespace vidi::backbones
