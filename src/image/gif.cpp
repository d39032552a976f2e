// GIF (CompuServe, GIF89a specification): the first frame on its canvas, decoded by giflib.

#include <gif_lib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "image/codecs.hpp"

namespace vidi::image {
namespace {

constexpr std::size_t kOverhead = 128U << 10U;  // giflib's tables and one row

struct Closer {
  void operator()(GifFileType* file) const { DGifCloseFile(file, nullptr); }
};
using File = std::unique_ptr<GifFileType, Closer>;

int read_bytes(GifFileType* file, GifByteType* target, int count) {
  auto& rest = *static_cast<ByteView*>(file->UserData);
  const std::size_t taken = std::min(static_cast<std::size_t>(count), rest.size());
  std::copy_n(rest.data(), taken, reinterpret_cast<std::byte*>(target));
  rest = rest.subspan(taken);
  return static_cast<int>(taken);
}

std::string_view message(int code) {
  const char* text = GifErrorString(code);
  return text != nullptr ? text : "it cannot be read";
}

std::unexpected<Error> damaged_at(const File& file) { return damaged(Format::gif, message(file->Error)); }

unsigned byte_at(ByteView bytes, std::size_t position) { return std::to_integer<unsigned>(bytes[position]); }

// Reads on to the first frame's descriptor. Returns the palette index that is transparent, -1 when there is none.
Result<int> find_first_frame(const File& file) {
  int transparent = -1;
  while (true) {
    GifRecordType type = UNDEFINED_RECORD_TYPE;
    if (DGifGetRecordType(file.get(), &type) == GIF_ERROR) return damaged_at(file);
    if (type == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(file.get()) == GIF_ERROR) return damaged_at(file);
      return transparent;
    }
    if (type == TERMINATE_RECORD_TYPE) return damaged(Format::gif, "there is no frame in it");
    if (type != EXTENSION_RECORD_TYPE) continue;
    int code = 0;
    GifByteType* block = nullptr;
    if (DGifGetExtension(file.get(), &code, &block) == GIF_ERROR) return damaged_at(file);
    if (code == GRAPHICS_EXT_FUNC_CODE && block != nullptr) {
      GraphicsControlBlock control{};
      if (DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) transparent = control.TransparentColor;
    }
    while (block != nullptr) {
      if (DGifGetExtensionNext(file.get(), &block) == GIF_ERROR) return damaged_at(file);
    }
  }
}

// The rows in the order in which the file holds them (GIF89a, appendix E).
std::vector<int> row_order(int height, bool interlaced) {
  struct Pass {
    int first;
    int step;
  };
  static constexpr std::array kPasses{Pass{0, 8}, Pass{4, 8}, Pass{2, 4}, Pass{1, 2}};
  std::vector<int> order;
  order.reserve(static_cast<std::size_t>(height));
  if (!interlaced) {
    for (int y = 0; y < height; ++y) order.push_back(y);
    return order;
  }
  for (const Pass& pass : kPasses) {
    for (int y = pass.first; y < height; y += pass.step) order.push_back(y);
  }
  return order;
}

struct Frame {
  GifImageDesc place;
  const ColorMapObject* palette = nullptr;
  int transparent = -1;
};

Result<Image> read_pixels(const File& file, const Frame& frame, const Header& header) {
  const bool covers = frame.place.Width == header.width && frame.place.Height == header.height;
  const std::size_t channels = covers && frame.transparent < 0 ? 3 : 4;
  Image image = make_image(header.width, header.height, static_cast<int>(channels));
  std::vector<GifPixelType> line(static_cast<std::size_t>(frame.place.Width));
  for (const int y : row_order(frame.place.Height, frame.place.Interlace)) {
    if (DGifGetLine(file.get(), line.data(), frame.place.Width) == GIF_ERROR) return damaged_at(file);
    std::uint8_t* out = image.row(frame.place.Top + y).data() + static_cast<std::size_t>(frame.place.Left) * channels;
    for (const GifPixelType index : line) {
      if (index >= frame.palette->ColorCount) return damaged(Format::gif, "a pixel's colour is not in the palette");
      const GifColorType& colour = frame.palette->Colors[index];
      const bool visible = index != frame.transparent;
      out[0] = visible ? colour.Red : 0;
      out[1] = visible ? colour.Green : 0;
      out[2] = visible ? colour.Blue : 0;
      if (channels == 4) out[3] = visible ? 255 : 0;
      out += channels;
    }
  }
  return image;
}

}  // namespace

Result<Header> read_gif_header(ByteView bytes) {
  if (bytes.size() < 13) return damaged(Format::gif, "it ends within its header");
  Header header{Format::gif, static_cast<int>(byte_at(bytes, 6) | byte_at(bytes, 7) << 8U),
                static_cast<int>(byte_at(bytes, 8) | byte_at(bytes, 9) << 8U), 0};
  header.memory = static_cast<std::size_t>(header.width) * static_cast<std::size_t>(header.height) * 4 + kOverhead;
  return header;
}

Result<Image> decode_gif(ByteView bytes, const Header& header) {
  int error = 0;
  const File file(DGifOpen(&bytes, &read_bytes, &error));
  if (!file) return damaged(Format::gif, message(error));
  const auto transparent = find_first_frame(file);
  if (!transparent) return std::unexpected(transparent.error());
  const GifImageDesc& place = file->Image;
  Frame frame{place, place.ColorMap != nullptr ? place.ColorMap : file->SColorMap, *transparent};
  if (frame.palette == nullptr) return damaged(Format::gif, "it has no palette");
  if (place.Width <= 0 || place.Height <= 0 || place.Left < 0 || place.Top < 0 ||
      place.Left + place.Width > header.width || place.Top + place.Height > header.height) {
    return damaged(Format::gif, "its first frame lies outside of its canvas");
  }
  return read_pixels(file, frame, header);
}

}  // namespace vidi::image
