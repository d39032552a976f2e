#include "backbones/keras_weights.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "backbones/zip_entry.hpp"

namespace vidi::backbones {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHdf5Magic = "\x89HDF\r\n\x1a\n";
constexpr std::string_view kZipMagic = "PK\x03\x04";
constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30U;
// Of a file that leads in circles, or is made to take long.
constexpr int kMostDepth = 16;
constexpr std::size_t kMostObjects = 100'000;
constexpr std::uint64_t kMostChunkBytes = std::uint64_t{256} << 20U;

// Debian's serial HDF5 may be used by one thread at a time.
std::mutex& hdf5_mutex() {
  static std::mutex mutex;
  return mutex;
}

// An identifier of HDF5, closed at the end; negative after a failure.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }

  [[nodiscard]] hid_t get() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

// Nothing on standard error, and no code from elsewhere to decompress with.
void quieten() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
}

Handle open_file(const fs::path& path) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access.get(), false, true);
  return {H5Fopen(path.c_str(), H5F_ACC_RDONLY, access.get()), H5Fclose};
}

Handle open_bytes(ByteView bytes) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.get(), std::size_t{1} << 20U, false);
  // It only copies them.
  H5Pset_file_image(access.get(), const_cast<std::byte*>(bytes.data()), bytes.size());  // NOLINT
  return {H5Fopen("weights", H5F_ACC_RDONLY, access.get()), H5Fclose};
}

// Which objects a group holds itself: neither in other files nor by another path.
std::vector<std::string> members_of(hid_t group) {
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t* info, void* found) -> herr_t {
    auto& list = *static_cast<std::vector<std::string>*>(found);
    if (info->type == H5L_TYPE_HARD) list.emplace_back(name);
    return list.size() < kMostObjects ? 0 : 1;
  };
  hsize_t position = 0;
  H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, &position, visit, &names);
  return names;
}

// A text of the object `id`; absent where there is none.
std::optional<std::string> text_attribute(hid_t id, const char* name) {
  if (H5Aexists(id, name) <= 0) return std::nullopt;
  const Handle attribute(H5Aopen(id, name, H5P_DEFAULT), H5Aclose);
  if (!attribute) return std::nullopt;
  const Handle type(H5Aget_type(attribute.get()), H5Tclose);
  const Handle space(H5Aget_space(attribute.get()), H5Sclose);
  if (!type || !space || H5Tget_class(type.get()) != H5T_STRING || H5Sget_simple_extent_npoints(space.get()) != 1) {
    return std::nullopt;
  }
  if (H5Tis_variable_str(type.get()) > 0) {
    char* text = nullptr;
    if (H5Aread(attribute.get(), type.get(), static_cast<void*>(&text)) < 0 || text == nullptr) return std::nullopt;
    std::string copy(text);
    H5free_memory(text);
    return copy;
  }
  const std::size_t size = H5Tget_size(type.get());
  if (size > 4096) return std::nullopt;
  std::string text(size, '\0');
  if (H5Aread(attribute.get(), type.get(), text.data()) < 0) return std::nullopt;
  return text.substr(0, text.find('\0'));
}

std::string without_suffix(std::string name) {
  const std::size_t colon = name.find(':');
  if (colon != std::string::npos) name.resize(colon);
  return name;
}

// Where the variables of layers are in a file.
class VariableIndex {
 public:
  static Result<VariableIndex> make(hid_t file) {
    VariableIndex index;
    const Handle root(H5Gopen2(file, "/", H5P_DEFAULT), H5Gclose);
    if (!root) return fail(ErrorCode::undecodable, "its first group cannot be read");
    if (!index.add_group(root.get(), "", 0)) {
      return fail(ErrorCode::undecodable,
                  fmt::format("it has over {} objects, or groups nested over {} deep", kMostObjects, kMostDepth));
    }
    return index;
  }

  // Empty: there is none. Several: it cannot be told which is meant.
  [[nodiscard]] std::vector<std::string> find(const Variable& variable) const {
    for (const auto& key :
         {std::pair(variable.layer, variable.name), std::pair(variable.layer, std::to_string(variable.position)),
          std::pair(variable.numbered, std::to_string(variable.position))}) {
      const auto found = paths_.find(key);
      if (found != paths_.end()) return found->second;
    }
    return {};
  }

  [[nodiscard]] std::size_t size() const { return paths_.size(); }

 private:
  // Whether the limits were kept.
  bool add_group(hid_t group, const std::string& path, int depth) {
    if (depth > kMostDepth) return false;
    for (const std::string& name : members_of(group)) {
      if (++objects_ > kMostObjects) return false;
      const Handle member(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
      const H5I_type_t kind = member ? H5Iget_type(member.get()) : H5I_BADID;
      if (kind == H5I_DATASET) add_dataset(group, path, name);
      // What an optimizer remembers of the variables has their names.
      const bool is_optimizer = depth == 0 && (name == "optimizer_weights" || name == "optimizer");
      if (kind != H5I_GROUP || is_optimizer) continue;
      if (!add_group(member.get(), path + "/" + name, depth + 1)) return false;
    }
    return true;
  }

  // LAYER/VARIABLE or LAYER/VARIABLE:0, or as Keras 3 has it KIND_NUMBER/vars/POSITION with the layer's name beside.
  void add_dataset(hid_t group, const std::string& path, const std::string& name) {
    const fs::path parent(path);
    const std::string whole = path + "/" + name;
    if (parent.filename() != "vars") {
      paths_[{parent.filename().string(), without_suffix(name)}].push_back(whole);
      return;
    }
    if (const auto layer = text_attribute(group, "name"); layer && !layer->empty()) {
      paths_[{*layer, name}].push_back(whole);
    } else {
      paths_[{parent.parent_path().filename().string(), name}].push_back(whole);
    }
  }

  std::map<std::pair<std::string, std::string>, std::vector<std::string>> paths_;
  std::size_t objects_ = 0;
};

// Whether the values are in the file itself, in chunks that fit into memory, behind filters that HDF5 itself has.
bool is_plain(hid_t dataset, std::size_t element) {
  const Handle creation(H5Dget_create_plist(dataset), H5Pclose);
  if (!creation || H5Pget_external_count(creation.get()) != 0) return false;
  const H5D_layout_t layout = H5Pget_layout(creation.get());
  if (layout == H5D_CHUNKED) {
    std::array<hsize_t, H5S_MAX_RANK> sizes{};
    const int rank = H5Pget_chunk(creation.get(), H5S_MAX_RANK, sizes.data());
    std::uint64_t bytes = element;
    for (int i = 0; i < rank; ++i) {
      const hsize_t size = sizes[static_cast<std::size_t>(i)];
      if (size == 0 || size > kMostChunkBytes / bytes) return false;
      bytes *= size;
    }
    if (rank <= 0) return false;
  } else if (layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) {
    return false;
  }
  for (int i = 0; i < H5Pget_nfilters(creation.get()); ++i) {
    unsigned flags = 0;
    std::size_t count = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(creation.get(), static_cast<unsigned>(i), &flags, &count, nullptr, 0, nullptr, nullptr);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32) return false;
  }
  return true;
}

std::optional<std::vector<std::int64_t>> shape_of(hid_t dataset) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  std::array<hsize_t, H5S_MAX_RANK> sizes{};
  const int rank = space ? H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr) : -1;
  if (rank < 0 || H5Sget_simple_extent_type(space.get()) == H5S_NULL) return std::nullopt;
  return std::vector<std::int64_t>(sizes.begin(), sizes.begin() + rank);
}

class KerasWeights final : public WeightSource {
 public:
  KerasWeights(Handle file, VariableIndex index, std::string name)
      : file_(std::move(file)), index_(std::move(index)), name_(std::move(name)) {}
  ~KerasWeights() override {
    const std::scoped_lock lock(hdf5_mutex());
    file_ = {};
  }
  KerasWeights(const KerasWeights&) = delete;
  KerasWeights& operator=(const KerasWeights&) = delete;
  KerasWeights(KerasWeights&&) = delete;
  KerasWeights& operator=(KerasWeights&&) = delete;

  Result<void> read(const Variable& variable, std::span<float> values) override {
    const std::scoped_lock lock(hdf5_mutex());
    quieten();
    const auto paths = index_.find(variable);
    if (paths.size() != 1) return refuse(variable, paths.empty() ? "there is none" : "there are several");
    const Handle dataset(H5Dopen2(file_.get(), paths.front().c_str(), H5P_DEFAULT), H5Dclose);
    const Handle type(dataset ? H5Dget_type(dataset.get()) : -1, H5Tclose);
    if (!type) return refuse(variable, "it cannot be read");
    const std::size_t element = H5Tget_size(type.get());
    if (H5Tget_class(type.get()) != H5T_FLOAT || element < 2 || element > 8)
      return refuse(variable, "it is not of floats");
    const auto shape = shape_of(dataset.get());
    if (shape != variable.shape) {
      return refuse(variable,
                    fmt::format("its shape is ({})", fmt::join(shape.value_or(std::vector<std::int64_t>{}), ", ")));
    }
    if (!is_plain(dataset.get(), element)) return refuse(variable, "it is kept in a form that Keras does not write");
    if (H5Dread(dataset.get(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0) {
      return fail(ErrorCode::undecodable, fmt::format("{} is damaged: '{}' cannot be read", name_, paths.front()));
    }
    const auto is_number = [](float value) { return std::isfinite(value); };
    if (!std::ranges::all_of(values, is_number)) return refuse(variable, "it holds a value that is no finite number");
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> refuse(const Variable& variable, std::string_view reason) const {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}: of '{}/{}' with shape ({}), which the network needs, {}", name_, variable.layer,
                            variable.name, fmt::join(variable.shape, ", "), reason));
  }

  Handle file_;
  VariableIndex index_;
  std::string name_;
};

Result<std::unique_ptr<WeightSource>> make_source(Handle file, const std::string& name) {
  if (!file) return fail(ErrorCode::undecodable, fmt::format("{} is not HDF5, or damaged", name));
  auto index = VariableIndex::make(file.get());
  if (!index) return fail(index.error().code, fmt::format("{}: {}", name, index.error().message));
  return std::make_unique<KerasWeights>(std::move(file), std::move(*index), name);
}

}  // namespace

Result<std::unique_ptr<WeightSource>> read_keras_weights(ByteView hdf5, const std::string& name) {
  const std::scoped_lock lock(hdf5_mutex());
  quieten();
  if (hdf5.empty()) return fail(ErrorCode::undecodable, fmt::format("{} is empty", name));
  return make_source(open_bytes(hdf5), name);
}

Result<std::unique_ptr<WeightSource>> open_keras_weights(const fs::path& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return fail(ErrorCode::not_found, fmt::format("there is no file of weights {}", path.string()));
  }
  const std::string name = path.filename().string();
  std::array<char, 8> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  const std::string_view magic(start.data(), start.size());
  if (magic.starts_with(kZipMagic)) {
    const auto inside = read_zip_entry(path, "model.weights.h5", kMostBytes);
    if (!inside) return std::unexpected(inside.error());
    return read_keras_weights(*inside, name + ", model.weights.h5");
  }
  if (magic != kHdf5Magic) {
    return fail(ErrorCode::undecodable,
                fmt::format("{} is none of Keras' files: expected .h5, .weights.h5 or .keras", name));
  }
  const std::scoped_lock lock(hdf5_mutex());
  quieten();
  return make_source(open_file(path), name);
}

}  // namespace vidi::backbones
