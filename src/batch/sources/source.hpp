#pragma once
// Where a batch takes its pictures from. Implementations: folder.cpp, s3.cpp, list.cpp (a file that names pictures, or
// one picture), chosen in open.cpp.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::sources {

// One picture of the source.
struct Entry {
  std::string key;    // its name in the table, unique: in a folder or bucket what follows the source's own name
  std::string label;  // the folder that it lies in, or what a list says
  std::string
      location;  // where a list says that it is; may hold a signature, and is never printed. Empty: the key says it
  std::int64_t size = kUnknownSize;  // bytes
  std::string version;               // another one when the picture has changed; empty: not known

  static constexpr std::int64_t kUnknownSize = -1;

  bool operator==(const Entry&) const = default;
};

// What was read, and what is known of it since.
struct Picture {
  Bytes bytes;
  std::string version;
};

// Requests that are paid for, and bytes.
struct Traffic {
  std::uint64_t lists = 0;  // S3 requests of tier 1
  std::uint64_t gets = 0;   // S3 requests of tier 2: GET and HEAD
  std::uint64_t bytes = 0;  // read, from anywhere
};

class Source {
 public:
  virtual ~Source() = default;

  // Calls `take` for every picture, in the same order each time as long as nothing changes: by the bytes of the keys,
  // in a list in the list's order. What does not change its name is not kept in memory. Hidden files and folders (their
  // names begin with a dot) are left out. Ends with the first error of `take`. Errors besides: not_found (no such
  // folder, bucket or file), invalid_argument (a line of a list), unavailable.
  using Take = std::function<Result<void>(const Entry& entry)>;
  virtual Result<void> list(const Take& take) = 0;

  // The whole picture as it is now; waits for it. Any thread. Errors: not_found (it is gone), too_large (over
  // `max_bytes`), forbidden, unavailable (trying again can help).
  virtual Result<Picture> read(const Entry& entry, std::uint64_t max_bytes) = 0;

  // How many reads at the same time keep the processors from waiting.
  [[nodiscard]] virtual std::size_t reads_at_once() const = 0;

  // So far. Any thread.
  [[nodiscard]] virtual Traffic traffic() const = 0;
};

// `name`: a folder, s3://BUCKET/PREFIX?OPTIONS (objects/s3/address.hpp; credentials, and the endpoint and region that
// are not given, are those of the AWS variables), the URL of one picture, or a file: one picture, or a list of
// pictures, one a line, each a path (from the list's folder), an s3:// or http(s):// address; a tab and a label may
// follow. Errors: not_found, invalid_argument.
Result<std::unique_ptr<Source>> open_source(const std::string& name);

// The name of the folder that a key lies in; `root` where it lies in none.
std::string folder_of(std::string_view key, std::string_view root);

}  // namespace vidi::sources
