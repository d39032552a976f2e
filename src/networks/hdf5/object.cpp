#include "hdf5/object.hpp"

#include <deque>
#include <utility>

#include "hdf5/cursor.hpp"

namespace vidi::hdf5 {
namespace {

// Sections of the HDF5 File Format Specification, version 3.0, are named beside what they describe.
constexpr std::size_t kMostMessages = 10'000;
constexpr std::size_t kMostBlocks = 1'000;
constexpr std::size_t kMostDimensions = 32;

// IV.A.2: kinds of messages.
constexpr std::uint16_t kDataspace = 0x01;
constexpr std::uint16_t kLinkInfo = 0x02;
constexpr std::uint16_t kDatatype = 0x03;
constexpr std::uint16_t kLink = 0x06;
constexpr std::uint16_t kExternalFiles = 0x07;
constexpr std::uint16_t kLayout = 0x08;
constexpr std::uint16_t kFilters = 0x0b;
constexpr std::uint16_t kAttribute = 0x0c;
constexpr std::uint16_t kContinuation = 0x10;
constexpr std::uint16_t kSymbolTable = 0x11;

struct Message {
  std::uint16_t type = 0;
  bool is_shared = false;
  ByteView data;
};

std::unexpected<Error> damaged(const char* what) {
  return fail(ErrorCode::undecodable, std::string("it is damaged: ") + what);
}

// IV.A.1.a: version 1 of the header, in blocks.
Result<std::vector<Message>> read_messages(ByteView file, std::uint64_t address) {
  Cursor prefix(file, address);
  const std::uint8_t version = prefix.u8();
  if (as_text(slice(file, address, 4)) == "OHDR") {
    return fail(ErrorCode::undecodable, "it is in a newer form of HDF5 than Keras writes; save it again with Keras");
  }
  if (!prefix.is_good() || version != 1) return damaged("an object has no header");
  prefix.skip(1 + 2 + 4);
  const std::uint32_t size = prefix.u32();
  std::deque<ByteView> blocks{slice(file, address + 16, size)};
  std::vector<Message> messages;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    Cursor block(blocks[i]);
    while (block.rest().size() >= 8) {
      Message message;
      message.type = block.u16();
      const std::uint16_t length = block.u16();
      message.is_shared = (block.u8() & 2U) != 0;
      block.skip(3);
      message.data = block.take(length);
      if (!block.is_good() || messages.size() >= kMostMessages) return damaged("the messages of a header");
      if (message.type != kContinuation) {
        messages.push_back(message);
        continue;
      }
      Cursor continuation(message.data);
      const std::uint64_t offset = continuation.u64();
      blocks.push_back(slice(file, offset, continuation.u64()));
      if (!continuation.is_good() || blocks.back().empty() || blocks.size() > kMostBlocks) {
        return damaged("the blocks of a header");
      }
    }
  }
  return messages;
}

// IV.A.2.b. Absent: it is none, or of nothing.
std::optional<std::vector<std::uint64_t>> read_dataspace(ByteView data) {
  Cursor cursor(data);
  const std::uint8_t version = cursor.u8();
  const std::size_t rank = cursor.u8();
  cursor.skip(1);
  if (version == 1) {
    cursor.skip(5);
  } else if (version != 2 || cursor.u8() > 1) {
    return std::nullopt;
  }
  if (rank > kMostDimensions) return std::nullopt;
  std::vector<std::uint64_t> shape;
  for (std::size_t i = 0; i < rank; ++i) shape.push_back(cursor.u64());
  if (!cursor.is_good()) return std::nullopt;
  return shape;
}

// IV.A.2.d: the width of floats of IEEE 754, least significant byte first; 0 for anything else.
std::size_t read_float_type(ByteView data) {
  Cursor cursor(data);
  const std::uint8_t version_and_class = cursor.u8();
  const auto bits = static_cast<std::uint32_t>(cursor.number(3));
  const std::uint32_t size = cursor.u32();
  constexpr std::uint32_t kOrder = 0x41;  // both bits 0: least significant byte first
  if ((version_and_class & 0x0fU) != 1 || (bits & kOrder) != 0) return 0;
  struct Form {
    std::uint32_t size;
    std::uint64_t sign;
    std::uint64_t precision_and_fields;  // bits in all; place and size of exponent and mantissa
    std::uint32_t bias;
  };
  const std::uint64_t sign = bits >> 8U & 0xffU;
  const bool starts_at_0 = cursor.u16() == 0;
  const std::uint64_t precision_and_fields = cursor.number(6);
  const std::uint32_t bias = cursor.u32();
  for (const Form& form :
       {Form{2, 15, 0x0a00'050a'0010, 15}, Form{4, 31, 0x1700'0817'0020, 127}, Form{8, 63, 0x3400'0b34'0040, 1023}}) {
    if (size == form.size && sign == form.sign && precision_and_fields == form.precision_and_fields &&
        bias == form.bias && starts_at_0 && cursor.is_good()) {
      return size;
    }
  }
  return 0;
}

// IV.A.2.i, version 3.
std::optional<Layout> read_layout(ByteView data) {
  Cursor cursor(data);
  Layout layout;
  if (cursor.u8() != 3) return std::nullopt;
  const std::uint8_t kind = cursor.u8();
  if (kind == 0) {
    layout.kind = Layout::Kind::compact;
    layout.compact = cursor.take(cursor.u16());
  } else if (kind == 1) {
    layout.address = cursor.u64();
    layout.size = cursor.u64();
  } else if (kind == 2) {
    layout.kind = Layout::Kind::chunked;
    const std::size_t dimensions = cursor.u8();
    layout.address = cursor.u64();
    // The last is the size of a value.
    for (std::size_t i = 0; i + 1 < dimensions; ++i) layout.chunk.push_back(cursor.u32());
    cursor.skip(4);
  } else {
    return std::nullopt;
  }
  if (!cursor.is_good()) return std::nullopt;
  return layout;
}

// IV.A.2.l
Result<std::vector<Filter>> read_filters(ByteView data) {
  Cursor cursor(data);
  const std::uint8_t version = cursor.u8();
  const std::size_t count = cursor.u8();
  if (version == 1) cursor.skip(6);
  std::vector<Filter> filters;
  for (std::size_t i = 0; i < count && (version == 1 || version == 2); ++i) {
    const std::uint16_t kind = cursor.u16();
    const std::size_t name = version == 1 || kind >= 256 ? cursor.u16() : 0;
    cursor.skip(2);
    const std::size_t values = cursor.u16();
    cursor.skip(version == 1 ? padded_to_8(name) : name);
    cursor.skip(4 * (version == 1 ? values + values % 2 : values));
    filters.push_back({kind});
  }
  if (!cursor.is_good() || filters.size() != count) return damaged("how a dataset is compressed");
  return filters;
}

// III.E: object `index` of the collection at that address.
ByteView global_heap_object(ByteView file, std::uint64_t address, std::uint32_t index) {
  Cursor head(file, address);
  if (!head.expect("GCOL")) return {};
  head.skip(4);
  const std::uint64_t size = head.u64();
  if (size < 16) return {};
  Cursor objects(slice(file, address + 16, size - 16));
  while (objects.rest().size() >= 16) {
    const std::uint16_t found = objects.u16();
    objects.skip(6);
    const std::uint64_t length = objects.u64();
    const ByteView data = objects.take(length);
    objects.skip(std::min<std::uint64_t>(padded_to_8(length) - length, objects.rest().size()));
    if (found == 0 || !objects.is_good()) return {};
    if (found == index) return data;
  }
  return {};
}

std::string until_null(std::string_view text) { return std::string(text.substr(0, text.find('\0'))); }

// IV.A.2.m. Absent: its value is no single text.
std::optional<TextAttribute> read_attribute(ByteView file, ByteView data) {
  Cursor cursor(data);
  const std::uint8_t version = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  const std::uint16_t name_size = cursor.u16();
  const std::uint16_t type_size = cursor.u16();
  const std::uint16_t space_size = cursor.u16();
  if (version < 1 || version > 3 || (version > 1 && flags != 0)) return std::nullopt;
  if (version == 3) cursor.skip(1);
  const auto part = [&](std::uint16_t size) {
    const ByteView whole = cursor.take(version == 1 ? padded_to_8(size) : size);
    return whole.first(std::min<std::size_t>(size, whole.size()));
  };
  TextAttribute attribute{.name = until_null(as_text(part(name_size))), .text = {}};
  Cursor type(part(type_size));
  const auto shape = read_dataspace(part(space_size));
  const std::uint8_t type_class = type.u8() & 0x0fU;
  const auto bits = static_cast<std::uint32_t>(type.number(3));
  const std::uint32_t size = type.u32();
  std::uint64_t count = 1;
  for (const std::uint64_t each : shape.value_or(std::vector<std::uint64_t>{0})) count *= each;
  if (!cursor.is_good() || !type.is_good() || count != 1) return std::nullopt;
  if (type_class == 3) {
    attribute.text = until_null(as_text(cursor.take(size)));
  } else if (type_class == 9 && (bits & 0x0fU) == 1) {
    const std::uint32_t length = cursor.u32();
    const std::uint64_t address = cursor.u64();
    const ByteView text = global_heap_object(file, address, cursor.u32());
    attribute.text = until_null(as_text(text.first(std::min<std::size_t>(length, text.size()))));
  } else {
    return std::nullopt;
  }
  if (!cursor.is_good()) return std::nullopt;
  return attribute;
}

// IV.A.2.g. Absent: it is not the name of an object in this file.
std::optional<Link> read_link(ByteView data) {
  Cursor cursor(data);
  const std::uint8_t version = cursor.u8();
  const std::uint8_t flags = cursor.u8();
  const std::uint8_t kind = (flags & 8U) != 0 ? cursor.u8() : 0;
  if ((flags & 4U) != 0) cursor.skip(8);
  if ((flags & 16U) != 0) cursor.skip(1);
  const std::uint64_t length = cursor.number(std::size_t{1} << (flags & 3U));
  Link link{.name = std::string(as_text(cursor.take(length))), .address = cursor.u64()};
  if (version != 1 || kind != 0 || !cursor.is_good()) return std::nullopt;
  return link;
}

Result<void> take_message(ByteView file, const Message& message, Object& object) {
  Cursor cursor(message.data);
  switch (message.type) {
    case kDataspace:
      object.shape = read_dataspace(message.data);
      break;
    case kDatatype:
      object.float_bytes = message.is_shared ? 0 : read_float_type(message.data);
      break;
    case kExternalFiles:
      object.is_elsewhere = true;
      break;
    case kLayout:
      object.layout = read_layout(message.data);
      break;
    case kFilters: {
      auto filters = read_filters(message.data);
      if (!filters) return forward_error(filters);
      object.filters = std::move(*filters);
      break;
    }
    case kAttribute:
      if (auto attribute = read_attribute(file, message.data)) object.attributes.push_back(std::move(*attribute));
      break;
    case kSymbolTable: {
      const std::uint64_t tree = cursor.u64();
      object.symbol_table = {tree, cursor.u64()};
      break;
    }
    case kLink:
      if (auto link = read_link(message.data)) object.links.push_back(std::move(*link));
      break;
    case kLinkInfo: {
      cursor.skip(1);
      if ((cursor.u8() & 1U) != 0) cursor.skip(8);
      object.has_hidden_links = cursor.u64() != kUndefined;
      break;
    }
    default:
      break;
  }
  return cursor.is_good() ? Result<void>{} : damaged("a message of a header");
}

}  // namespace

Result<Object> read_object(ByteView file, std::uint64_t address) {
  const auto messages = read_messages(file, address);
  if (!messages) return forward_error(messages);
  Object object;
  for (const Message& message : *messages) {
    if (auto taken = take_message(file, message, object); !taken) return forward_error(taken);
  }
  return object;
}

}  // namespace vidi::hdf5
