#pragma once
// What the header of a group or a dataset says. For the other files of this folder.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::hdf5 {

struct Link {
  std::string name;
  std::uint64_t address = 0;
};

// A text that belongs to an object; other attributes are left out.
struct TextAttribute {
  std::string name;
  std::string text;
};

struct Filter {
  enum Kind : std::uint16_t { deflate = 1, shuffle = 2, fletcher32 = 3 };
  std::uint16_t kind = 0;
};

struct Layout {
  enum class Kind { compact, contiguous, chunked };
  Kind kind = Kind::contiguous;
  ByteView compact;
  std::uint64_t address = 0;         // of the values, or of the tree of chunks
  std::uint64_t size = 0;            // of contiguous values, bytes
  std::vector<std::uint64_t> chunk;  // its dimensions
};

struct Object {
  std::optional<std::pair<std::uint64_t, std::uint64_t>> symbol_table;  // a group: tree and heap of its names
  std::vector<Link> links;                                              // a group without: its members
  bool has_hidden_links = false;                                        // or in a form that is not read here
  std::optional<std::vector<std::uint64_t>> shape;
  std::size_t float_bytes = 0;  // 2, 4 or 8; 0: other values than floats of IEEE 754, least significant byte first
  std::optional<Layout> layout;
  std::vector<Filter> filters;
  bool is_elsewhere = false;  // the values are in other files
  std::vector<TextAttribute> attributes;
};

// Error: undecodable.
Result<Object> read_object(ByteView file, std::uint64_t address);

}  // namespace vidi::hdf5
