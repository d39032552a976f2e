#include "command_line/command.hpp"

#include <CLI/CLI.hpp>
#include <utility>

namespace vidi::app {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::needs(const Option& other) {
  option_->needs(other.option_);
  return *this;
}

Option& Option::environment(const std::string& variable) {
  option_->envname(variable);
  return *this;
}

Option& Option::range(int least, int most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::range(unsigned least, unsigned most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::range(std::int64_t least, std::int64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::range(std::uint64_t least, std::uint64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::range(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

Option& Option::one_of(std::vector<std::string> values) {
  option_->check(CLI::IsMember(std::move(values)));
  return *this;
}

Option& Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::group(const std::string& title) {
  option_->group(title);
  return *this;
}

bool Option::is_given() const { return option_->count() > 0; }

Command Command::subcommand(const std::string& name, const std::string& help) {
  return Command(command_->add_subcommand(name, help));
}

Option Command::option(const std::string& name, Target target, const std::string& help) {
  return std::visit([&](auto* value) { return Option(command_->add_option(name, *value, help)); }, target);
}

void Command::flag(const std::string& name, bool* target, const std::string& help) {
  command_->add_flag(name, *target, help);
}

void Command::footer(const std::string& text) { command_->footer(text); }

void Command::require_subcommand() { command_->require_subcommand(1); }

void Command::allow_subcommand() { command_->require_subcommand(0, 1); }

void Command::fallthrough() { command_->fallthrough(); }

void Command::prefix_command() { command_->prefix_command(); }

std::string Command::name() const { return command_->get_name(); }

std::vector<std::string> Command::subcommand_names() const {
  std::vector<std::string> names;
  for (const CLI::App* command : command_->get_subcommands({})) names.push_back(command->get_name());
  return names;
}

std::vector<std::string> Command::flag_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : command_->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

bool Command::is_chosen() const { return command_->parsed(); }

std::optional<Command> Command::chosen_subcommand() const {
  const std::vector<CLI::App*> chosen = command_->get_subcommands();
  if (chosen.empty()) return std::nullopt;
  return Command(chosen.front());
}

bool Command::is_given(const std::string& option) const { return command_->get_option(option)->count() > 0; }

Program::Program(const std::string& name, const std::string& description)
    : program_(std::make_unique<CLI::App>(description, name)) {}

Program::~Program() = default;

void Program::version(const std::string& text) { program_->set_version_flag("--version", text); }

Command Program::command() const { return Command(program_.get()); }

ParseResult Program::parse(int count, const char* const* arguments) {
  try {
    program_->parse(count, arguments);
  } catch (const CLI::ExtrasError& error) {
    return {.outcome = ParseOutcome::unknown_words, .message = error.what()};
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return {.outcome = ParseOutcome::wrong, .message = error.what()};
    program_->exit(error);
    return {.outcome = ParseOutcome::answered, .message = {}};
  }
  return {};
}

}  // namespace vidi::app
