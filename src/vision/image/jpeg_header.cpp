// What a JPEG (ITU-T T.81) says of itself before its first scan.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "image/integers.hpp"
#include "image/jpeg_layout.hpp"
#include "image/orientation.hpp"

namespace vidi::image {
namespace {

// What libjpeg takes whatever the picture's size.
constexpr std::size_t kLibraryBytes = 256U << 10U;

struct Component {
  std::uint32_t horizontal = 1;  // sampling factors
  std::uint32_t vertical = 1;
};

struct Frame {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t count = 0;  // of components
  bool progressive = false;
  bool arithmetic = false;  // coding; else Huffman's
  std::array<Component, 4> components{};
};

std::unexpected<Error> undecodable(std::string_view reason) {
  return fail(ErrorCode::undecodable, fmt::format("The JPEG picture cannot be decoded: {}.", reason));
}

bool stands_alone(std::uint32_t marker) { return marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7); }

bool begins_frame(std::uint32_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

Result<Frame> read_frame(std::uint32_t marker, ByteView segment) {
  if (segment.size() < 6) return undecodable("its frame header is cut");
  Frame frame;
  frame.height = big16(segment, 1);
  frame.width = big16(segment, 3);
  frame.count = byte_at(segment, 5);
  frame.progressive = marker == 0xC2 || marker == 0xCA;
  frame.arithmetic = marker > 0xC8;
  if (marker > 0xC2 && marker != 0xC9 && marker != 0xCA) {
    return undecodable("it is lossless or hierarchical; baseline, extended and progressive ones are decoded");
  }
  if (byte_at(segment, 0) != 8) {
    return undecodable(fmt::format("it has {} bits a channel; 8 are decoded", byte_at(segment, 0)));
  }
  if (frame.width == 0 || frame.height == 0) {
    return undecodable(fmt::format("its size is {} x {}; each side is at least 1", frame.width, frame.height));
  }
  if (frame.count != 1 && frame.count != 3 && frame.count != 4) {
    return undecodable(fmt::format("it has {} channels; 1, 3 and 4 are decoded", frame.count));
  }
  if (segment.size() < 6 + 3UL * frame.count) return undecodable("its frame header is cut");
  for (std::uint32_t i = 0; i < frame.count; ++i) {
    const std::uint32_t factors = byte_at(segment, 7 + 3UL * i);
    const Component component{.horizontal = factors >> 4U, .vertical = factors & 15U};
    if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1 || component.vertical > 4) {
      return undecodable(fmt::format("channel {} has sampling factors {} x {}; they are from 1 to 4", i + 1,
                                     component.horizontal, component.vertical));
    }
    frame.components.at(i) = component;
  }
  return frame;
}

// Of the groups of blocks, one or more of each channel, that the picture is coded in.
struct Units {
  std::size_t count = 0;
  std::size_t blocks_each = 0;
};

Units units_of(const Frame& frame) {
  std::size_t across = 1;
  std::size_t down = 1;
  Units units;
  for (std::uint32_t i = 0; i < frame.count; ++i) {
    const Component& component = frame.components.at(i);
    across = std::max<std::size_t>(across, component.horizontal);
    down = std::max<std::size_t>(down, component.vertical);
    units.blocks_each += static_cast<std::size_t>(component.horizontal) * component.vertical;
  }
  units.count = ((frame.width - 1) / (8 * across) + 1) * ((frame.height - 1) / (8 * down) + 1);
  return units;
}

// libjpeg keeps the coefficients of the whole picture, 2 bytes each, until the last scan has been read.
std::size_t coefficient_bytes(const Frame& frame) {
  const Units units = units_of(frame);
  return units.count * units.blocks_each * 64 * 2;
}

// The largest of libjpeg's quick scales that leaves `enough` pixels on the longer side.
int scale_for(const JpegLayout& layout, int enough) {
  const std::int64_t longer = std::max(layout.stored_width, layout.stored_height);
  int scale = 1;
  while (scale < 8 && longer >= std::int64_t{2} * scale * enough) scale *= 2;
  return scale;
}

JpegLayout layout_of(const Frame& frame, int orientation, bool multiple_scans) {
  JpegLayout layout;
  layout.stored_width = static_cast<int>(frame.width);
  layout.stored_height = static_cast<int>(frame.height);
  layout.components = static_cast<int>(frame.count);
  layout.orientation = orientation;
  layout.multiple_scans = multiple_scans;
  layout.coefficient_bytes = multiple_scans ? coefficient_bytes(frame) : 0;
  // Huffman codes have at least one bit, and each unit has at least one code.
  layout.fewest_bytes = frame.arithmetic ? 0 : units_of(frame).count / 8;
  layout.header.width = turns_sides(orientation) ? layout.stored_height : layout.stored_width;
  layout.header.height = turns_sides(orientation) ? layout.stored_width : layout.stored_height;
  return scaled_for(layout, kWholeSize);
}

// Moves `at` behind the next marker and gives its code; absent at the end. Bytes that are no marker are passed over.
std::optional<std::uint32_t> next_marker(ByteView bytes, std::size_t& at) {
  while (at < bytes.size()) {
    while (at < bytes.size() && byte_at(bytes, at) != 0xFF) ++at;
    while (at < bytes.size() && byte_at(bytes, at) == 0xFF) ++at;
    if (at == bytes.size()) break;
    const std::uint32_t marker = byte_at(bytes, at++);
    if (marker != 0) return marker;
  }
  return std::nullopt;
}

}  // namespace

JpegLayout scaled_for(JpegLayout layout, int enough) {
  layout.scale = scale_for(layout, enough);
  layout.decoded_width = (layout.stored_width - 1) / layout.scale + 1;
  layout.decoded_height = (layout.stored_height - 1) / layout.scale + 1;
  const auto width = static_cast<std::size_t>(layout.decoded_width);
  const std::size_t pixels = width * static_cast<std::size_t>(layout.decoded_height) * (layout.components == 1 ? 1 : 3);
  // One row of blocks and its neighbors, of every channel, before and after upsampling.
  const std::size_t rows = (width + 64) * static_cast<std::size_t>(layout.components) * 96;
  layout.header.memory = pixels + rows + layout.coefficient_bytes + kLibraryBytes;
  return layout;
}

Result<JpegLayout> inspect_jpeg(ByteView bytes) {
  std::optional<Frame> frame;
  int orientation = 1;
  std::size_t at = 2;
  while (const std::optional<std::uint32_t> marker = next_marker(bytes, at)) {
    if (stands_alone(*marker)) continue;
    if (*marker == 0xD8 || *marker == 0xD9) return undecodable("it ends before its pixels");
    if (!holds(bytes, at, 2)) break;
    const std::size_t length = big16(bytes, at);
    if (length < 2) return undecodable(fmt::format("a segment has length {}; the least is 2", length));
    if (!holds(bytes, at, length)) break;
    const ByteView segment = bytes.subspan(at + 2, length - 2);
    at += length;
    if (*marker == 0xE1 && orientation == 1) orientation = exif_orientation(segment);
    if (begins_frame(*marker)) {
      if (frame) return undecodable("it has more than one frame");
      Result<Frame> read = read_frame(*marker, segment);
      if (!read) return forward_error(read);
      frame = *read;
    }
    if (*marker == 0xDA) {
      if (!frame) return undecodable("its first scan stands before its frame header");
      if (segment.empty()) return undecodable("its scan header is cut");
      return layout_of(*frame, orientation, frame->progressive || byte_at(segment, 0) < frame->count);
    }
  }
  return undecodable("it ends before its pixels");
}

}  // namespace vidi::image
