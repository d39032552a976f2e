#include "core/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace vidi {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array kByteUnits{Unit{"KiB", 1U << 10U}, Unit{"MiB", 1U << 20U}, Unit{"GiB", 1U << 30U}, Unit{"", 1}};
constexpr std::array kDurationUnits{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"min", 60'000}, Unit{"h", 3'600'000}};

std::string_view form_of(SettingType type) {
  switch (type) {
    case SettingType::text:
      return "a text";
    case SettingType::count:
      return "a whole number";
    case SettingType::bytes:
      return "a whole number of bytes, or one with KiB, MiB or GiB, such as 32MiB";
    case SettingType::duration:
      return "a whole number with ms, s, min or h, such as 30s";
  }
  return "";
}

template <std::size_t N>
std::optional<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  for (const Unit& unit : units) {
    if (rest == unit.name && number <= UINT64_MAX / unit.factor) return number * unit.factor;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text, SettingType type) {
  switch (type) {
    case SettingType::text:
      return 0;
    case SettingType::count:
      return parse_with_unit(text, std::array{Unit{"", 1}});
    case SettingType::bytes:
      return parse_with_unit(text, kByteUnits);
    case SettingType::duration:
      return parse_with_unit(text, kDurationUnits);
  }
  return std::nullopt;
}

std::string replaced(std::string text, std::string_view any_of, char by) {
  for (char& c : text) {
    if (any_of.find(c) != std::string_view::npos) c = by;
  }
  return text;
}

// Edits (insert, delete, replace, swap neighbors) that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

std::string file_name(std::string_view key) { return replaced(std::string(key), "-", '_'); }

// A name of each setting, by one of the rules.
std::vector<std::string> names(const std::vector<Setting>& table,
                               const std::function<std::string(const Setting&)>& rule) {
  std::vector<std::string> result(table.size());
  std::ranges::transform(table, result.begin(), rule);
  return result;
}

std::string unknown_setting(std::string_view name, std::string_view source, const std::vector<std::string>& known) {
  std::string message = fmt::format("{}: unknown setting '{}'", source, name);
  if (const auto near = nearest(name, known)) message += fmt::format("; did you mean '{}'?", *near);
  return message;
}

std::string value_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return {};
}

// Every value of the file with its dotted name; a sub-table is one level deeper.
void collect(const toml::table& table, const std::string& prefix,
             std::vector<std::pair<std::string, const toml::node*>>& found) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* inner = node.as_table()) {
      collect(*inner, name + ".", found);
    } else {
      found.emplace_back(name, &node);
    }
  }
}

}  // namespace

std::string flag_name(const Setting& setting) { return "--" + replaced(setting.key, "._", '-'); }

std::string environment_name(const Setting& setting) {
  std::string name = "VIDI_" + replaced(setting.key, ".-", '_');
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return name;
}

std::optional<std::string> nearest(std::string_view unknown, const std::vector<std::string>& known) {
  const std::string* best = nullptr;
  std::size_t best_distance = std::max<std::size_t>(2, unknown.size() / 2) + 1;
  for (const std::string& name : known) {
    const std::size_t distance = edit_distance(unknown, name);
    if (distance < best_distance) {
      best = &name;
      best_distance = distance;
    }
  }
  return best != nullptr ? std::optional(*best) : std::nullopt;
}

Settings::Settings(std::vector<Setting> table) : table_(std::move(table)) {
  for (const Setting& setting : table_) {
    if (const auto set_default = set(setting.key, setting.default_value, "default"); !set_default) {
      throw std::logic_error(set_default.error().message);
    }
  }
}

const Setting* Settings::find(std::string_view key) const {
  const auto found = std::ranges::find(table_, key, &Setting::key);
  return found != table_.end() ? &*found : nullptr;
}

Result<void> Settings::set(std::string_view key, std::string_view value, std::string_view source) {
  const Setting* setting = find(key);
  if (setting == nullptr) {
    const auto known = names(table_, [](const Setting& each) { return each.key; });
    return fail(ErrorCode::invalid_argument, unknown_setting(key, source, known));
  }
  const auto number = parse_number(value, setting->type);
  if (!number) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: '{}' is not a value for {}; it takes {}", source, value,
                                                         setting->key, form_of(setting->type)));
  }
  if (setting->type != SettingType::text && (*number < setting->minimum || *number > setting->maximum)) {
    return fail(ErrorCode::invalid_argument, fmt::format("{}: {} is out of range for {}; it takes {} to {}", source,
                                                         value, setting->key, setting->minimum, setting->maximum));
  }
  values_.insert_or_assign(setting->key, Value{std::string(value), *number, std::string(source)});
  return {};
}

Result<void> Settings::read_file(const std::string& path) {
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}, line {}: {}", path, error.source().begin.line, std::string_view(error.description())));
  }
  std::vector<std::pair<std::string, const toml::node*>> found;
  collect(file, "", found);
  for (const auto& [name, node] : found) {
    const auto setting = std::ranges::find(table_, name, [](const Setting& each) { return file_name(each.key); });
    if (setting == table_.end()) {
      const auto known = names(table_, [](const Setting& each) { return file_name(each.key); });
      const std::string place = fmt::format("{}, line {}", path, node->source().begin.line);
      return fail(ErrorCode::invalid_argument, unknown_setting(name, place, known));
    }
    if (const auto result = set(setting->key, value_text(*node), path); !result) return result;
  }
  return {};
}

Result<std::vector<std::string>> Settings::read_environment(const std::map<std::string, std::string>& environment) {
  const auto known = names(table_, environment_name);
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("VIDI_")) continue;
    const auto found = std::ranges::find(known, name);
    if (found == known.end()) {
      warnings.push_back(unknown_setting(name, "environment", known));
      continue;
    }
    const auto index = static_cast<std::size_t>(found - known.begin());
    if (auto result = set(table_[index].key, value, name); !result) return forward_error(result);
  }
  return warnings;
}

const Settings::Value& Settings::value(std::string_view key, SettingType type) const {
  const Setting* setting = find(key);
  if (setting == nullptr || setting->type != type) throw std::logic_error(fmt::format("no such setting: {}", key));
  return values_.find(key)->second;
}

const std::string& Settings::text(std::string_view key) const { return value(key, SettingType::text).text; }
std::uint64_t Settings::count(std::string_view key) const { return value(key, SettingType::count).number; }
std::uint64_t Settings::bytes(std::string_view key) const { return value(key, SettingType::bytes).number; }

std::chrono::milliseconds Settings::duration(std::string_view key) const {
  return std::chrono::milliseconds(value(key, SettingType::duration).number);
}

const std::string& Settings::source(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) throw std::logic_error(fmt::format("no such setting: {}", key));
  return found->second.source;
}

}  // namespace vidi
