#pragma once
// The pages of a PDF as pictures. They are rendered by a process of its own (the program vidi-pdf, which uses PDFium)
// that is locked before it looks at the file, and killed when it takes too long.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "image/image.hpp"

namespace vidi::documents {

struct PdfOptions {
  std::filesystem::path renderer;  // the program vidi-pdf; empty: find_renderer()
  std::filesystem::path library;   // PDFium; empty: libpdfium.so beside the renderer, or as it was built
  std::uint32_t max_pages = 50;
  std::uint64_t max_pixels = 16'000'000;           // of a page; a larger one is rendered at fewer dots an inch
  std::chrono::milliseconds max_time{20'000};      // of rendering all pages; the caller's own time does not count
  std::size_t max_memory = std::size_t{1} << 30U;  // of the renderer: its address space
  std::uint32_t dots_per_inch = 150;
};

// vidi-pdf where it lies beside the running program, or in a build tree beside its folder; empty: at neither.
std::filesystem::path find_renderer();

class RendererProcess;

// One document. Any thread, one at a time. Destroying it ends the renderer.
class PdfPages {
 public:
  // Starts a renderer, and waits until it has opened the document. `file` is needed only meanwhile.
  // Errors: undecodable (damaged, encrypted, without pages), too_large (too many pages, too slow), unavailable (there
  // is no renderer, or it cannot be locked).
  static Result<PdfPages> open(ByteView file, const PdfOptions& options);

  // What open() does once the renderer runs.
  static Result<PdfPages> listen(std::unique_ptr<RendererProcess> renderer, const PdfOptions& options);

  PdfPages(PdfPages&&) noexcept;
  PdfPages& operator=(PdfPages&&) noexcept;
  PdfPages(const PdfPages&) = delete;
  PdfPages& operator=(const PdfPages&) = delete;
  ~PdfPages();

  [[nodiscard]] std::uint32_t count() const { return count_; }

  // The next page, in red, green and blue on white; waits for it. Absent after the last one.
  // Errors: undecodable (a damaged page; the renderer crashed), too_large (too slow, or needs too much memory). There
  // is no page after an error.
  Result<std::optional<image::Image>> next();

 private:
  PdfPages(std::unique_ptr<RendererProcess> renderer, std::uint32_t count, PdfOptions options);

  std::unique_ptr<RendererProcess> renderer_;  // gone after an error or the last page
  std::uint32_t count_ = 0;
  std::uint32_t next_page_ = 1;
  PdfOptions options_;
};

}  // namespace vidi::documents
