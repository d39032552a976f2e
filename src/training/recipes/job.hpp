#pragma once
// `vidi train RECIPE` from beginning to end: data, training, evaluation, files.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "datasets/accuracy.hpp"
#include "model_writing/model_writer.hpp"
#include "recipes/progress.hpp"
#include "recipes/recipe.hpp"

namespace vidi::recipes {

// The options that every recipe has.
struct Job {
  std::filesystem::path data;     // the folder of MNIST's four files
  std::filesystem::path models;   // the folder of models
  std::size_t validation = 5000;  // how many images, the last of the training set, are held out
  unsigned version = 1;
  bool force = false;
  std::chrono::seconds checkpoint_interval{30};
};

struct Report {
  std::optional<datasets::Accuracy> validation;
  datasets::Accuracy test;
  std::vector<std::pair<std::string, double>> figures;  // what else was measured on the held-out images
  model_writing::Destination destination;
  bool written = false;              // false: stopped before
  std::filesystem::path checkpoint;  // from which the same command goes on when it was stopped
};

// When `stop` becomes true before the model is written, only a checkpoint is. The test images are read once, at the
// end. Errors: those of load_mnist, Recipe::train and write_model.
Result<Report> run(const Job& job, Recipe& recipe, ProgressReporter& progress, const std::atomic<bool>& stop);

// The command that trains the same model again, with DIR for the data's folder.
std::string command_of(const Job& job, const Recipe& recipe);

}  // namespace vidi::recipes
