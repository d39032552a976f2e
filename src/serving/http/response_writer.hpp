#pragma once
// A response as bytes (RFC 9112, 4 to 6).

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace vidi::http {

struct Framing {
  std::string_view date;  // the value of the Date header
  bool keep_alive = true;
  bool http_1_0 = false;
  bool head_only = false;  // the answer to a HEAD request
};

// What is wrong with a response that must not be sent, empty when nothing is.
std::string_view mistake_in(const Response& response);

// Whether its body is sent: not with some statuses, and not for HEAD.
bool sends_body(const Response& response, const Framing& framing);

// Appends the status line and the headers to `text`.
void append_head(std::string& text, const Response& response, const Framing& framing);

// The current time as a Date header has it (RFC 9110, 5.6.7), made anew once a second. One thread.
class DateHeader {
 public:
  std::string_view value();

 private:
  Timestamp made_;
  std::string text_;
};

}  // namespace vidi::http
