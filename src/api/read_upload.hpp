#pragma once
// From the forms in which clients send a picture to one Upload.

#include <string>

#include "api/application.hpp"
#include "recognition/upload.hpp"

namespace vidi::api {

// The user of the header X-Vidi-User as it is recorded; empty when there is none. Error invalid_argument: too long.
Result<std::string> user_of(const http::Request& request);

// A multipart form with the picture in the field `file` or `photo` and optionally the user in `user`, or the picture as
// the whole body. The user may also stand in the header X-Vidi-User. Identifier and time are those of the request.
// Errors: invalid_argument ("No file part", "No selected file", a malformed form), too_large, deadline_exceeded.
Task<Result<recognition::Upload>> read_upload(const Application& application, http::Request& request);

}  // namespace vidi::api
