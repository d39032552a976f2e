#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key_file.hpp"
#include "commands/commands.hpp"
#include "core/value_of.hpp"
#include "settings/key_settings.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

struct KeyOptions {
  std::string name;
  std::string quota;
  std::string role = "user";
};

// Only the key goes to the standard output, so that a script can take it from there.
int add(const KeyOptions& options, const Settings& settings) {
  auth::NewKey key{.name = options.name, .role = value_of(auth::parse_role(options.role)), .quota = std::nullopt};
  if (!options.quota.empty()) key.quota = value_of(auth::parse_quota(options.quota));
  const std::string secret = value_of(auth::add_key(keys_file(settings), key));
  fmt::print("{}\n", secret);
  fmt::print(stderr, "This is the key of {}. vidi keeps only its digest: it is not shown again.\n", key.name);
  return 0;
}

std::string second_of(Timestamp time) { return to_string(time).substr(0, 19) + "Z"; }

int list(const Settings& settings) {
  const auto keys = value_of(auth::read_keys(keys_file(settings)));
  fmt::print("{:20} {:6} {:12} {:20} {}\n", "NAME", "ROLE", "QUOTA", "CREATED", "REVOKED");
  if (!keys) return 0;
  for (const auth::Key& key : *keys) {
    fmt::print("{:20} {:6} {:12} {:20} {}\n", key.name, auth::name(key.role),
               key.quota ? auth::to_string(*key.quota) : "none", second_of(key.created),
               key.revoked ? second_of(*key.revoked) : "-");
  }
  return 0;
}

int revoke(const KeyOptions& options, const Settings& settings) {
  check_done(auth::revoke_key(keys_file(settings), options.name));
  fmt::print("{} is revoked: a running server turns it away within a second\n", options.name);
  return 0;
}

}  // namespace

Action add_keys(Command program) {
  Command command = program.subcommand("keys", "Say who may use a server that asks for keys");
  const std::vector<std::string_view> settings{"data", "auth.keys"};
  auto options = std::make_shared<KeyOptions>();

  Command add_command = command.subcommand("add", "Make a key and print it, once");
  add_command.option("NAME", &options->name, "Whom it is for; predictions are recorded under this name").required();
  add_command.option("--quota", &options->quota, "The most requests by s, min or h: 100/s, 600/min; without: no limit");
  add_command.option("--role", &options->role, "user, or admin, who may also see and change what is others'")
      .show_default();
  auto add_flags = std::make_shared<SettingFlags>(add_command, settings);

  Command list_command = command.subcommand("list", "List every key there has been, without the keys themselves");
  auto list_flags = std::make_shared<SettingFlags>(list_command, settings);

  Command revoke_command = command.subcommand("revoke", "Let a key in no more");
  revoke_command.option("NAME", &options->name, "Whose").required();
  auto revoke_flags = std::make_shared<SettingFlags>(revoke_command, settings);

  command.require_subcommand();
  return [=] {
    if (add_command.is_chosen()) return add(*options, add_flags->read());
    if (list_command.is_chosen()) return list(list_flags->read());
    return revoke(*options, revoke_flags->read());
  };
}

}  // namespace vidi::app
