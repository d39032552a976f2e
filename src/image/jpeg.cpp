// JPEG (ITU-T T.81), decoded by libjpeg-turbo.

// jpeglib.h needs these before it.
#include <csetjmp>
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>
// After jpeglib.h.
#include <jerror.h>

#include <algorithm>
#include <array>
#include <string>

#include "image/codecs.hpp"
#include "image/orientation.hpp"

namespace vidi::image {
namespace {

// A progressive file may repeat its scans without end; honest ones have about ten.
constexpr int kMaxScans = 100;
constexpr std::size_t kOverhead = 256U << 10U;  // libjpeg's tables and row buffers, beside those that grow with width

// libjpeg reports errors by a call that must not return: a jump back to where the library was entered. No object with a
// destructor may live in between, so only the functions of this class call the library.
class Decompressor {
 public:
  explicit Decompressor(ByteView bytes) : bytes_(bytes) {
    info_.err = jpeg_std_error(&errors_.manager);
    errors_.manager.error_exit = [](j_common_ptr info) { jump(info); };
    errors_.manager.emit_message = [](j_common_ptr info, int level) { emit(info, level); };
    progress_.progress_monitor = [](j_common_ptr info) { count_scans(info); };
  }
  ~Decompressor() { jpeg_destroy_decompress(&info_); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;

  // False: error() says why.
  bool read_header() {
    if (setjmp(errors_.back) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.progress = &progress_;
    jpeg_save_markers(&info_, JPEG_APP0 + 1, 0xFFFF);
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&info_, TRUE);
    return true;
  }

  // Rows of `channels()` bytes a pixel into `pixels`, which holds the whole picture.
  bool decode(std::uint8_t* pixels) {
    if (setjmp(errors_.back) != 0) return false;
    info_.out_color_space = colour_space();
    jpeg_start_decompress(&info_);
    const std::size_t stride =
        static_cast<std::size_t>(info_.output_width) * static_cast<std::size_t>(info_.output_components);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = pixels + info_.output_scanline * stride;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  [[nodiscard]] std::string error() {
    std::array<char, JMSG_LENGTH_MAX> message{};
    errors_.manager.format_message(reinterpret_cast<j_common_ptr>(&info_), message.data());
    return message.data();
  }

  [[nodiscard]] int width() const { return static_cast<int>(info_.image_width); }
  [[nodiscard]] int height() const { return static_cast<int>(info_.image_height); }
  [[nodiscard]] int components() const { return info_.num_components; }

  [[nodiscard]] int channels() const {
    switch (colour_space()) {
      case JCS_GRAYSCALE:
        return 1;
      case JCS_CMYK:
        return 4;
      default:
        return 3;
    }
  }

  [[nodiscard]] int orientation() const {
    for (jpeg_saved_marker_ptr marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const int found = exif_orientation({reinterpret_cast<const std::byte*>(marker->data), marker->data_length});
      if (found != 1) return found;
    }
    return 1;
  }

  // The pixels, the same again for turning them, and for files of several scans the coefficients: two bytes each.
  [[nodiscard]] std::size_t memory() {
    const std::size_t pixels = static_cast<std::size_t>(info_.image_width) * info_.image_height;
    const std::size_t coefficients =
        jpeg_has_multiple_scans(&info_) != 0 ? 2 * static_cast<std::size_t>(components()) : 0;
    const std::size_t turned = orientation() != 1 ? static_cast<std::size_t>(channels()) : 0;
    return pixels * (static_cast<std::size_t>(channels()) + coefficients + turned) +
           static_cast<std::size_t>(info_.image_width) * 64 + kOverhead;
  }

 private:
  struct Errors {
    jpeg_error_mgr manager;  // first: the library hands out a pointer to it
    std::jmp_buf back;
  };

  [[nodiscard]] J_COLOR_SPACE colour_space() const {
    if (info_.jpeg_color_space == JCS_GRAYSCALE) return JCS_GRAYSCALE;
    return info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK ? JCS_CMYK : JCS_RGB;
  }

  [[noreturn]] static void jump(j_common_ptr info) { std::longjmp(reinterpret_cast<Errors*>(info->err)->back, 1); }

  // Warnings say that data is damaged or missing, but for these, which lose nothing.
  static void emit(j_common_ptr info, int level) {
    if (level >= 0) return;
    const int code = info->err->msg_code;
    if (code == JWRN_EXTRANEOUS_DATA || code == JWRN_JFIF_MAJOR || code == JWRN_ADOBE_XFORM ||
        code == JWRN_TOO_MUCH_DATA)
      return;
    jump(info);
  }

  static void count_scans(j_common_ptr info) {
    if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMaxScans) return;
    info->err->msg_code = JERR_BAD_PROGRESSION;
    jump(info);
  }

  ByteView bytes_;
  Errors errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
};

std::uint8_t multiply(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return static_cast<std::uint8_t>((product + (product >> 8U)) >> 8U);
}

// Files hold cyan, magenta, yellow and black inverted (Adobe's convention), so that each is the light that is left.
Image cmyk_to_rgb(Image image) {
  std::uint8_t* out = image.pixels.data();
  for (std::size_t in = 0; in < image.pixels.size(); in += 4) {
    const unsigned light = image.pixels[in + 3];
    for (std::size_t c = 0; c < 3; ++c) {
      *out++ = static_cast<std::uint8_t>(light - multiply(255U - image.pixels[in + c], light));
    }
  }
  image.pixels.resize(static_cast<std::size_t>(out - image.pixels.data()));
  image.channels = 3;
  return image;
}

}  // namespace

Result<Header> read_jpeg_header(ByteView bytes) {
  Decompressor decompressor(bytes);
  if (!decompressor.read_header()) return damaged(Format::jpeg, decompressor.error());
  Header header{Format::jpeg, decompressor.width(), decompressor.height(), decompressor.memory()};
  if (swaps_sides(decompressor.orientation())) std::swap(header.width, header.height);
  return header;
}

Result<Image> decode_jpeg(ByteView bytes, const Header&) {
  Decompressor decompressor(bytes);
  if (!decompressor.read_header()) return damaged(Format::jpeg, decompressor.error());
  const int orientation = decompressor.orientation();
  Image image = make_image(decompressor.width(), decompressor.height(), decompressor.channels());
  if (!decompressor.decode(image.pixels.data())) return damaged(Format::jpeg, decompressor.error());
  if (image.channels == 4) image = cmyk_to_rgb(std::move(image));
  return apply_orientation(std::move(image), orientation);
}

}  // namespace vidi::image
