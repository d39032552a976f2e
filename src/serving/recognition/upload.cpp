#include "recognition/upload.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "image/decode.hpp"
#include "recognition/filename.hpp"

namespace vidi::recognition {
namespace {

using image::FormatKind;

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

// Fails on a text whose name says what it should be with what is wrong with it.
Result<void> read_as_named(ByteView bytes, const image::Format* named) {
  if (named == nullptr || named->kind != FormatKind::text) return {};
  const auto image = image::decode_as(*named, bytes, {.max_bytes = bytes.size()});
  return image ? Result<void>() : forward_error(image);
}

}  // namespace

Upload new_upload(Bytes bytes, std::optional<std::string> filename) {
  const Timestamp time = now();
  return {.id = make_uuid(time), .time = time, .bytes = std::move(bytes), .filename = std::move(filename), .user = {}};
}

Result<const image::Format*> check_upload(const Upload& upload, const UploadRules& rules) {
  if (upload.filename) {
    if (auto checked = check_ending(*upload.filename, rules); !checked) return forward_error(checked);
  }
  if (upload.bytes.empty()) return fail(ErrorCode::undecodable, "the file is empty (0 bytes): expected a picture");
  const image::Format* named = upload.filename ? image::format_of_ending(extension(*upload.filename)) : nullptr;
  const image::Format* format = image::sniff(upload.bytes);
  if (format == nullptr) {
    if (auto read = read_as_named(upload.bytes, named); !read) return forward_error(read);
    return fail(ErrorCode::undecodable,
                fmt::format("the {} bytes are no picture that can be read: expected {}", upload.bytes.size(),
                            image::expected_formats({FormatKind::picture, FormatKind::text, FormatKind::document})));
  }
  if (upload.filename && named != format) {
    return fail(ErrorCode::unsupported_media, fmt::format("the name '{}' contradicts the content, which is {}",
                                                          quoted_name(*upload.filename), format->name));
  }
  return format;
}

}  // namespace vidi::recognition
