#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands/commands.hpp"
#include "maintenance/backup.hpp"
#include "settings/key_settings.hpp"
#include "settings/program_settings.hpp"
#include "settings/stores.hpp"

namespace vidi::app {
namespace {

std::vector<std::string_view> flags() { return with_secrets({"data", "records", "objects", "auth.keys"}); }

maintenance::ServerStores stores_of(const Settings& settings) {
  return {.records = records_url(settings),
          .objects = objects_url(settings),
          .secrets = secrets_of(settings),
          .keys = keys_file(settings)};
}

int print(const maintenance::BackupCounts& counts) {
  fmt::print("{} predictions, {} with their pictures\n", counts.predictions, counts.with_picture);
  if (counts.forgotten != 0) fmt::print("{} were forgotten meanwhile, and are not in it\n", counts.forgotten);
  if (counts.pictures_lost != 0) fmt::print("{} name a picture that is not kept any more\n", counts.pictures_lost);
  return 0;
}

int print(const maintenance::RestoreCounts& counts) {
  fmt::print("{} predictions read, {} added, {} pictures added\n", counts.read, counts.added, counts.pictures);
  if (counts.pictures_lost != 0) fmt::print("{} name a picture that the backup has not\n", counts.pictures_lost);
  return 0;
}

}  // namespace

Action add_backup(Command program) {
  Command command = program.subcommand("backup", "Copy records and pictures into a folder, beside a server");
  auto folder = std::make_shared<std::string>();
  command.option("DIR", folder.get(), "A new folder, or one with an earlier backup, which is brought up to date")
      .required();
  auto settings = std::make_shared<SettingFlags>(command, flags());
  return [=] { return print(maintenance::back_up(stores_of(settings->read()), *folder)); };
}

Action add_restore(Command program) {
  Command command = program.subcommand("restore", "Add what a backup holds to the stores of the settings");
  auto folder = std::make_shared<std::string>();
  command.option("DIR", folder.get(), "The folder that `vidi backup` has written").required();
  auto settings = std::make_shared<SettingFlags>(command, flags());
  return [=] { return print(maintenance::restore(stores_of(settings->read()), *folder)); };
}

}  // namespace vidi::app
