// GIF (CompuServe, version 89a): its first frame, whose LZW data giflib decodes.

#include <fmt/format.h>
#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "image/formats.hpp"
#include "image/integers.hpp"
#include "image/picture_reader.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kScreenBytes = 13;      // signature and logical screen descriptor
constexpr std::size_t kDescriptorBytes = 10;  // image descriptor with its separator
// giflib's LZW tables and both color tables.
constexpr std::size_t kLibraryBytes = 64U << 10U;

std::unexpected<Error> undecodable(std::string_view reason) {
  return fail(ErrorCode::undecodable, fmt::format("The GIF picture cannot be decoded: {}.", reason));
}

std::unexpected<Error> cut() { return undecodable("it ends before its first frame"); }

struct GifLayout {
  Header header;
  int left = 0;  // of the first frame on the canvas
  int top = 0;
  int width = 0;
  int height = 0;
  bool interlaced = false;
  int transparent = -1;  // index of the color that is not drawn; -1: none

  [[nodiscard]] bool has_alpha() const { return transparent >= 0 || width != header.width || height != header.height; }
};

std::size_t color_table_bytes(std::uint32_t flags) { return (flags & 0x80U) != 0 ? 3UL << ((flags & 7U) + 1) : 0; }

// From the length byte of a chain of sub-blocks to behind its end; absent when it is cut.
std::optional<std::size_t> behind_blocks(ByteView bytes, std::size_t at) {
  while (holds(bytes, at, 1)) {
    const std::size_t length = byte_at(bytes, at++);
    if (length == 0) return at;
    if (!holds(bytes, at, length)) break;
    at += length;
  }
  return std::nullopt;
}

// The index a graphic control extension makes transparent; -1: none. `at` is its first sub-block.
int transparent_index(ByteView bytes, std::size_t at) {
  if (!holds(bytes, at, 5) || byte_at(bytes, at) < 4 || (byte_at(bytes, at + 1) & 1U) == 0) return -1;
  return static_cast<int>(byte_at(bytes, at + 4));
}

Result<GifLayout> read_frame(ByteView bytes, std::size_t at, int transparent) {
  if (!holds(bytes, at, kDescriptorBytes)) return cut();
  GifLayout layout;
  layout.left = static_cast<int>(little16(bytes, at + 1));
  layout.top = static_cast<int>(little16(bytes, at + 3));
  layout.width = static_cast<int>(little16(bytes, at + 5));
  layout.height = static_cast<int>(little16(bytes, at + 7));
  layout.interlaced = (byte_at(bytes, at + 9) & 0x40U) != 0;
  layout.transparent = transparent;
  if (layout.width == 0 || layout.height == 0) {
    return undecodable(fmt::format("its first frame is {} x {}; each side is at least 1", layout.width, layout.height));
  }
  // A frame that reaches over the canvas makes it larger, as in browsers and in Pillow.
  layout.header.width = std::max(static_cast<int>(little16(bytes, 6)), layout.left + layout.width);
  layout.header.height = std::max(static_cast<int>(little16(bytes, 8)), layout.top + layout.height);
  const std::size_t canvas = static_cast<std::size_t>(layout.header.width) * layout.header.height;
  layout.header.memory = canvas * (layout.has_alpha() ? 4 : 3) + layout.width + kLibraryBytes;
  return layout;
}

struct Source {
  ByteView left;

  static int read(GifFileType* file, GifByteType* target, int size) {
    auto& source = *static_cast<Source*>(file->UserData);
    const std::size_t count = std::min<std::size_t>(size, source.left.size());
    std::memcpy(target, source.left.data(), count);
    source.left = source.left.subspan(count);
    return static_cast<int>(count);
  }
};

struct FileCloser {
  void operator()(GifFileType* file) const { DGifCloseFile(file, nullptr); }
};
using File = std::unique_ptr<GifFileType, FileCloser>;

// Reads up to the descriptor of the first frame.
bool find_frame(GifFileType& file) {
  GifRecordType record = UNDEFINED_RECORD_TYPE;
  while (DGifGetRecordType(&file, &record) == GIF_OK) {
    if (record == IMAGE_DESC_RECORD_TYPE) return DGifGetImageDesc(&file) == GIF_OK;
    if (record != EXTENSION_RECORD_TYPE) return false;
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(&file, &code, &block) != GIF_OK) return false;
    while (block != nullptr) {
      if (DGifGetExtensionNext(&file, &block) != GIF_OK) return false;
    }
  }
  return false;
}

// Draws one row of color indices; false when one of them is no entry of the color table.
bool draw_row(const std::vector<GifPixelType>& indices, const ColorMapObject& colors, int transparent,
              std::uint8_t* out, int channels) {
  for (const GifPixelType index : indices) {
    if (index < colors.ColorCount) {
      const GifColorType& color = colors.Colors[index];
      out[0] = color.Red;
      out[1] = color.Green;
      out[2] = color.Blue;
    } else if (index != transparent) {
      return false;
    }
    if (channels == 4) out[3] = index == transparent ? 0 : 255;
    out += channels;
  }
  return true;
}

Result<void> draw_frame(GifFileType& file, const ColorMapObject& colors, const GifLayout& layout, Image& image) {
  struct Pass {
    int first;
    int step;
  };
  constexpr std::array<Pass, 4> kInterlaced{{{0, 8}, {4, 8}, {2, 4}, {1, 2}}};
  constexpr std::array<Pass, 1> kPlain{{{0, 1}}};
  std::vector<GifPixelType> indices(layout.width);
  for (const Pass& pass : layout.interlaced ? std::span<const Pass>(kInterlaced) : std::span<const Pass>(kPlain)) {
    for (int y = pass.first; y < layout.height; y += pass.step) {
      if (DGifGetLine(&file, indices.data(), layout.width) != GIF_OK) {
        const char* reason = GifErrorString(file.Error);
        return undecodable(reason != nullptr ? reason : "its data is damaged");
      }
      std::uint8_t* out = image.row(layout.top + y).data() + static_cast<std::size_t>(layout.left) * image.channels;
      if (!draw_row(indices, colors, layout.transparent, out, image.channels)) {
        return undecodable(fmt::format("a pixel has a color beyond the {} of its table", colors.ColorCount));
      }
    }
  }
  return {};
}

Result<GifLayout> inspect_gif(ByteView bytes) {
  if (!holds(bytes, 0, kScreenBytes)) return cut();
  std::size_t at = kScreenBytes + color_table_bytes(byte_at(bytes, 10));
  int transparent = -1;
  while (holds(bytes, at, 2)) {
    const std::uint32_t introducer = byte_at(bytes, at);
    if (introducer == 0x2C) return read_frame(bytes, at, transparent);
    if (introducer == 0x3B) return undecodable("it has no frame");
    if (introducer != 0x21) {
      return undecodable(fmt::format("byte {:#04x} at {} begins no block that GIF defines", introducer, at));
    }
    if (byte_at(bytes, at + 1) == 0xF9) transparent = transparent_index(bytes, at + 2);
    const std::optional<std::size_t> behind = behind_blocks(bytes, at + 2);
    if (!behind) break;
    at = *behind;
  }
  return cut();
}

Result<Image> decode_gif(ByteView bytes, const GifLayout& layout) {
  Source source{.left = bytes};
  int error = 0;
  const File file(DGifOpen(&source, &Source::read, &error));
  if (!file) {
    if (error == D_GIF_ERR_NOT_ENOUGH_MEM) throw std::bad_alloc();
    return undecodable("its header is cut");
  }
  if (!find_frame(*file) || file->Image.Width != layout.width || file->Image.Height != layout.height) {
    return undecodable("its blocks are damaged");
  }
  const ColorMapObject* colors = file->Image.ColorMap != nullptr ? file->Image.ColorMap : file->SColorMap;
  if (colors == nullptr) return undecodable("it has no color table");
  Image image = make_image(layout.header.width, layout.header.height, layout.has_alpha() ? 4 : 3);
  if (Result<void> drawn = draw_frame(*file, *colors, layout, image); !drawn) return forward_error(drawn);
  return image;
}

bool is_gif(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  return text.starts_with("GIF87a") || text.starts_with("GIF89a");
}

constexpr std::string_view kEndings[] = {"gif"};

}  // namespace

constinit const Format kGif{.name = "GIF",
                            .media_type = "image/gif",
                            .endings = kEndings,
                            .sniff = is_gif,
                            .open = open_whole<GifLayout, inspect_gif, decode_gif>};

}  // namespace vidi::image
