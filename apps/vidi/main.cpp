// vidi: recognizes pictures and remembers what it saw.

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "command_line/command.hpp"
#include "commands/commands.hpp"
#include "core/settings.hpp"
#include "objects/open.hpp"

namespace {

using vidi::app::Command;
using vidi::app::ParseOutcome;

// The words of the command line that no option takes, with the nearest option for each.
std::string describe_extras(Command program, int count, char** arguments) {
  const std::vector<std::string> known = program.chosen_subcommand().value_or(program).flag_names();
  for (int i = 1; i < count; ++i) {
    const std::string word = std::string(arguments[i]).substr(0, std::string(arguments[i]).find('='));
    if (!word.starts_with('-') || std::ranges::find(known, word) != known.end()) continue;
    const auto near = vidi::nearest(word, known);
    return fmt::format("unknown option '{}'{}", word, near ? fmt::format("; did you mean '{}'?", *near) : "");
  }
  return {};
}

// The first word, when it is no command, with the nearest command.
std::string describe_command(Command program, int count, char** arguments) {
  if (count < 2 || arguments[1][0] == '-') return {};
  const std::vector<std::string> known = program.subcommand_names();
  if (std::ranges::find(known, arguments[1]) != known.end()) return {};
  const auto near = vidi::nearest(arguments[1], known);
  return fmt::format("unknown command '{}'{}", arguments[1], near ? fmt::format("; did you mean '{}'?", *near) : "");
}

int report(Command program, const vidi::app::ParseResult& result, int count, char** arguments) {
  std::string message = result.message;
  const std::string command = describe_command(program, count, arguments);
  if (!command.empty()) message = command;
  if (command.empty() && result.outcome == ParseOutcome::unknown_words) {
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
  vidi::app::Program command_line("vidi", "vidi recognizes pictures and remembers what it saw.");
  command_line.version("vidi " VIDI_VERSION);
  Command program = command_line.command();
  program.require_subcommand();
  std::vector<std::pair<std::string, vidi::app::Action>> commands;
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
    const vidi::app::ParseResult result = command_line.parse(count, arguments);
    if (result.outcome == ParseOutcome::answered) return 0;
    if (result.outcome != ParseOutcome::run) return report(program, result, count, arguments);
    for (const auto& [name, run] : commands) {
      if (program.chosen_subcommand()->name() == name) return run();
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "vidi: {}\n", error.what());
    return 2;
  }
  return 0;
}
