#include "documents/make_pdf.hpp"

#include <fmt/format.h>

#include <utility>

namespace vidi::documents {

std::string pdf_stream(std::string_view content, std::string_view entries) {
  return fmt::format("<< {} /Length {} >>\nstream\n{}\nendstream", entries, content.size(), content);
}

int PdfWriter::add(std::string body) {
  objects_.push_back(std::move(body));
  return static_cast<int>(objects_.size());
}

int PdfWriter::add_stream(std::string_view content, std::string_view entries) {
  return add(pdf_stream(content, entries));
}

Bytes PdfWriter::finish(int catalog) const {
  std::string file = "%PDF-1.7\n";
  std::string table = fmt::format("xref\n0 {}\n0000000000 65535 f \n", objects_.size() + 1);
  for (std::size_t i = 0; i < objects_.size(); ++i) {
    table += fmt::format("{:010} 00000 n \n", file.size());
    file += fmt::format("{} 0 obj\n{}\nendobj\n", i + 1, objects_[i]);
  }
  const std::size_t table_at = file.size();
  file += table + fmt::format("trailer\n<< /Size {} /Root {} 0 R >>\nstartxref\n{}\n%%EOF\n", objects_.size() + 1,
                              catalog, table_at);
  return to_bytes(file);
}

Bytes make_pdf(const std::vector<PdfPage>& pages, const std::vector<std::string>& objects,
               std::string_view catalog_entries) {
  PdfWriter writer;
  for (const std::string& object : objects) writer.add(object);
  const int font = writer.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  const int tree = writer.next() + 2 * static_cast<int>(pages.size());
  std::string kids;
  for (const PdfPage& page : pages) {
    const int content = writer.add_stream(page.content);
    const int number = writer.add(fmt::format(
        "<< /Type /Page /Parent {} 0 R /MediaBox [{}] /Contents {} 0 R /Resources << /Font << /F1 {} 0 R >> "
        "{} >> {} >>",
        tree, page.media_box, content, font, page.resources, page.entries));
    kids += fmt::format("{} 0 R ", number);
  }
  writer.add(fmt::format("<< /Type /Pages /Kids [{}] /Count {} >>", kids, pages.size()));
  return writer.finish(writer.add(fmt::format("<< /Type /Catalog /Pages {} 0 R {} >>", tree, catalog_entries)));
}

}  // namespace vidi::documents
