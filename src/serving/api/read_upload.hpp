#pragma once
// From the forms in which clients send pictures to Uploads.

#include <vector>

#include <string>

#include "api/application.hpp"
#include "recognition/upload.hpp"

namespace vidi::api {

// The user of the header X-Vidi-User as it is recorded; empty when there is none. Error invalid_argument: too long.
Result<std::string> user_of(const http::Request& request);

// A multipart form with pictures in fields `file` or `photo` and optionally the user in `user`, or a picture as the
// whole body. The user may also stand in the header X-Vidi-User. At least one; each has an identifier of its own, and
// the request's time. Errors: invalid_argument ("No file part", "No selected file", a malformed form), too_large,
// deadline_exceeded.
Task<Result<std::vector<recognition::Upload>>> read_uploads(const Application& application, http::Request& request);

}  // namespace vidi::api
