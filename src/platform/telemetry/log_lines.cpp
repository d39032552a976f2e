#include "telemetry/log_lines.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <iterator>
#include <memory>

#include "telemetry/escape.hpp"

namespace vidi::telemetry {
namespace {

constexpr std::size_t kMostText = 256;      // of a client's text, in bytes
constexpr std::size_t kMostMessage = 8192;  // of a message of ours, which may quote a client's text

// RFC 3339, as to_string() has it; the second is written anew only when it is another.
void append_time(std::string& line, Timestamp time) {
  thread_local std::chrono::sys_seconds second;
  thread_local std::string text;
  const auto now = std::chrono::floor<std::chrono::seconds>(time);
  if (text.empty() || now != second) {
    text = vidi::to_string(Timestamp(now)).substr(0, 19);
    second = now;
  }
  line += text;
  fmt::format_to(std::back_inserter(line), ".{:06}Z", (time - now).count());
}

// Fields in the form of JSON or of name=value.
class Fields {
 public:
  Fields(std::string& line, LogFormat format) : line_(line), json_(format == LogFormat::json) {}

  void add(std::string_view name, std::string_view text) {
    begin(name);
    append_quoted(line_, text, kMostText);
  }
  void add_if_there(std::string_view name, std::string_view text) {
    if (!text.empty()) add(name, text);
  }
  void add(std::string_view name, std::uint64_t number) {
    begin(name);
    line_ += fmt::format_int(number).str();
  }
  // Text of ours, which needs no escape.
  template <typename... Values>
  void add_own(std::string_view name, fmt::format_string<Values...> form, Values&&... values) {
    begin(name);
    if (json_) line_ += '"';
    fmt::format_to(std::back_inserter(line_), form, std::forward<Values>(values)...);
    if (json_) line_ += '"';
  }
  void add_milliseconds(std::string_view name, Clock::duration time) {
    begin(name);
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
    fmt::format_to(std::back_inserter(line_), "{}.{:03}", microseconds / 1000, microseconds % 1000);
  }
  void add_false(std::string_view name) {
    begin(name);
    line_ += "false";
  }

 private:
  void begin(std::string_view name) {
    line_ += json_ ? ",\"" : " ";
    line_ += name;
    line_ += json_ ? "\":" : "=";
  }

  std::string& line_;
  const bool json_;
};

void begin_line(std::string& line, Timestamp time, std::string_view level, LogFormat format) {
  const bool json = format == LogFormat::json;
  if (json) line += "{\"time\":\"";
  append_time(line, time);
  line += json ? "\",\"level\":\"" : " ";
  line += level;
  line += json ? "\",\"message\":" : " ";
}

void end_line(std::string& line, LogFormat format) { line += format == LogFormat::json ? "}\n" : "\n"; }

class Sink final : public spdlog::sinks::sink {
 public:
  Sink(LogWriter& writer, LogFormat format) : writer_(writer), format_(format) {}

  void log(const spdlog::details::log_msg& message) override {
    const auto name = spdlog::level::to_string_view(message.level);
    std::string line;
    append_message(line, std::chrono::time_point_cast<Timestamp::duration>(message.time), {name.data(), name.size()},
                   {message.payload.data(), message.payload.size()}, format_);
    writer_.write(line);
  }
  void flush() override {}
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  LogWriter& writer_;
  const LogFormat format_;
};

}  // namespace

void append_request(std::string& line, const RequestRecord& record, LogFormat format) {
  begin_line(line, record.arrived, record.status >= 500 ? "warning" : "info", format);
  line += format == LogFormat::json ? "\"request\"" : "request";
  Fields fields(line, format);
  if (record.id) fields.add_own("id", "{}", vidi::to_string(*record.id));
  fields.add_own("trace_id", "{:016x}{:016x}", record.trace.trace.high, record.trace.trace.low);
  fields.add_own("span_id", "{:016x}", record.trace.span);
  fields.add_if_there("request_id", record.request_id);
  fields.add_own("remote", "{}", record.remote_address);
  fields.add("method", record.method);
  fields.add("path", record.path);
  fields.add_own("protocol", "{}", protocol_of(record));
  fields.add("status", static_cast<std::uint64_t>(record.status));
  if (record.error) fields.add_own("error", "{}", vidi::name(*record.error));
  fields.add_if_there("model", record.model);
  fields.add_if_there("user", record.user);
  fields.add("bytes_in", record.bytes_in);
  fields.add("bytes_out", record.bytes_out);
  fields.add_milliseconds("latency_ms", record.end - record.begin);
  if (!record.sent) fields.add_false("sent");
  end_line(line, format);
}

void append_message(std::string& line, Timestamp time, std::string_view level, std::string_view message,
                    LogFormat format) {
  begin_line(line, time, level, format);
  if (format == LogFormat::json) {
    append_quoted(line, message, kMostMessage);
  } else {
    std::string quoted;
    append_quoted(quoted, message, kMostMessage);
    // Without the quotation marks at both ends, and those inside as they are.
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
      if (quoted[i] == '\\' && (quoted[i + 1] == '"' || quoted[i + 1] == '\\')) ++i;
      line += quoted[i];
    }
  }
  end_line(line, format);
}

LogRedirection::LogRedirection(LogWriter& writer, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("vidi", std::make_shared<Sink>(writer, format));
  logger->set_level(spdlog::get_level());
  spdlog::set_default_logger(std::move(logger));
}

LogRedirection::~LogRedirection() {
  auto logger = std::make_shared<spdlog::logger>("vidi", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_level(spdlog::get_level());
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace vidi::telemetry
