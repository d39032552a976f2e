#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "commands/commands.hpp"
#include "files/program_folder.hpp"

namespace vidi::app {

void add_train(Command program) { program.subcommand("train", "Train a model: vidi train --help").prefix_command(); }

int run_trainer(char** arguments) {
  namespace fs = std::filesystem;
  const fs::path here = files::program_folder();
  // Beside this program when installed, in its own folder in a build tree.
  const std::array candidates{here / "vidi-train", here / "../vidi-train/vidi-train"};
  for (const fs::path& candidate : candidates) {
    if (!fs::exists(candidate)) continue;
    execv(candidate.c_str(), arguments);
    const std::error_code reason(errno, std::generic_category());
    fmt::print(stderr, "vidi: the trainer cannot be started: {}\n", reason.message());
    return 1;
  }
  fmt::print(stderr,
             "vidi: the trainer, vidi-train, is not beside this program. In a source tree, `make train` builds it.\n");
  return 1;
}

}  // namespace vidi::app
