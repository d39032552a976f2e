#pragma once
// What stands in the log, as text for people or as one JSON object a line: docs/reference/observability.md.

#include <string>
#include <string_view>

#include "core/time.hpp"
#include "telemetry/log_writer.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::telemetry {

enum class LogFormat { text, json };

// Appends the line of a request. A client's text cannot break it, and is bounded.
void append_request(std::string& line, const RequestRecord& record, LogFormat format);

// Appends any other line. `level` is a literal such as "info".
void append_message(std::string& line, Timestamp time, std::string_view level, std::string_view message,
                    LogFormat format);

// While it lives, spdlog's default logger writes to `writer`, which must outlive it.
class LogRedirection {
 public:
  LogRedirection(LogWriter& writer, LogFormat format);
  ~LogRedirection();
  LogRedirection(const LogRedirection&) = delete;
  LogRedirection& operator=(const LogRedirection&) = delete;
};

}  // namespace vidi::telemetry
