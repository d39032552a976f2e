#include "documents/pdf.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "documents/page_stream.hpp"
#include "documents/renderer_process.hpp"
#include "files/program_folder.hpp"

namespace vidi::documents {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> undecodable(std::string message) { return fail(ErrorCode::undecodable, std::move(message)); }

// `page` is the one that was waited for; 0: the document itself.
std::string where(std::uint32_t page) { return page == 0 ? "the PDF" : fmt::format("page {} of the PDF", page); }

std::unexpected<Error> describe(const Record& record, std::uint32_t page, const PdfOptions& options) {
  switch (static_cast<Failure>(record.first)) {
    case Failure::library:
      return fail(ErrorCode::unavailable, "PDFs cannot be read here: PDFium cannot be loaded (setting pdf-library).");
    case Failure::sandbox:
      return fail(ErrorCode::unavailable, "PDFs cannot be read here: the system cannot lock their renderer up.");
    case Failure::damaged:
      return undecodable("The PDF is damaged: it cannot be opened.");
    case Failure::encrypted:
      return undecodable("The PDF is encrypted: remove its password.");
    case Failure::unknown_cipher:
      return undecodable("The PDF is encrypted in a way that cannot be read: remove its protection.");
    case Failure::no_pages:
      return undecodable("The PDF has no pages.");
    case Failure::too_many_pages:
      return fail(ErrorCode::too_large,
                  fmt::format("The PDF has {} pages; at most {} are read (setting pdf-max-pages).", record.second,
                              options.max_pages));
    case Failure::damaged_page:
      return undecodable(fmt::format("Page {} of the PDF is damaged.", record.second));
    case Failure::memory:
      return fail(ErrorCode::too_large,
                  fmt::format("Rendering {} takes more than the {} bytes of memory allowed (setting pdf-max-memory).",
                              where(page), options.max_memory));
  }
  return undecodable(fmt::format("Rendering {} failed.", where(page)));
}

std::unexpected<Error> describe(RendererProcess::Outcome outcome, std::uint32_t page, const PdfOptions& options) {
  if (outcome == RendererProcess::Outcome::too_slow) {
    return fail(
        ErrorCode::too_large,
        fmt::format("Rendering the PDF takes longer than the {} s allowed (setting pdf-timeout): it stopped at {}.",
                    std::chrono::duration<double>(options.max_time).count(), where(page)));
  }
  return undecodable(
      fmt::format("Rendering {} failed: it is damaged, or needs more than the {} bytes of memory allowed "
                  "(setting pdf-max-memory).",
                  where(page), options.max_memory));
}

Result<Record> read_record(RendererProcess& renderer, std::uint32_t page, const PdfOptions& options) {
  Record record;
  const auto outcome = renderer.read(std::as_writable_bytes(std::span(&record, 1)));
  if (outcome != RendererProcess::Outcome::read) return describe(outcome, page, options);
  if (record.kind == RecordKind::failure) return describe(record, page, options);
  return record;
}

std::unexpected<Error> unexpected_record(std::uint32_t page) {
  return undecodable(fmt::format("Rendering {} failed: it confuses the renderer.", where(page)));
}

}  // namespace

fs::path find_renderer() {
  const fs::path here = files::program_folder();
  std::error_code error;
  // Beside this program, where packages put it, and in a build tree.
  for (const fs::path& candidate : {here / "vidi-pdf", here / "../lib/vidi/vidi-pdf", here / "../vidi-pdf/vidi-pdf"}) {
    if (fs::exists(candidate, error)) return candidate;
  }
  return {};
}

PdfPages::PdfPages(std::unique_ptr<RendererProcess> renderer, std::uint32_t count, PdfOptions options)
    : renderer_(std::move(renderer)), count_(count), options_(std::move(options)) {}
PdfPages::PdfPages(PdfPages&&) noexcept = default;
PdfPages& PdfPages::operator=(PdfPages&&) noexcept = default;
PdfPages::~PdfPages() = default;

Result<PdfPages> PdfPages::open(ByteView file, const PdfOptions& options) {
  const fs::path program = options.renderer.empty() ? find_renderer() : options.renderer;
  if (program.empty()) {
    return fail(ErrorCode::unavailable, "PDFs cannot be read here: their renderer, vidi-pdf, is not installed.");
  }
  const std::vector<std::string> arguments{
      options.library.string(),
      std::to_string(file.size()),
      std::to_string(options.max_pages),
      std::to_string(options.max_pixels),
      std::to_string(std::chrono::ceil<std::chrono::seconds>(options.max_time).count()),
      std::to_string(options.max_memory),
      std::to_string(options.dots_per_inch),
  };
  auto renderer = RendererProcess::start(program, arguments, file, options.max_time);
  if (!renderer) return forward_error(renderer);
  return listen(std::move(*renderer), options);
}

Result<PdfPages> PdfPages::listen(std::unique_ptr<RendererProcess> renderer, const PdfOptions& options) {
  const auto record = read_record(*renderer, 0, options);
  if (!record) return forward_error(record);
  if (record->kind != RecordKind::document || record->first == 0 || record->first > options.max_pages) {
    return unexpected_record(0);
  }
  return PdfPages(std::move(renderer), record->first, options);
}

Result<std::optional<image::Image>> PdfPages::next() {
  if (!renderer_) return std::nullopt;
  // Given back when the page is whole, so that nothing follows an error.
  auto renderer = std::exchange(renderer_, nullptr);
  const bool past_last = next_page_ > count_;
  const std::uint32_t page = past_last ? count_ : next_page_;
  const auto record = read_record(*renderer, page, options_);
  if (!record) return forward_error(record);
  if (past_last && record->kind == RecordKind::end) return std::nullopt;
  const std::uint64_t pixels = std::uint64_t{record->first} * record->second;
  if (past_last || record->kind != RecordKind::page || pixels == 0 || pixels > options_.max_pixels) {
    return unexpected_record(page);
  }
  image::Image image = image::make_image(static_cast<int>(record->first), static_cast<int>(record->second), 3);
  const auto outcome = renderer->read(std::as_writable_bytes(std::span(image.pixels)));
  if (outcome != RendererProcess::Outcome::read) return describe(outcome, page, options_);
  ++next_page_;
  renderer_ = std::move(renderer);
  return image;
}

}  // namespace vidi::documents
