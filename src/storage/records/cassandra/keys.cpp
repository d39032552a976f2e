#include "records/cassandra/keys.hpp"

#include <fmt/format.h>

#include "core/bytes.hpp"
#include "records/cassandra/plain_table.hpp"

namespace vidi::records::cassandra {

Period day_of(const Uuid& id) { return std::chrono::floor<std::chrono::days>(time_of(id)); }

Period month_of(const Uuid& id) {
  const std::chrono::year_month_day day(day_of(id));
  return std::chrono::sys_days(day.year() / day.month() / 1);
}

std::int8_t shard_of(const Uuid& id, int shards) {
  return static_cast<std::int8_t>(std::to_integer<unsigned>(id.bytes.back()) % static_cast<unsigned>(shards));
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
  if (const auto row = row_of(prediction)) return row->time;
  std::string time = to_string(prediction.time);  // 2019-01-29T16:55:06.393990Z
  time[time.find('T')] = ' ';
  time.pop_back();
  return time + '-' + to_hex(ByteView(prediction.id.bytes).last(4));
}

}  // namespace vidi::records::cassandra
