#include "records/cassandra/keys.hpp"

#include <fmt/format.h>
#include <utf8proc.h>

#include "core/bytes.hpp"

namespace vidi::records::cassandra {
namespace {

constexpr char kEscape = '\1';

bool is_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  auto left = static_cast<utf8proc_ssize_t>(text.size());
  while (left > 0) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(at, left, &character);
    if (used <= 0) return false;
    at += used;
    left -= used;
  }
  return true;
}

int nibble(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

Period day_of(const Uuid& id) { return std::chrono::floor<std::chrono::days>(time_of(id)); }

Period month_of(const Uuid& id) {
  const std::chrono::year_month_day day(day_of(id));
  return std::chrono::sys_days(day.year() / day.month() / 1);
}

std::int8_t shard_of(const Uuid& id, int shards) {
  return static_cast<std::int8_t>(std::to_integer<unsigned>(id.bytes.back()) % static_cast<unsigned>(shards));
}

std::string to_text(std::string_view bytes) {
  if (is_utf8(bytes) && !bytes.starts_with(kEscape)) return std::string(bytes);
  return kEscape + to_hex(as_bytes(bytes));
}

std::optional<std::string> from_text(std::string_view text) {
  if (!text.starts_with(kEscape)) return std::string(text);
  text.remove_prefix(1);
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = nibble(text[i]);
    const int low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::string subject_of_all() { return "all"; }

std::string subject_of_user(std::string_view user) { return "user " + to_text(user); }

std::string subject_of_model(std::string_view model) { return "model " + to_text(model); }

std::string subject_of_result(const std::optional<std::string>& result) {
  return result ? "result=" + to_text(*result) : "result";
}

std::string subject_of_model_result(std::string_view model, const std::optional<std::string>& result) {
  // The length keeps the two apart.
  return fmt::format("result {} {}{}", model.size(), to_text(model), result ? "=" + to_text(*result) : "");
}

std::string demand_key(const Prediction& prediction) {
  std::string time = to_string(prediction.time);  // 2019-01-29T16:55:06.393990Z
  time[time.find('T')] = ' ';
  time.pop_back();
  return time + '-' + to_hex(ByteView(prediction.id.bytes).last(4));
}

}  // namespace vidi::records::cassandra
