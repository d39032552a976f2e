#pragma once
// What a program's command line may say: commands with their options, read by CLI11. Each source that includes CLI11
// takes many seconds to compile, so only command.cpp does. Not thread-safe.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 named it
class App;
class Option;
}  // namespace CLI

namespace vidi::app {

// Where the value of an option goes. It must stay where it is until Program::parse() returns.
using Target = std::variant<std::string*, int*, unsigned*, std::int64_t*, std::uint64_t*, double*,
                            std::filesystem::path*, std::vector<std::string>*, std::vector<std::filesystem::path>*>;

// Names one option of a Program, which owns it and must outlive this. Those that return Option& return this.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required();
  Option& needs(const Option& other);  // may be given only with `other`
  Option& environment(const std::string& variable);

  // What a value must be. The help says so.
  Option& range(int least, int most);
  Option& range(unsigned least, unsigned most);
  Option& range(std::int64_t least, std::int64_t most);
  Option& range(std::uint64_t least, std::uint64_t most);
  Option& range(double least, double most);
  Option& one_of(std::vector<std::string> values);

  // What the help says.
  Option& show_default();  // the value that the target has now
  Option& type_name(const std::string& name);
  Option& group(const std::string& title);

  // After Program::parse().
  [[nodiscard]] bool is_given() const;

 private:
  CLI::Option* option_;
};

// Names one command of a Program, or the Program's own options. The Program owns it and must outlive this.
class Command {
 public:
  explicit Command(CLI::App* command) : command_(command) {}

  Command subcommand(const std::string& name, const std::string& help);
  // `name` is "--flag", or for a value without a flag the word that stands for it in the help.
  Option option(const std::string& name, Target target, const std::string& help);
  void flag(const std::string& name, bool* target, const std::string& help);  // `target`: as one of an option

  void footer(const std::string& text);  // ends the help
  void require_subcommand();             // exactly one
  void allow_subcommand();               // at most one
  void fallthrough();                    // takes the options of the command that this is a subcommand of, too
  void prefix_command();                 // leaves unread whatever follows it

  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::vector<std::string> subcommand_names() const;
  [[nodiscard]] std::vector<std::string> flag_names() const;  // of options too, each with its dashes: "--flag"

  // After Program::parse().
  [[nodiscard]] bool is_chosen() const;
  [[nodiscard]] std::optional<Command> chosen_subcommand() const;  // the first, where there may be several
  [[nodiscard]] bool is_given(const std::string& option) const;    // Requires: it has this option.

 private:
  CLI::App* command_;
};

enum class ParseOutcome {
  run,            // what was chosen
  answered,       // help or the version was asked for, and is printed
  unknown_words,  // there are words that nothing takes
  wrong,
};

struct ParseResult {
  ParseOutcome outcome = ParseOutcome::run;
  std::string message;  // for unknown_words and wrong
};

// Owns the commands and their options.
class Program {
 public:
  Program(const std::string& name, const std::string& description);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  void version(const std::string& text);  // what --version prints
  [[nodiscard]] Command command() const;
  ParseResult parse(int count, const char* const* arguments);

 private:
  std::unique_ptr<CLI::App> program_;
};

}  // namespace vidi::app
