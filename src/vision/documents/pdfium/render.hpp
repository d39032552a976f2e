#pragma once
// The renderer's work: the pages of one document, written as page_stream.hpp says. One thread.

#include <cstdint>

#include "core/bytes.hpp"
#include "documents/page_stream.hpp"
#include "documents/pdfium/library.hpp"

namespace vidi::documents {

struct RenderLimits {
  std::uint32_t max_pages = 0;
  std::uint64_t max_pixels = 0;  // of a page
  std::uint32_t dots_per_inch = 0;
};

// Both write to `output` until all is written, or nobody reads any more. False: nobody does.
bool write_failure(int output, Failure failure, std::uint32_t about = 0);
bool render_document(const PdfiumLibrary& library, ByteView file, const RenderLimits& limits, int output);

}  // namespace vidi::documents
