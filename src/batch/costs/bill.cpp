#include "costs/bill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

namespace vidi::costs {
namespace {

constexpr double kSecondsPerHour = 3600;
constexpr double kThousand = 1000;
// As AWS counts a GB of storage and of transfer.
constexpr double kBytesPerGb = 1024.0 * 1024.0 * 1024.0;

double gigabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / kBytesPerGb; }
double thousands(std::uint64_t count) { return static_cast<double>(count) / kThousand; }

}  // namespace

double Bill::subtotal() const {
  double sum = 0;
  for (const Line& line : lines) sum += line.amount();
  return sum;
}

double Bill::tax() const { return subtotal() * tax_percent / 100; }

double Bill::total() const { return subtotal() + tax(); }

std::optional<double> Bill::per_million_pictures() const {
  if (pictures == 0) return std::nullopt;
  return total() / static_cast<double>(pictures) * 1e6;
}

Bill make_bill(const Usage& usage, const Prices& prices) {
  Bill bill{.currency = prices.currency,
            .lines = {},
            .tax_percent = prices.tax_percent,
            .pictures = usage.pictures,
            .machines = usage.machines};
  bill.lines = {
      {"instance time", usage.instance_seconds / kSecondsPerHour, "hours", prices.instance_hour},
      {"block storage", usage.volume_gb_hours / kHoursPerMonth, "GB-months", prices.volume_gb_month},
      {"storage of the result", gigabytes(usage.disk_bytes) * prices.months_kept, "GB-months", prices.gb_month},
      {"requests, tier 1", thousands(usage.put_requests + usage.list_requests), "1,000 requests",
       prices.thousand_tier1_requests},
      {"requests, tier 2", thousands(usage.get_requests), "1,000 requests", prices.thousand_tier2_requests},
      {"transfer out of S3", gigabytes(usage.bytes_in), "GB", prices.gb_out},
      {"transfer into S3", gigabytes(usage.bytes_out), "GB", prices.gb_in},
  };
  return bill;
}

std::string to_text(const Bill& bill) {
  constexpr std::size_t kWidth = 22;
  std::string text =
      fmt::format("{:<{}}  {:>14}  {:<14}  {:>10}  {:>12}\n", "", kWidth, "quantity", "unit", "price", bill.currency);
  for (const Line& line : bill.lines) {
    text += fmt::format("{:<{}}  {:>14.6f}  {:<14}  {:>10.6g}  {:>12.6f}\n", line.what, kWidth, line.quantity,
                        line.unit, line.price, line.amount());
  }
  const auto sum = [&](std::string_view what, double amount, int decimals) {
    text += fmt::format("{:<{}}  {:>56.{}f}\n", what, kWidth, amount, decimals);
  };
  if (bill.tax_percent > 0) {
    sum("subtotal", bill.subtotal(), 6);
    sum(fmt::format("tax, {:g} %", bill.tax_percent), bill.tax(), 6);
  }
  sum("total", bill.total(), 6);
  if (const auto price = bill.per_million_pictures()) {
    sum("per million pictures", *price, 2);
  } else {
    text += "There were no pictures, so none has a price.\n";
  }
  if (bill.machines > 1) text += fmt::format("The instance time is that of {} machines together.\n", bill.machines);
  return text;
}

std::string to_json(const Bill& bill) {
  nlohmann::ordered_json json;
  json["currency"] = bill.currency;
  json["lines"] = nlohmann::ordered_json::array();
  for (const Line& line : bill.lines) {
    json["lines"].push_back({{"what", line.what},
                             {"quantity", line.quantity},
                             {"unit", line.unit},
                             {"price", line.price},
                             {"amount", line.amount()}});
  }
  json["subtotal"] = bill.subtotal();
  json["tax_percent"] = bill.tax_percent;
  json["tax"] = bill.tax();
  json["total"] = bill.total();
  json["pictures"] = bill.pictures;
  json["machines"] = bill.machines;
  const auto price = bill.per_million_pictures();
  json["per_million_pictures"] = price ? nlohmann::ordered_json(*price) : nullptr;
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace vidi::costs
