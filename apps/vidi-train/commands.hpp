#pragma once
// The subcommands of `vidi train`: one for each recipe.

#include <functional>
#include <memory>
#include <vector>

#include "command_line/command.hpp"
#include "recipes/job.hpp"

namespace vidi::app {

// What the command line fills in. It stays where it is until the program ends: the options write into it.
struct TrainCommand {
  Command subcommand;
  recipes::Job job;
  unsigned checkpoint_seconds = 0;                                // for `job`, after the command line is read
  std::function<std::unique_ptr<recipes::Recipe>()> make_recipe;  // after the command line is read
};

std::vector<std::unique_ptr<TrainCommand>> add_commands(Command program);

}  // namespace vidi::app
