#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "commands/commands.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

std::string in_file(const Setting& setting) {
  std::string name = setting.key;
  std::ranges::replace(name, '-', '_');
  return name;
}

void print_markdown() {
  fmt::print("| file | flag | environment | default | what |\n|---|---|---|---|---|\n");
  for (const Setting& setting : settings_table()) {
    fmt::print("| `{}` | `{}` | `{}` | {} | {} |\n", in_file(setting), setting.secret ? "none" : flag_name(setting),
               environment_name(setting),
               setting.default_value.empty() ? "" : fmt::format("`{}`", setting.default_value), setting.help);
  }
}

void print_values(const Settings& settings) {
  for (const Setting& setting : settings.table()) {
    if (setting.secret) {
      fmt::print("{}{}  ({})\n", setting.key, settings.text(setting.key).empty() ? " = " : " is set, and not shown",
                 settings.source(setting.key));
      continue;
    }
    const std::string value = setting.type == SettingType::text    ? settings.text(setting.key)
                              : setting.type == SettingType::count ? std::to_string(settings.count(setting.key))
                              : setting.type == SettingType::bytes
                                  ? std::to_string(settings.bytes(setting.key))
                                  : fmt::format("{}ms", settings.duration(setting.key).count());
    fmt::print("{} = {}  ({})\n", setting.key, value, settings.source(setting.key));
  }
}

}  // namespace

Action add_settings(Command program) {
  Command command = program.subcommand("settings", "Print every setting, its value and where that comes from");
  auto markdown = std::make_shared<bool>(false);
  command.flag("--markdown", markdown.get(), "The table of docs/reference/configuration.md instead");
  auto flags = std::make_shared<SettingFlags>(command);
  return [markdown, flags] {
    if (*markdown) {
      print_markdown();
    } else {
      print_values(flags->read());
    }
    return 0;
  };
}

}  // namespace vidi::app
