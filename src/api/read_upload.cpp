#include "api/read_upload.hpp"

#include <utility>

#include "recognition/filename.hpp"

namespace vidi::api {
namespace {

using recognition::Upload;

constexpr std::size_t kMaxUser = 256;

bool is_picture_field(const http::Part& part) { return part.name == "file" || part.name == "photo"; }

Task<Result<void>> read_part(const Application& application, http::MultipartReader& reader, const http::Part& part,
                             Upload& upload, bool& found) {
  if (is_picture_field(part) && part.filename) {
    if (found) co_return fail(ErrorCode::invalid_argument, "more than one picture in the form: send one a request");
    if (part.filename->empty()) co_return fail(ErrorCode::invalid_argument, "No selected file");
    auto bytes = co_await reader.read_all(application.max_body_bytes);
    if (!bytes) co_return forward_error(bytes);
    upload.bytes = std::move(*bytes);
    upload.filename = part.filename;
    found = true;
  } else if (part.name == "user" && !part.filename) {
    const auto user = co_await reader.read_all(kMaxUser);
    if (!user) co_return fail(ErrorCode::invalid_argument, "the field 'user' is longer than 256 bytes");
    upload.user = recognition::recorded_text(as_text(*user));
  }
  co_return Result<void>();
}

Task<Result<void>> read_form(const Application& application, http::Body& body, const std::string& boundary,
                             Upload& upload) {
  http::MultipartReader reader(body, boundary, application.multipart);
  bool found = false;
  while (true) {
    const auto part = co_await reader.next();
    if (!part) co_return std::unexpected(part.error());
    if (!*part) break;
    auto read = co_await read_part(application, reader, **part, upload, found);
    if (!read) co_return read;
  }
  if (!found) co_return fail(ErrorCode::invalid_argument, "No file part");
  co_return Result<void>();
}

}  // namespace

Result<std::string> user_of(const http::Request& request) {
  const std::string_view user = request.header("X-Vidi-User").value_or("");
  if (user.size() <= kMaxUser) return recognition::recorded_text(user);
  return fail(ErrorCode::invalid_argument, "the header X-Vidi-User is longer than 256 bytes");
}

Task<Result<Upload>> read_upload(const Application& application, http::Request& request) {
  Upload upload;
  upload.time = request.arrived();
  upload.id = make_uuid(upload.time);
  auto user = user_of(request);
  if (!user) co_return forward_error(user);
  upload.user = std::move(*user);

  const std::string_view content_type = request.header("Content-Type").value_or("");
  if (content_type.starts_with("multipart/")) {
    const auto boundary = http::multipart_boundary(content_type);
    if (!boundary) {
      co_return fail(ErrorCode::invalid_argument, "the Content-Type is not multipart/form-data with a boundary");
    }
    const auto read = co_await read_form(application, request.body(), *boundary, upload);
    if (!read) co_return std::unexpected(read.error());
    co_return upload;
  }

  auto bytes = co_await http::read_all(request.body(), application.max_body_bytes);
  if (!bytes) co_return forward_error(bytes);
  if (bytes->empty() || content_type.starts_with("application/x-www-form-urlencoded")) {
    co_return fail(ErrorCode::invalid_argument, "No file part");
  }
  upload.bytes = std::move(*bytes);
  co_return upload;
}

}  // namespace vidi::api
