#include "image/make_jpeg.hpp"

#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE declared before it.
#include <jpeglib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace vidi::image {
namespace {

// An APP1 segment with a TIFF directory of one entry (EXIF 2.3, tag 0x0112).
void write_orientation(jpeg_compress_struct& info, int orientation) {
  std::string segment("Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0", 32);
  segment.at(25) = static_cast<char>(orientation);
  jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(segment.data()),
                    static_cast<unsigned>(segment.size()));
}

void set_options(jpeg_compress_struct& info, const JpegOptions& options) {
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, options.quality, TRUE);
  if (!options.halve_color) info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
  if (options.progressive) jpeg_simple_progression(&info);
}

}  // namespace

Bytes encode_jpeg(const Image& image, const JpegOptions& options) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = image.channels;
  info.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
  set_options(info, options);
  jpeg_start_compress(&info, TRUE);
  if (options.orientation != 1) write_orientation(info, options.orientation);
  std::vector<std::uint8_t> row;
  for (int y = 0; y < image.height; ++y) {
    row.assign(image.row(y).begin(), image.row(y).end());
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&info, &rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const auto* bytes = reinterpret_cast<const std::byte*>(buffer);
  Bytes file(bytes, bytes + size);
  std::free(buffer);
  return file;
}

Bytes make_jpeg(int width, int height, bool progressive) {
  Image image = make_image(width, height, 3);
  for (int y = 0; y < height; ++y) {
    for (std::size_t x = 0; x < static_cast<std::size_t>(width); ++x) {
      image.row(y)[3 * x] = static_cast<std::uint8_t>(x * 255 / static_cast<std::size_t>(width));
      image.row(y)[3 * x + 1] = static_cast<std::uint8_t>(y * 255 / height);
    }
  }
  return encode_jpeg(image, {.progressive = progressive});
}

}  // namespace vidi::image
