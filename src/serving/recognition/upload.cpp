#include "recognition/upload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "recognition/filename.hpp"

namespace vidi::recognition {
namespace {

// The format that an ending stands for; absent for endings of other kinds of file.
std::optional<image::Format> format_of(const std::string& ending) {
  if (ending == "png") return image::Format::png;
  if (ending == "jpg" || ending == "jpeg") return image::Format::jpeg;
  if (ending == "gif") return image::Format::gif;
  if (ending == "bmp") return image::Format::bmp;
  if (ending == "txt") return image::Format::txt;
  if (ending == "pdf") return image::Format::pdf;
  return std::nullopt;
}

std::string quoted_name(const std::string& filename) {
  constexpr std::size_t kShown = 80;
  const std::string safe = safe_filename(filename);
  return safe.size() > kShown ? safe.substr(0, kShown) + "…" : safe;
}

Result<void> check_ending(const std::string& filename, const UploadRules& rules) {
  if (std::ranges::find(rules.extensions, extension(filename)) != rules.extensions.end()) return {};
  return fail(ErrorCode::unsupported_media, fmt::format("the type of '{}' is not allowed: its name must end in {}",
                                                        quoted_name(filename), fmt::join(rules.extensions, ", ")));
}

}  // namespace

Upload new_upload(Bytes bytes, std::optional<std::string> filename) {
  const Timestamp time = now();
  return {.id = make_uuid(time), .time = time, .bytes = std::move(bytes), .filename = std::move(filename), .user = {}};
}

Result<image::Format> check_upload(const Upload& upload, const UploadRules& rules) {
  if (upload.filename) {
    if (auto checked = check_ending(*upload.filename, rules); !checked) return forward_error(checked);
  }
  if (upload.bytes.empty()) return fail(ErrorCode::undecodable, "the file is empty (0 bytes): expected a picture");
  const auto format = image::sniff(upload.bytes);
  if (!format && upload.filename && extension(*upload.filename) == "txt") {
    // Its name says what it should be, so that the answer can say what is wrong with it.
    if (auto text = image::decode_txt(upload.bytes); !text) return forward_error(text);
  }
  if (!format) {
    return fail(
        ErrorCode::undecodable,
        fmt::format(
            "the {} bytes are no picture that can be read: expected PNG, JPEG, GIF, BMP, PDF, or TXT with 784 numbers",
            upload.bytes.size()));
  }
  if (upload.filename && format_of(extension(*upload.filename)) != format) {
    return fail(ErrorCode::unsupported_media, fmt::format("the name '{}' contradicts the content, which is {}",
                                                          quoted_name(*upload.filename), image::name(*format)));
  }
  return *format;
}

}  // namespace vidi::recognition
