#pragma once
// The subcommands of `vidi train`: one for each recipe.

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "recipes/job.hpp"

namespace vidi::app {

// What the command line fills in. It stays where it is until the program ends: the options write into it.
struct TrainCommand {
  CLI::App* subcommand = nullptr;
  recipes::Job job;
  std::function<std::unique_ptr<recipes::Recipe>()> make_recipe;  // after the command line is read
};

std::vector<std::unique_ptr<TrainCommand>> add_commands(CLI::App& app);

}  // namespace vidi::app
