#pragma once
// What the renderer of PDF pages writes to its standard output, for the process that started it:
//
//   document, then for every page: page, its pixels; then end.        In place of any of them: failure, and no more.
//
// Each is a record of four 32-bit numbers in the machine's own byte order. Pixels are rows from top to bottom of three
// bytes each, red green blue, without padding. The reader trusts nothing of it: a PDF may have taken the renderer over.

#include <cstdint>

namespace vidi::documents {

enum class RecordKind : std::uint32_t {
  document = 1,  // first: how many pages
  page = 2,      // first: width, second: height; the pixels follow
  end = 3,
  failure = 4,  // first: a Failure, second: what it speaks of
};

enum class Failure : std::uint32_t {
  library = 1,         // PDFium cannot be loaded
  sandbox = 2,         // the process cannot be locked
  damaged = 3,         // the file cannot be opened
  encrypted = 4,       // with a password
  unknown_cipher = 5,  // in a way that PDFium does not know
  no_pages = 6,
  too_many_pages = 7,  // second: how many
  damaged_page = 8,    // second: which, from 1
  memory = 9,          // second: the page that needs too much
};

struct Record {
  RecordKind kind = RecordKind::end;
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  std::uint32_t third = 0;  // 0
};
static_assert(sizeof(Record) == 16);

}  // namespace vidi::documents
