#include "hdf5/file.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "hdf5/cursor.hpp"
#include "hdf5/object.hpp"
#include "hdf5/values.hpp"

namespace vidi::hdf5 {
namespace {

constexpr std::string_view kMagic = "\x89HDF\r\n\x1a\n";
constexpr int kMostDepth = 16;  // of groups: more is a file that leads in circles
constexpr std::size_t kMostObjects = 100'000;
constexpr std::size_t kMostNameBytes = 4096;

std::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::undecodable, "it is damaged: " + what);
}

// II.A: the address of the root group's header.
Result<std::uint64_t> read_superblock(ByteView file) {
  Cursor cursor(file);
  if (!cursor.expect(kMagic)) return fail(ErrorCode::undecodable, "it is not HDF5");
  const std::uint8_t version = cursor.u8();
  if (version > 1) {
    return fail(ErrorCode::undecodable, "it is in a newer form of HDF5 than Keras writes; save it again with Keras");
  }
  cursor.skip(4);
  const std::uint8_t offset_bytes = cursor.u8();
  const std::uint8_t length_bytes = cursor.u8();
  cursor.skip(version == 0 ? 9 : 13);
  const std::uint64_t base = cursor.u64();
  cursor.skip(32);  // free space, end, driver; the offset of the root's name
  const std::uint64_t root = cursor.u64();
  if (!cursor.is_good()) return damaged("it ends in its first block");
  if (offset_bytes != 8 || length_bytes != 8 || base != 0) {
    return fail(ErrorCode::undecodable,
                "its addresses are not of 8 bytes, or it does not begin with the first of them");
  }
  return root;
}

// Walks through groups and finds the datasets.
class Walker {
 public:
  explicit Walker(ByteView file) : file_(file) {}

  Result<void> visit(std::uint64_t address, const std::string& path, const std::string& parent, int depth) {
    if (depth > kMostDepth || ++objects_ > kMostObjects) {
      return damaged("its groups are nested too deep, or there are too many");
    }
    const auto object = read_object(file_, address);
    if (!object) return forward_error(object);
    if (object->layout || object->is_elsewhere) {
      add_dataset(*object, address, path, parent);
      return {};
    }
    if (object->has_hidden_links) {
      return fail(ErrorCode::undecodable, "it is in a newer form of HDF5 than Keras writes; save it again with Keras");
    }
    std::vector<Link> links = object->links;
    if (object->symbol_table) {
      const auto [tree, heap] = *object->symbol_table;
      if (auto read = read_symbol_table(tree, heap, links); !read) return read;
    }
    std::string name;
    for (const TextAttribute& attribute : object->attributes) {
      if (attribute.name == "name") name = attribute.text;
    }
    for (const Link& link : links) {
      if (auto done = visit(link.address, path + "/" + link.name, name, depth + 1); !done) return done;
    }
    return {};
  }

  std::vector<Dataset> datasets;

 private:
  void add_dataset(const Object& object, std::uint64_t address, const std::string& path, const std::string& parent) {
    Dataset dataset{.path = path, .parent = parent, .shape = {}, .address = address};
    for (const std::uint64_t size : object.shape.value_or(std::vector<std::uint64_t>{0})) {
      dataset.shape.push_back(
          static_cast<std::int64_t>(std::min<std::uint64_t>(size, std::numeric_limits<std::int64_t>::max())));
    }
    datasets.push_back(std::move(dataset));
  }

  // III.D: where the names of a group are.
  Result<void> read_symbol_table(std::uint64_t tree, std::uint64_t heap, std::vector<Link>& links) {
    Cursor head(file_, heap);
    if (!head.expect("HEAP")) return damaged("a group has no names");
    head.skip(4);
    const std::uint64_t size = head.u64();
    head.skip(8);
    const ByteView names = slice(file_, head.u64(), size);
    return read_tree(tree, names, -1, links);
  }

  // III.A.1. `level`: of the node, -1: any.
  Result<void> read_tree(std::uint64_t address, ByteView names, int level, std::vector<Link>& links) {
    Cursor node(file_, address);
    const bool is_tree = node.expect("TREE") && node.u8() == 0;
    const int found = node.u8();
    const std::size_t count = node.u16();
    node.skip(16);  // the nodes beside it
    if (!is_tree || (level >= 0 && found != level) || found > kMostDepth) return damaged("the tree of a group");
    for (std::size_t i = 0; i < count; ++i) {
      node.skip(8);
      const std::uint64_t child = node.u64();
      if (!node.is_good() || ++nodes_ > kMostObjects) return damaged("the tree of a group");
      auto read = found > 0 ? read_tree(child, names, found - 1, links) : read_node(child, names, links);
      if (!read) return read;
    }
    return {};
  }

  // III.B
  Result<void> read_node(std::uint64_t address, ByteView names, std::vector<Link>& links) {
    constexpr std::uint32_t kSymbolic = 2;
    Cursor node(file_, address);
    if (!node.expect("SNOD")) return damaged("the names of a group");
    node.skip(2);
    const std::size_t count = node.u16();
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t name = node.u64();
      const std::uint64_t object = node.u64();
      const std::uint32_t kind = node.u32();
      node.skip(4 + 16);
      if (!node.is_good() || links.size() > kMostObjects) return damaged("the names of a group");
      if (kind == kSymbolic) continue;
      const std::string_view text = as_text(names).substr(std::min<std::uint64_t>(name, names.size()));
      const std::size_t end = text.find('\0');
      if (end == 0 || end > kMostNameBytes) return damaged("a name");
      links.push_back({.name = std::string(text.substr(0, end)), .address = object});
    }
    return {};
  }

  ByteView file_;
  std::size_t objects_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<File> File::open(Bytes bytes) {
  const auto root = read_superblock(bytes);
  if (!root) return forward_error(root);
  Walker walker(bytes);
  if (auto walked = walker.visit(*root, "", "", 0); !walked) return forward_error(walked);
  File file;
  file.bytes_ = std::move(bytes);
  file.datasets_ = std::move(walker.datasets);
  return file;
}

Result<void> File::read(const Dataset& dataset, std::span<float> values) const {
  const auto object = read_object(bytes_, dataset.address);
  if (!object) return forward_error(object);
  return read_values(bytes_, *object, values);
}

}  // namespace vidi::hdf5
