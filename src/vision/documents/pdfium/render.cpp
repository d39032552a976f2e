#include "documents/pdfium/render.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <vector>

namespace vidi::documents {
namespace {

bool write_all(int output, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(output, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

bool write_record(int output, const Record& record) { return write_all(output, std::as_bytes(std::span(&record, 1))); }

Failure failure_of(FpdfError error) {
  if (error == FpdfError::password) return Failure::encrypted;
  return error == FpdfError::security ? Failure::unknown_cipher : Failure::damaged;
}

struct PixelSize {
  int width = 0;  // 0: the page has no size
  int height = 0;
};

// At the resolution asked for, or what is left of it when the page would have too many pixels.
PixelSize pixel_size(FpdfSize points, const RenderLimits& limits) {
  constexpr double kPointsPerInch = 72;
  if (!(points.width > 0 && points.height > 0) || !std::isfinite(points.width) || !std::isfinite(points.height)) {
    return {};
  }
  const double dots_a_point = limits.dots_per_inch / kPointsPerInch;
  const double width = points.width * dots_a_point;
  const double height = points.height * dots_a_point;
  const auto most = static_cast<double>(limits.max_pixels);
  const double shrink = std::min(1.0, std::sqrt(most / (width * height)));
  // A page that is a line stays one pixel wide.
  const double rows = std::clamp(std::floor(height * shrink), 1.0, most);
  const double columns = std::clamp(std::floor(width * shrink), 1.0, std::floor(most / rows));
  return {static_cast<int>(columns), static_cast<int>(std::min(rows, std::floor(most / columns)))};
}

// A document that is being rendered.
class Renderer {
 public:
  Renderer(const PdfiumLibrary& library, FpdfDocument* document, const RenderLimits& limits, int output)
      : library_(library), document_(document), limits_(limits), output_(output) {
    constexpr int kNoForm = 0;  // FORMTYPE_NONE
    if (library_.form_type(document_) != kNoForm) form_ = library_.open_form(document_, &form_info_);
  }

  // False: a failure has been written, or nobody reads.
  bool render_page(int index) {
    const auto number = static_cast<std::uint32_t>(index) + 1;
    FpdfSize points;
    if (library_.page_size(document_, index, &points) == 0) return fail(Failure::damaged_page, number);
    const PixelSize size = pixel_size(points, limits_);
    if (size.width == 0) return fail(Failure::damaged_page, number);
    try {
      pixels_.assign(static_cast<std::size_t>(size.width) * size.height * 3, std::byte{255});
    } catch (const std::bad_alloc&) {
      return fail(Failure::memory, number);
    }
    if (const std::optional<Failure> failure = draw(index, size)) return fail(*failure, number);
    return write_record(output_, {.kind = RecordKind::page,
                                  .first = static_cast<std::uint32_t>(size.width),
                                  .second = static_cast<std::uint32_t>(size.height)}) &&
           write_all(output_, pixels_);
  }

 private:
  // Absent: it is drawn.
  std::optional<Failure> draw(int index, PixelSize size) {
    const auto close = [this](FpdfPage* page) {
      if (form_ != nullptr) library_.before_close(page, form_);
      library_.close_page(page);
    };
    const std::unique_ptr<FpdfPage, decltype(close)> page(library_.load_page(document_, index), close);
    if (!page) return Failure::damaged_page;
    const std::unique_ptr<FpdfBitmap, decltype(library_.destroy_bitmap)> bitmap(
        library_.make_bitmap(size.width, size.height, kBitmapOfThreeBytes, pixels_.data(), 3 * size.width),
        library_.destroy_bitmap);
    if (!bitmap) return Failure::memory;
    constexpr int kFlags = kWithAnnotations | kRedFirst | kSmallImageCache;
    if (form_ != nullptr) library_.after_load(page.get(), form_);
    library_.render(bitmap.get(), page.get(), 0, 0, size.width, size.height, 0, kFlags);
    if (form_ != nullptr) {
      library_.draw_form(form_, bitmap.get(), page.get(), 0, 0, size.width, size.height, 0, kFlags);
    }
    return std::nullopt;
  }

  bool fail(Failure failure, std::uint32_t page) const {
    write_failure(output_, failure, page);
    return false;
  }

  const PdfiumLibrary& library_;
  FpdfDocument* document_;
  const RenderLimits& limits_;
  int output_;
  FpdfFormFillInfo form_info_;
  FpdfForm* form_ = nullptr;
  std::vector<std::byte> pixels_;
};

}  // namespace

bool write_failure(int output, Failure failure, std::uint32_t about) {
  return write_record(output,
                      {.kind = RecordKind::failure, .first = static_cast<std::uint32_t>(failure), .second = about});
}

// Nothing of PDFium's is given back but pages: the process ends.
bool render_document(const PdfiumLibrary& library, ByteView file, const RenderLimits& limits, int output) {
  FpdfDocument* const document = library.load_document(file.data(), file.size(), nullptr);
  if (document == nullptr) return write_failure(output, failure_of(static_cast<FpdfError>(library.last_error())));
  const int pages = library.page_count(document);
  if (pages <= 0) return write_failure(output, Failure::no_pages);
  const auto count = static_cast<std::uint32_t>(pages);
  if (count > limits.max_pages) return write_failure(output, Failure::too_many_pages, count);
  if (!write_record(output, {.kind = RecordKind::document, .first = count})) return false;
  Renderer renderer(library, document, limits, output);
  for (int index = 0; index < pages; ++index) {
    if (!renderer.render_page(index)) return false;
  }
  return write_record(output, {.kind = RecordKind::end});
}

}  // namespace vidi::documents
