#include "costs/prices.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "core/settings.hpp"

namespace vidi::costs {
namespace {

constexpr std::array<std::pair<std::string_view, double Prices::*>, 6> kRequired{
    {{"instance_hour", &Prices::instance_hour},
     {"gb_month", &Prices::gb_month},
     {"months_kept", &Prices::months_kept},
     {"thousand_tier1_requests", &Prices::thousand_tier1_requests},
     {"thousand_tier2_requests", &Prices::thousand_tier2_requests},
     {"gb_out", &Prices::gb_out}}};

constexpr std::array<std::pair<std::string_view, double Prices::*>, 3> kOptional{
    {{"gb_in", &Prices::gb_in}, {"volume_gb_month", &Prices::volume_gb_month}, {"tax_percent", &Prices::tax_percent}}};

Result<double> read_price(const toml::table& file, std::string_view key, const std::string& path) {
  const auto value = file[key].value<double>();
  if (!file.contains(key)) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: there is no '{}'; 0 says that it is free", path, key));
  }
  if (!value || !std::isfinite(*value) || *value < 0) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: '{}' must be a number of at least 0{}", path, key,
                                                         value ? fmt::format(", and it is {}", *value) : ""));
  }
  return *value;
}

Result<void> check_keys(const toml::table& file, const std::string& path) {
  std::vector<std::string> known{"currency"};
  for (const auto& [key, member] : kRequired) known.emplace_back(key);
  for (const auto& [key, member] : kOptional) known.emplace_back(key);
  for (const auto& [key, node] : file) {
    const std::string name(key.str());
    if (std::ranges::find(known, name) != known.end()) continue;
    const auto near = nearest(name, known);
    return fail(ErrorCode::invalid_argument, fmt::format("{}: nothing reads '{}'{}", path, name,
                                                         near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }
  return {};
}

}  // namespace

Result<Prices> read_prices(const std::string& path) {
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}, line {}: {}", path, error.source().begin.line, std::string_view(error.description())));
  }
  if (auto checked = check_keys(file, path); !checked) return forward_error(checked);
  Prices prices;
  prices.currency = file["currency"].value_or(std::string());
  if (prices.currency.empty()) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: 'currency' must be a text such as \"USD\"", path));
  }
  for (const auto& [key, member] : kRequired) {
    const auto price = read_price(file, key, path);
    if (!price) return forward_error(price);
    prices.*member = *price;
  }
  for (const auto& [key, member] : kOptional) {
    if (!file.contains(key)) continue;
    const auto price = read_price(file, key, path);
    if (!price) return forward_error(price);
    prices.*member = *price;
  }
  return prices;
}

}  // namespace vidi::costs
