#include "http/response_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <chrono>

#include "http/text.hpp"

namespace vidi::http {
namespace {

constexpr std::array<std::string_view, 5> kOwnHeaders{"Content-Type", "Content-Length", "Transfer-Encoding", "Date",
                                                      "Connection"};

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool has_length(const Response& response) { return response.status != 204 && response.status != 304; }

void append_status_line(std::string& text, int status) {
  const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  text += "HTTP/1.1 ";
  text += fmt::format_int(status).c_str();
  text += ' ';
  if (!reason.starts_with('<')) text.append(reason.data(), reason.size());
  text += "\r\n";
}

void append_header(std::string& text, std::string_view name, std::string_view value) {
  text.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view mistake_in(const Response& response) {
  if (response.status < 200 || response.status > 599) return "its status is not from 200 to 599";
  if (!is_header_value(response.content_type)) return "its Content-Type has a line break";
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name)) return "a header's name is not a token";
    if (!is_header_value(value)) return "a header's value has a line break";
    for (const std::string_view own : kOwnHeaders) {
      if (equal_ignoring_case(name, own)) return "it has a header that the server makes itself";
    }
  }
  return {};
}

bool sends_body(const Response& response, const Framing& framing) { return has_length(response) && !framing.head_only; }

void append_head(std::string& text, const Response& response, const Framing& framing) {
  append_status_line(text, response.status);
  append_header(text, "Date", framing.date);
  if (has_length(response)) {
    if (!response.content_type.empty()) append_header(text, "Content-Type", response.content_type);
    append_header(text, "Content-Length", fmt::format_int(response.body.size()).c_str());
  }
  if (!framing.keep_alive) {
    append_header(text, "Connection", "close");
  } else if (framing.http_1_0) {
    append_header(text, "Connection", "keep-alive");
  }
  for (const auto& [name, value] : response.headers) append_header(text, name, value);
  text += "\r\n";
}

std::string_view DateHeader::value() {
  const auto second = std::chrono::floor<std::chrono::seconds>(now());
  if (second == made_) return text_;
  static constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  text_ =
      fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
                  static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                  static_cast<int>(date.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
  made_ = second;
  return text_;
}

}  // namespace vidi::http
