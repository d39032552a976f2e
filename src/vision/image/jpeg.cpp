// The pixels of a JPEG, decoded by libjpeg-turbo.
//
// libjpeg reports an error by a function that must not return. Ours jumps back to read_pixels, which holds no object
// with a destructor, nor does anything between the two: what must be freed belongs to JpegReader.

#include <fmt/format.h>

#include <array>
#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE declared before it.
#include <jpeglib.h>
// jerror.h needs jpeglib.h before it.
#include <jerror.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "image/formats.hpp"
#include "image/jpeg_layout.hpp"
#include "image/orientation.hpp"
#include "image/picture_reader.hpp"

namespace vidi::image {
namespace {

// Ten are usual in a progressive picture. Each may cost a pass over the whole picture for a few bytes of file.
constexpr int kMaxScans = 100;

// libjpeg's own limit lies above the estimate of the header, so that it refuses only what was not foreseen.
constexpr std::size_t kSlack = 1U << 20U;

struct JpegReader {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  std::jmp_buf failed{};
  std::array<char, JMSG_LENGTH_MAX> message{};

  const JpegLayout& layout;
  ByteView bytes;
  Image image;
  std::vector<std::uint8_t> row;  // of a picture whose rows do not go to their place as they are

  JpegReader(ByteView file, const JpegLayout& file_layout) : layout(file_layout), bytes(file) {}
  JpegReader(const JpegReader&) = delete;
  JpegReader(JpegReader&&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  JpegReader& operator=(JpegReader&&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&info); }
};

template <typename Info>
JpegReader& reader_of(Info* info) {
  return *static_cast<JpegReader*>(info->client_data);
}

[[noreturn]] void stop(JpegReader& reader) { std::longjmp(reader.failed, 1); }

[[noreturn]] void stop(JpegReader& reader, const char* message) {
  std::snprintf(reader.message.data(), reader.message.size(), "%s", message);
  stop(reader);
}

[[noreturn]] void on_error(j_common_ptr info) {
  JpegReader& reader = reader_of(info);
  info->err->format_message(info, reader.message.data());
  stop(reader);
}

// libjpeg goes on after damage with gray or repeated blocks and calls it a warning. Here it is an error, except for
// what leaves every pixel in its place.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  switch (info->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_BOGUS_ICC:
      return;
    default:
      on_error(info);
  }
}

void no_output(j_common_ptr /*info*/) {}
void no_source_change(j_decompress_ptr /*info*/) {}

// At the end of the file. A picture of one scan may lack its end marker; whether pixels are missing then shows in the
// scan itself. In one of several, whole scans could be missing.
boolean on_end_of_file(j_decompress_ptr info) {
  static constexpr std::array<JOCTET, 2> kEnd{0xFF, JPEG_EOI};
  JpegReader& reader = reader_of(info);
  if (reader.layout.multiple_scans) stop(reader, "it ends before its last scan does");
  info->src->next_input_byte = kEnd.data();
  info->src->bytes_in_buffer = kEnd.size();
  return TRUE;
}

void skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  if (std::cmp_greater(count, info->src->bytes_in_buffer)) stop(reader_of(info), "a segment of it is cut");
  info->src->next_input_byte += count;
  info->src->bytes_in_buffer -= static_cast<std::size_t>(count);
}

void count_scans(j_common_ptr info) {
  JpegReader& reader = reader_of(info);
  if (reader.info.input_scan_number <= kMaxScans) return;
  std::snprintf(reader.message.data(), reader.message.size(), "it has more than %d scans", kMaxScans);
  stop(reader);
}

void open(JpegReader& reader) {
  reader.info.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = on_error;
  reader.errors.emit_message = on_message;
  reader.errors.output_message = no_output;
  reader.info.client_data = &reader;
  jpeg_create_decompress(&reader.info);
  reader.info.client_data = &reader;
  reader.info.mem->max_memory_to_use = static_cast<long>(reader.layout.header.memory + kSlack);
  reader.source.next_input_byte = reinterpret_cast<const JOCTET*>(reader.bytes.data());
  reader.source.bytes_in_buffer = reader.bytes.size();
  reader.source.init_source = no_source_change;
  reader.source.fill_input_buffer = on_end_of_file;
  reader.source.skip_input_data = skip;
  reader.source.resync_to_restart = jpeg_resync_to_restart;
  reader.source.term_source = no_source_change;
  reader.info.src = &reader.source;
  reader.progress.progress_monitor = count_scans;
  reader.info.progress = &reader.progress;
}

// Adobe's CMYK is stored inverted: 255 is no ink. Every such file is taken to be so, as Pillow does.
void to_rgb(std::uint8_t* row, int width) {
  const std::uint8_t* in = row;
  std::uint8_t* out = row;
  for (int x = 0; x < width; ++x, in += 4) {
    const unsigned light = in[3];
    for (int c = 0; c < 3; ++c) {
      const unsigned product = (255U - in[c]) * light + 128;
      const unsigned darkened = ((product >> 8U) + product) >> 8U;
      *out++ = static_cast<std::uint8_t>(light - std::min(darkened, light));
    }
  }
}

void place_row(JpegReader& reader, int y) {
  const int channels = reader.image.channels;
  const RowPlace place =
      upright_place(reader.layout.orientation, reader.layout.decoded_width, reader.layout.decoded_height, y);
  const std::uint8_t* in = reader.row.data();
  std::uint8_t* out = reader.image.pixels.data() + place.start * channels;
  const std::ptrdiff_t step = place.step * channels;
  for (int x = 0; x < reader.layout.decoded_width; ++x, in += channels, out += step) std::copy_n(in, channels, out);
}

void read_rows_in_place(JpegReader& reader) {
  constexpr int kRows = 8;
  std::array<JSAMPROW, kRows> rows{};
  const std::size_t size = reader.image.row_bytes();
  while (reader.info.output_scanline < reader.info.output_height) {
    const JDIMENSION left = reader.info.output_height - reader.info.output_scanline;
    const JDIMENSION count = std::min<JDIMENSION>(kRows, left);
    for (JDIMENSION i = 0; i < count; ++i) {
      rows[i] = reader.image.pixels.data() + (reader.info.output_scanline + i) * size;
    }
    jpeg_read_scanlines(&reader.info, rows.data(), count);
  }
}

void read_rows_one_by_one(JpegReader& reader) {
  JSAMPROW row = reader.row.data();
  for (int y = 0; y < reader.layout.decoded_height; ++y) {
    jpeg_read_scanlines(&reader.info, &row, 1);
    if (reader.layout.components == 4) to_rgb(row, reader.layout.decoded_width);
    place_row(reader, y);
  }
}

J_COLOR_SPACE color_space(int components) {
  if (components == 1) return JCS_GRAYSCALE;
  return components == 3 ? JCS_RGB : JCS_CMYK;
}

// A picture that is made smaller anyway does not need libjpeg's better and slower ways.
void scale(JpegReader& reader) {
  if (reader.layout.scale == 1) return;
  reader.info.scale_num = 1;
  reader.info.scale_denom = static_cast<unsigned>(reader.layout.scale);
  reader.info.do_fancy_upsampling = FALSE;
  reader.info.dct_method = JDCT_IFAST;
  jpeg_calc_output_dimensions(&reader.info);
  if (std::cmp_not_equal(reader.info.output_width, reader.layout.decoded_width) ||
      std::cmp_not_equal(reader.info.output_height, reader.layout.decoded_height)) {
    stop(reader, "it cannot be scaled");
  }
}

// False after a failure, whose message is then in the reader.
bool read_pixels(JpegReader& reader) {
  // NOLINTNEXTLINE(cert-err52-cpp,modernize-avoid-setjmp-longjmp): libjpeg's C frames cannot pass an exception on.
  if (setjmp(reader.failed) != 0) return false;
  open(reader);
  jpeg_read_header(&reader.info, TRUE);
  if (std::cmp_not_equal(reader.info.image_width, reader.layout.stored_width) ||
      std::cmp_not_equal(reader.info.image_height, reader.layout.stored_height) ||
      reader.info.num_components != reader.layout.components ||
      (jpeg_has_multiple_scans(&reader.info) != FALSE && !reader.layout.multiple_scans)) {
    stop(reader, "its header contradicts itself");
  }
  reader.info.out_color_space = color_space(reader.layout.components);
  scale(reader);
  jpeg_start_decompress(&reader.info);
  if (reader.row.empty()) {
    read_rows_in_place(reader);
  } else {
    read_rows_one_by_one(reader);
  }
  return true;
}

Result<Image> decode_jpeg(ByteView bytes, const JpegLayout& layout) {
  if (bytes.size() < layout.fewest_bytes) {
    return fail(ErrorCode::undecodable,
                fmt::format("The JPEG picture cannot be decoded: its {} bytes are too few for {} x {} pixels.",
                            bytes.size(), layout.header.width, layout.header.height));
  }
  JpegReader reader(bytes, layout);
  const bool turned = turns_sides(layout.orientation);
  reader.image = make_image(turned ? layout.decoded_height : layout.decoded_width,
                            turned ? layout.decoded_width : layout.decoded_height, layout.components == 1 ? 1 : 3);
  if (layout.orientation != 1 || layout.components == 4) {
    reader.row.resize(static_cast<std::size_t>(layout.decoded_width) * layout.components);
  }
  if (!read_pixels(reader)) {
    return fail(ErrorCode::undecodable, fmt::format("The JPEG picture cannot be decoded: {}.", reader.message.data()));
  }
  return std::move(reader.image);
}

class ScalingReader final : public PictureReader {
 public:
  ScalingReader(ByteView bytes, const JpegLayout& layout) : bytes_(bytes), layout_(layout) {}

  [[nodiscard]] Header header(int enough) const override { return scaled_for(layout_, enough).header; }
  [[nodiscard]] Result<Image> decode(int enough) const override {
    return decode_jpeg(bytes_, scaled_for(layout_, enough));
  }

 private:
  const ByteView bytes_;
  const JpegLayout layout_;  // of the whole picture
};

Result<std::unique_ptr<PictureReader>> open_jpeg(ByteView bytes) {
  const Result<JpegLayout> layout = inspect_jpeg(bytes);
  if (!layout) return forward_error(layout);
  return std::make_unique<ScalingReader>(bytes, *layout);
}

bool is_jpeg(ByteView bytes) { return as_text(bytes).starts_with("\xff\xd8\xff"); }

constexpr std::string_view kEndings[] = {"jpg", "jpeg"};

}  // namespace

constinit const Format kJpeg{
    .name = "JPEG", .media_type = "image/jpeg", .endings = kEndings, .sniff = is_jpeg, .open = open_jpeg};

}  // namespace vidi::image
