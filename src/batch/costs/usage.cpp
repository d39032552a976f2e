#include "costs/usage.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

namespace vidi::costs {
namespace {

using Json = nlohmann::json;

// Reads the numbers of an object, and keeps the first that is missing or wrong.
class NumberReader {
 public:
  explicit NumberReader(std::string name) : name_(std::move(name)) {}

  std::uint64_t count(const Json& object, const std::string& key, std::string_view within) {
    const auto found = object.find(key);
    if (found == object.end() || !found->is_number_unsigned()) {
      complain(key, within, "a whole number of at least 0");
      return 0;
    }
    return found->get<std::uint64_t>();
  }

  double number(const Json& object, const std::string& key, std::string_view within) {
    const auto found = object.find(key);
    const double value = found != object.end() && found->is_number() ? found->get<double>() : -1;
    if (!std::isfinite(value) || value < 0) complain(key, within, "a number of at least 0");
    return value;
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void complain(const std::string& key, std::string_view within, std::string_view form) {
    if (error_) return;
    error_ = Error{ErrorCode::invalid_argument, fmt::format("{}: '{}.{}' must be {}", name_, within, key, form)};
  }

  const std::string name_;
  std::optional<Error> error_;
};

}  // namespace

Result<Usage> parse_usage(const std::string& manifest, const std::string& name) {
  const Json json = Json::parse(manifest, nullptr, false);
  if (json.is_discarded()) return fail(ErrorCode::invalid_argument, fmt::format("{} is no JSON", name));
  if (!json.is_object() || !json.contains("bill") || !json["bill"].is_object()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has no 'bill': it is no manifest of `vidi features`, or the job is not done", name));
  }
  const Json& bill = json["bill"];
  NumberReader reader(name);
  Usage usage;
  usage.instance_seconds = reader.number(bill, "instance_seconds", "bill");
  usage.disk_bytes = reader.count(bill, "disk_bytes", "bill");
  usage.pictures = reader.count(bill, "pictures", "bill");
  if (bill.contains("machines")) usage.machines = reader.count(bill, "machines", "bill");
  if (bill.contains("volume_gb_hours")) usage.volume_gb_hours = reader.number(bill, "volume_gb_hours", "bill");
  if (bill.contains("s3") && !bill["s3"].is_null()) {
    const Json& s3 = bill["s3"];
    usage.list_requests = reader.count(s3, "list_requests", "bill.s3");
    usage.get_requests = reader.count(s3, "get_requests", "bill.s3");
    usage.put_requests = reader.count(s3, "put_requests", "bill.s3");
    usage.bytes_in = reader.count(s3, "bytes_in", "bill.s3");
    usage.bytes_out = reader.count(s3, "bytes_out", "bill.s3");
  }
  if (reader.error()) return std::unexpected(*reader.error());
  if (usage.machines == 0)
    return fail(ErrorCode::invalid_argument, fmt::format("{}: 'bill.machines' must be at least 1, and is 0", name));
  return usage;
}

}  // namespace vidi::costs
