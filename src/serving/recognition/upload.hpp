#pragma once
// What a client sent, whatever the protocol it came by.

#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"
#include "image/formats.hpp"
#include "inference/model.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::recognition {

// Who asks, and when.
struct Arrival {
  Uuid id;                              // made when the request arrived
  Timestamp time;                       // when the request arrived
  std::string user;                     // empty: not known
  telemetry::Stages* stages = nullptr;  // as Upload's
  inference::Deadline deadline = inference::kNoDeadline;
};

struct Upload {
  Uuid id;                              // made when the request arrived
  Timestamp time;                       // when the request arrived
  Bytes bytes;                          // of the picture file
  std::optional<std::string> filename;  // as the client sent it; absent: a raw body
  std::string user;                     // empty: not known
  telemetry::Stages* stages = nullptr;  // where the times of its stages are written; null: nobody wants to know
  inference::Deadline deadline = inference::kNoDeadline;
};

// One that arrives now.
Upload new_upload(Bytes bytes, std::optional<std::string> filename = std::nullopt);

struct UploadRules {
  // What a file's name may end in, in lower case.
  std::vector<std::string> extensions = image::known_endings();
};

// Whether the file's name and content agree with the rules and with one another; a raw body has no name to check.
// Returns the content's format, which is not null. Errors: unsupported_media (the ending is not allowed, or is another
// format's), undecodable (an empty file, or a format that vidi does not read).
Result<const image::Format*> check_upload(const Upload& upload, const UploadRules& rules);

}  // namespace vidi::recognition
