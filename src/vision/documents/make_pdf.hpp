#pragma once
// PDF files put together object by object, so that each part may be wrong; for tests and benchmarks only.

#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"

namespace vidi::documents {

class PdfWriter {
 public:
  // Objects are numbered from 1, in the order in which they are added.
  int add(std::string body);
  int add_stream(std::string_view content, std::string_view entries = "");  // entries: more of its dictionary
  [[nodiscard]] int next() const { return static_cast<int>(objects_.size()) + 1; }

  // With a table of where the objects are. `catalog` is the number of the document's catalog.
  [[nodiscard]] Bytes finish(int catalog) const;

 private:
  std::vector<std::string> objects_;
};

struct PdfPage {
  std::string media_box = "0 0 72 144";  // in points
  std::string content;
  std::string entries;    // more of the page's dictionary
  std::string resources;  // more of its resources; /F1 is Helvetica
};

// One page after the other. `objects` are added first, so that they are numbered from 1.
Bytes make_pdf(const std::vector<PdfPage>& pages, const std::vector<std::string>& objects = {},
               std::string_view catalog_entries = "");

// A stream object, for `objects`.
std::string pdf_stream(std::string_view content, std::string_view entries = "");

}  // namespace vidi::documents
