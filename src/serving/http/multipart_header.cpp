#include "http/multipart_header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "http/text.hpp"

namespace vidi::http {
namespace {

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046, 5.1.1

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::invalid_argument, fmt::format("A part of the form is malformed: {}.", what));
}

struct Parameter {
  std::string_view name;
  std::string value;
};

// A backslash at `at` stands for the character behind it only before a quote or a backslash: browsers write the
// backslashes of a name as they are. A quote that ends the header ends the value, whatever stands before it.
bool is_escape(std::string_view text, std::size_t at) {
  if (text[at] != '\\' || at + 1 == text.size()) return false;
  if (text[at + 1] == '\\') return true;
  return text[at + 1] == '"' && !trim(text.substr(at + 2)).empty();
}

// Takes a quoted value off the front of `text`, which stands behind the opening quote. Absent when nothing closes it.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (is_escape(text, i)) ++i;
    value += text[i];
  }
  return std::nullopt;
}

// Takes "; name=value" off the front of `text`.
Result<Parameter> take_parameter(std::string_view& text) {
  Parameter parameter;
  const std::size_t equals = text.find('=');
  parameter.name = trim(text.substr(0, equals));
  if (equals == std::string_view::npos || !is_token(parameter.name)) return malformed("a parameter has no name");
  text = trim(text.substr(equals + 1));
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    auto value = take_quoted(text);
    if (!value) return malformed("a quoted value does not end");
    parameter.value = std::move(*value);
    text = trim(text);
  } else {
    const std::size_t end = std::min(text.find(';'), text.size());
    parameter.value = trim(text.substr(0, end));
    text.remove_prefix(end);
  }
  if (!text.empty() && !text.starts_with(';')) return malformed("something stands behind a value");
  return parameter;
}

// Browsers write a quote and line breaks so, and nothing else (the HTML standard, "multipart/form-data encoding").
std::string without_form_escapes(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    char next = text.front();
    std::size_t used = 1;
    for (const auto& [escape, character] : {std::pair("%22", '"'), std::pair("%0D", '\r'), std::pair("%0A", '\n')}) {
      if (!equal_ignoring_case(text.substr(0, 3), escape)) continue;
      next = character;
      used = 3;
    }
    result += next;
    text.remove_prefix(used);
  }
  return result;
}

std::string utf8_of_latin1(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0U | (byte >> 6U));
      result += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return result;
}

// "UTF-8''%E5%9B%9B.png" (RFC 8187, 3.2). Absent when it is not that, or of another character set.
std::optional<std::string> extended_value(std::string_view text) {
  const std::size_t first = text.find('\'');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find('\'', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view charset = text.substr(0, first);
  auto decoded = percent_decoded(text.substr(second + 1));
  if (!decoded || equal_ignoring_case(charset, "UTF-8")) return decoded;
  if (equal_ignoring_case(charset, "ISO-8859-1")) return utf8_of_latin1(*decoded);
  return std::nullopt;
}

struct Disposition {
  std::optional<std::string> name;
  std::optional<std::string> filename;
  std::optional<std::string> extended_filename;
};

Result<Disposition> parse_disposition(std::string_view value) {
  Disposition disposition;
  const std::size_t end = std::min(value.find(';'), value.size());
  if (!equal_ignoring_case(trim(value.substr(0, end)), "form-data")) return malformed("it is not form-data");
  value.remove_prefix(end);
  while (!value.empty()) {
    value = trim(value.substr(1));
    if (value.empty()) break;
    auto parameter = take_parameter(value);
    if (!parameter) return forward_error(parameter);
    std::optional<std::string>* target = nullptr;
    if (equal_ignoring_case(parameter->name, "name")) target = &disposition.name;
    if (equal_ignoring_case(parameter->name, "filename")) target = &disposition.filename;
    if (equal_ignoring_case(parameter->name, "filename*")) target = &disposition.extended_filename;
    if (target == nullptr) continue;
    if (*target) return malformed(fmt::format("it has two parameters {}", parameter->name));
    *target = std::move(parameter->value);
  }
  return disposition;
}

// The next header line, with the lines that continue it (RFC 2822, 2.2.3) joined.
std::string take_line(std::string_view& header) {
  std::string line;
  for (;;) {
    const std::size_t end = std::min(header.find("\r\n"), header.size());
    line += header.substr(0, end);
    header.remove_prefix(std::min(end + 2, header.size()));
    if (!header.starts_with(' ') && !header.starts_with('\t')) return line;
  }
}

Result<Part> make_part(Disposition disposition, std::string content_type, const MultipartLimits& limits) {
  if (!disposition.name) return malformed("it has no name");
  Part part{.name = without_form_escapes(*disposition.name), .filename = {}, .content_type = std::move(content_type)};
  if (part.name.size() > limits.max_name_bytes) {
    return fail(ErrorCode::too_large, fmt::format("A field's name is longer than {} bytes.", limits.max_name_bytes));
  }
  if (disposition.filename) part.filename = without_form_escapes(*disposition.filename);
  if (disposition.extended_filename) {
    if (auto decoded = extended_value(*disposition.extended_filename)) part.filename = std::move(decoded);
  }
  if (part.filename && part.filename->size() > limits.max_filename_bytes) {
    return fail(ErrorCode::too_large, fmt::format("A filename is longer than {} bytes.", limits.max_filename_bytes));
  }
  return part;
}

bool is_boundary(std::string_view boundary) {
  if (boundary.empty() || boundary.size() > kMaxBoundary || boundary.back() == ' ') return false;
  return std::all_of(boundary.begin(), boundary.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("'()+_,-./:=? ").find(c) != std::string_view::npos;
  });
}

}  // namespace

Result<Part> parse_part_header(std::string_view header, const MultipartLimits& limits) {
  std::optional<Disposition> disposition;
  std::string content_type;
  while (!header.empty()) {
    const std::string line = take_line(header);
    const std::string_view view = line;
    const std::size_t colon = view.find(':');
    if (colon == std::string_view::npos || !is_token(view.substr(0, colon))) return malformed("a header has no name");
    const std::string_view name = view.substr(0, colon);
    const std::string_view value = trim(view.substr(colon + 1));
    if (equal_ignoring_case(name, "Content-Type")) content_type = value;
    if (!equal_ignoring_case(name, "Content-Disposition")) continue;
    if (disposition) return malformed("it has two Content-Disposition headers");
    auto parsed = parse_disposition(value);
    if (!parsed) return forward_error(parsed);
    disposition = std::move(*parsed);
  }
  if (!disposition) return malformed("it has no Content-Disposition");
  return make_part(std::move(*disposition), std::move(content_type), limits);
}

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!equal_ignoring_case(trim(content_type.substr(0, end)), "multipart/form-data")) return std::nullopt;
  content_type.remove_prefix(end);
  std::optional<std::string> boundary;
  while (!content_type.empty()) {
    content_type = trim(content_type.substr(1));
    if (content_type.empty()) break;
    auto parameter = take_parameter(content_type);
    if (!parameter) return std::nullopt;
    if (!equal_ignoring_case(parameter->name, "boundary")) continue;
    if (boundary) return std::nullopt;
    boundary = std::move(parameter->value);
  }
  if (!boundary || !is_boundary(*boundary)) return std::nullopt;
  return boundary;
}

}  // namespace vidi::http
