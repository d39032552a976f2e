#include "image/decode.hpp"

#include <fmt/format.h>

#include <utility>

#include "image/formats.hpp"
#include "image/integers.hpp"

namespace vidi::image {
namespace {

Result<void> check_bytes(ByteView bytes, const DecodeLimits& limits) {
  if (bytes.size() <= limits.max_bytes) return {};
  return fail(ErrorCode::too_large,
              fmt::format("The picture file has {} bytes; at most {} are allowed.", bytes.size(), limits.max_bytes));
}

Result<void> check_header(const Header& header, const DecodeLimits& limits) {
  const std::uint64_t pixels = static_cast<std::uint64_t>(header.width) * static_cast<std::uint64_t>(header.height);
  if (pixels > limits.max_pixels) {
    return fail(ErrorCode::too_large, fmt::format("The picture is {} x {}, which is {} pixels; at most {} are allowed.",
                                                  header.width, header.height, pixels, limits.max_pixels));
  }
  if (header.memory > limits.max_memory) {
    return fail(ErrorCode::too_large,
                fmt::format("Decoding the {} picture of {} x {} takes {} bytes of memory; at most {} are allowed.",
                            name(header.format), header.width, header.height, header.memory, limits.max_memory));
  }
  return {};
}

std::unexpected<Error> unknown_format(ByteView bytes) {
  return fail(ErrorCode::unsupported_media, bytes.empty()
                                                ? "The file is empty; PNG, JPEG, GIF, BMP and TXT pictures are decoded."
                                                : "The file is not a PNG, JPEG, GIF, BMP or TXT picture.");
}

std::unexpected<Error> holds_pages() {
  return fail(ErrorCode::unsupported_media,
              "The file is a PDF, whose pages are pictures; a single picture is expected.");
}

// What differs is what is done with a layout that is within the limits.
template <typename Value, typename Layout, typename Use>
Result<Value> inspect(Result<Layout> layout, const DecodeLimits& limits, Use use) {
  if (!layout) return forward_error(layout);
  if (Result<void> checked = check_header(layout->header, limits); !checked) return forward_error(checked);
  return use(*layout);
}

}  // namespace

std::string_view name(Format format) {
  switch (format) {
    case Format::png:
      return "PNG";
    case Format::jpeg:
      return "JPEG";
    case Format::gif:
      return "GIF";
    case Format::bmp:
      return "BMP";
    case Format::txt:
      return "TXT";
    case Format::pdf:
      return "PDF";
  }
  return "";
}

std::string_view media_type(Format format) {
  switch (format) {
    case Format::png:
      return "image/png";
    case Format::jpeg:
      return "image/jpeg";
    case Format::gif:
      return "image/gif";
    case Format::bmp:
      return "image/bmp";
    case Format::txt:
      return "text/plain";
    case Format::pdf:
      return "application/pdf";
  }
  return "";
}

std::optional<Format> sniff(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  if (text.starts_with("\x89PNG\r\n\x1a\n")) return Format::png;
  if (text.starts_with("\xff\xd8\xff")) return Format::jpeg;
  if (text.starts_with("GIF87a") || text.starts_with("GIF89a")) return Format::gif;
  // "BM" alone begins too many texts: a BMP's header size, an integer below 256, must follow in its place.
  if (text.starts_with("BM") && text.size() >= 18 && little32(bytes, 14) >= 12 && little32(bytes, 14) < 256) {
    return Format::bmp;
  }
  // What stands before a PDF's own first line is passed over (ISO 32000-1, Annex H, implementation note 13).
  constexpr std::size_t kPdfBeginsWithin = 1024;
  if (text.substr(0, kPdfBeginsWithin).find("%PDF-") != std::string_view::npos) return Format::pdf;
  if (is_txt(bytes)) return Format::txt;
  return std::nullopt;
}

Result<Header> read_header(ByteView bytes, const DecodeLimits& limits, int enough) {
  if (Result<void> checked = check_bytes(bytes, limits); !checked) return forward_error(checked);
  const auto header = [](const auto& layout) -> Result<Header> { return layout.header; };
  const std::optional<Format> format = sniff(bytes);
  if (!format) return unknown_format(bytes);
  switch (*format) {
    case Format::png:
      return inspect<Header>(inspect_png(bytes), limits, header);
    case Format::jpeg:
      return inspect<Header>(inspect_jpeg(bytes, enough), limits, header);
    case Format::gif:
      return inspect<Header>(inspect_gif(bytes), limits, header);
    case Format::bmp:
      return inspect<Header>(inspect_bmp(bytes), limits, header);
    case Format::txt:
      return inspect<Header>(inspect_txt(bytes), limits, header);
    case Format::pdf:
      return holds_pages();
  }
  return unknown_format(bytes);
}

Result<ScaledImage> decode_scaled(ByteView bytes, int enough, const DecodeLimits& limits) {
  if (Result<void> checked = check_bytes(bytes, limits); !checked) return forward_error(checked);
  const auto decoded_by = [bytes](auto decode_format) {
    return [bytes, decode_format](const auto& layout) -> Result<ScaledImage> {
      Result<Image> image = decode_format(bytes, layout);
      if (!image) return forward_error(image);
      return ScaledImage{std::move(*image), layout.header.width, layout.header.height};
    };
  };
  const std::optional<Format> format = sniff(bytes);
  if (!format) return unknown_format(bytes);
  switch (*format) {
    case Format::png:
      return inspect<ScaledImage>(inspect_png(bytes), limits, decoded_by(decode_png));
    case Format::jpeg:
      return inspect<ScaledImage>(inspect_jpeg(bytes, enough), limits, decoded_by(decode_jpeg));
    case Format::gif:
      return inspect<ScaledImage>(inspect_gif(bytes), limits, decoded_by(decode_gif));
    case Format::bmp:
      return inspect<ScaledImage>(inspect_bmp(bytes), limits, decoded_by(decode_bmp));
    case Format::txt:
      return inspect<ScaledImage>(inspect_txt(bytes), limits, decoded_by([](ByteView text, const TxtLayout& layout) {
                                    return decode_txt(text, layout);
                                  }));
    case Format::pdf:
      return holds_pages();
  }
  return unknown_format(bytes);
}

Result<Image> decode(ByteView bytes, const DecodeLimits& limits) {
  Result<ScaledImage> decoded = decode_scaled(bytes, kWholeSize, limits);
  if (!decoded) return forward_error(decoded);
  return std::move(decoded->image);
}

}  // namespace vidi::image
