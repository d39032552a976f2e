// vidi: recognizes pictures and remembers what it saw.

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "core/settings.hpp"
#include "objects/open.hpp"

namespace {

// The words of the command line that no option takes, with the nearest option for each.
std::string describe_extras(const CLI::App& program, int count, char** arguments) {
  std::vector<std::string> known;
  const CLI::App* command = &program;
  for (const CLI::App* chosen : program.get_subcommands()) command = chosen;
  for (const CLI::Option* option : command->get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  for (int i = 1; i < count; ++i) {
    const std::string word = std::string(arguments[i]).substr(0, std::string(arguments[i]).find('='));
    if (!word.starts_with('-') || std::ranges::find(known, word) != known.end()) continue;
    const auto near = vidi::nearest(word, known);
    return fmt::format("unknown option '{}'{}", word, near ? fmt::format("; did you mean '{}'?", *near) : "");
  }
  return {};
}

// The first word, when it is no command, with the nearest command.
std::string describe_command(const CLI::App& program, int count, char** arguments) {
  if (count < 2 || arguments[1][0] == '-') return {};
  std::vector<std::string> known;
  for (const CLI::App* command : program.get_subcommands({})) known.push_back(command->get_name());
  if (std::ranges::find(known, arguments[1]) != known.end()) return {};
  const auto near = vidi::nearest(arguments[1], known);
  return fmt::format("unknown command '{}'{}", arguments[1], near ? fmt::format("; did you mean '{}'?", *near) : "");
}

int report(const CLI::App& program, const CLI::ParseError& error, int count, char** arguments) {
  if (error.get_exit_code() == 0) return program.exit(error);
  std::string message = error.what();
  const std::string command = describe_command(program, count, arguments);
  if (!command.empty()) message = command;
  if (command.empty() && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    const std::string extras = describe_extras(program, count, arguments);
    if (!extras.empty()) message = extras;
  }
  fmt::print(stderr, "vidi: {}\nRun with --help for more.\n", message);
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("vidi"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%f%z %^%l%$ %v");
  if (count > 1 && std::strcmp(arguments[1], "train") == 0) return vidi::app::run_trainer(arguments + 1);

  const vidi::objects::Libraries libraries;
  CLI::App program("vidi recognizes pictures and remembers what it saw.", "vidi");
  program.set_version_flag("--version", "vidi " VIDI_VERSION);
  program.require_subcommand(1);
  std::vector<std::pair<std::string, vidi::app::Command>> commands;
  commands.emplace_back("serve", vidi::app::add_serve(program));
  commands.emplace_back("predict", vidi::app::add_predict(program));
  commands.emplace_back("evaluate", vidi::app::add_evaluate(program));
  vidi::app::add_train(program);
  commands.emplace_back("features", vidi::app::add_features(program));
  commands.emplace_back("fit", vidi::app::add_fit(program));
  commands.emplace_back("cost", vidi::app::add_cost(program));
  commands.emplace_back("models", vidi::app::add_models(program));
  commands.emplace_back("records", vidi::app::add_records(program));
  commands.emplace_back("objects", vidi::app::add_objects(program));
  commands.emplace_back("backup", vidi::app::add_backup(program));
  commands.emplace_back("restore", vidi::app::add_restore(program));
  commands.emplace_back("keys", vidi::app::add_keys(program));
  commands.emplace_back("health", vidi::app::add_health(program));
  commands.emplace_back("settings", vidi::app::add_settings(program));
  try {
    program.parse(count, arguments);
    for (const auto& [name, command] : commands) {
      if (program.got_subcommand(name)) return command();
    }
  } catch (const CLI::ParseError& error) {
    return report(program, error, count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "vidi: {}\n", error.what());
    return 2;
  }
  return 0;
}
