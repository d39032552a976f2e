#include "api/read_upload.hpp"

#include <utility>
#include <vector>

#include "recognition/filename.hpp"

namespace vidi::api {
namespace {

using recognition::Upload;

constexpr std::size_t kMaxUser = 256;

bool is_picture_field(const http::Part& part) { return part.name == "file" || part.name == "photo"; }

// What the parts of a form say.
struct Form {
  std::vector<Upload> pictures;
  std::optional<std::string> user;
};

Task<Result<void>> read_part(const Application& application, http::MultipartReader& reader, const http::Part& part,
                             Form& form) {
  if (is_picture_field(part) && part.filename) {
    if (part.filename->empty()) co_return fail(ErrorCode::invalid_argument, "No selected file");
    auto bytes = co_await reader.read_all(application.max_body_bytes);
    if (!bytes) co_return forward_error(bytes);
    Upload& upload = form.pictures.emplace_back();
    upload.bytes = std::move(*bytes);
    upload.filename = part.filename;
  } else if (part.name == "user" && !part.filename) {
    const auto user = co_await reader.read_all(kMaxUser);
    if (!user) co_return fail(ErrorCode::invalid_argument, "the field 'user' is longer than 256 bytes");
    form.user = recognition::recorded_text(as_text(*user));
  }
  co_return Result<void>();
}

Task<Result<Form>> read_form(const Application& application, http::Body& body, const std::string& boundary) {
  http::MultipartReader reader(body, boundary, application.multipart);
  Form form;
  while (true) {
    const auto part = co_await reader.next();
    if (!part) co_return forward_error(part);
    if (!*part) break;
    auto read = co_await read_part(application, reader, **part, form);
    if (!read) co_return forward_error(read);
  }
  if (form.pictures.empty()) co_return fail(ErrorCode::invalid_argument, "No file part");
  co_return form;
}

// The pictures of a request, as yet without identifier, time and user, and the user that its form names.
Task<Result<Form>> read_pictures(const Application& application, http::Request& request) {
  const std::string_view content_type = request.header("Content-Type").value_or("");
  if (content_type.starts_with("multipart/")) {
    const auto boundary = http::multipart_boundary(content_type);
    if (!boundary) {
      co_return fail(ErrorCode::invalid_argument, "the Content-Type is not multipart/form-data with a boundary");
    }
    co_return co_await read_form(application, request.body(), *boundary);
  }
  auto bytes = co_await http::read_all(request.body(), application.max_body_bytes);
  if (!bytes) co_return forward_error(bytes);
  if (bytes->empty() || content_type.starts_with("application/x-www-form-urlencoded")) {
    co_return fail(ErrorCode::invalid_argument, "No file part");
  }
  Form form;
  form.pictures.emplace_back().bytes = std::move(*bytes);
  co_return form;
}

}  // namespace

Result<std::string> user_of(const http::Request& request) {
  const std::string_view user = request.header("X-Vidi-User").value_or("");
  if (user.size() <= kMaxUser) return recognition::recorded_text(user);
  return fail(ErrorCode::invalid_argument, "the header X-Vidi-User is longer than 256 bytes");
}

Task<Result<std::vector<Upload>>> read_uploads(const Application& application, http::Request& request) {
  auto user = user_of(request);
  if (!user) co_return forward_error(user);
  auto form = co_await read_pictures(application, request);
  if (!form) co_return forward_error(form);
  for (Upload& upload : form->pictures) {
    upload.time = request.arrived();
    upload.id = make_uuid(upload.time);
    upload.user = form->user.value_or(*user);
  }
  co_return std::move(form->pictures);
}

}  // namespace vidi::api
