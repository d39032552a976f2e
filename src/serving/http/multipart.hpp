#pragma once
// multipart/form-data (RFC 7578), read part by part from a body as it arrives: a part is never held whole unless its
// reader does so.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace vidi::http {

struct MultipartLimits {
  std::size_t max_parts = 64;
  std::size_t max_header_bytes = 80U << 10U;    // of one part; a long filename has to fit
  std::size_t max_name_bytes = 256;             // of a field's name
  std::size_t max_filename_bytes = 64U << 10U;  // a longer name is an error; the record cuts shorter ones itself
};

struct Part {
  std::string name;
  std::optional<std::string> filename;  // as sent (filename*= of RFC 5987 decoded); may hold anything: never a path
  std::string content_type;             // empty when the part has none
};

// The boundary of a multipart/form-data Content-Type; absent when it is another type or has none.
std::optional<std::string> multipart_boundary(std::string_view content_type);

class MultipartReader {
 public:
  // `body` must outlive the reader.
  MultipartReader(Body& body, std::string_view boundary, MultipartLimits limits);
  ~MultipartReader();
  MultipartReader(const MultipartReader&) = delete;
  MultipartReader& operator=(const MultipartReader&) = delete;
  MultipartReader(MultipartReader&&) = delete;
  MultipartReader& operator=(MultipartReader&&) = delete;

  // The next part; what is left of the one before is skipped. Absent after the last. Errors: invalid_argument (not
  // multipart, cut before its end), too_large (over a limit), and those of Body::read.
  Task<Result<std::optional<Part>>> next();

  // The next bytes of the part's content, valid until the next call; empty at its end.
  Task<Result<ByteView>> read();

  // What is left of the part; too_large when that is more than `max_bytes`.
  Task<Result<Bytes>> read_all(std::size_t max_bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vidi::http
