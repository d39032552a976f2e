// PDF (ISO 32000-1): how such a file is told. documents/pdf.hpp renders its pages.

#include <string_view>

#include "image/formats.hpp"

namespace vidi::image {
namespace {

// What stands before a PDF's own first line is passed over (Annex H, implementation note 13).
bool is_pdf(ByteView bytes) {
  constexpr std::size_t kBeginsWithin = 1024;
  return as_text(bytes).substr(0, kBeginsWithin).find("%PDF-") != std::string_view::npos;
}

constexpr std::string_view kEndings[] = {"pdf"};

}  // namespace

constinit const Format kPdf{
    .name = "PDF", .media_type = "application/pdf", .endings = kEndings, .kind = FormatKind::document, .sniff = is_pdf};

}  // namespace vidi::image
