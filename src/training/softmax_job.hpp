#pragma once
// `vidi train softmax` from beginning to end: data, training, evaluation, files.

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "datasets/accuracy.hpp"
#include "training/model_writer.hpp"
#include "training/progress.hpp"
#include "training/softmax.hpp"

namespace vidi::training {

struct SoftmaxJob {
  std::filesystem::path data;    // the folder of MNIST's four files
  std::filesystem::path models;  // the folder of models
  SoftmaxOptions options;
  std::size_t validation = 5000;  // how many images, the last of the training set, are held out
  unsigned version = 1;
  bool force = false;
};

struct SoftmaxReport {
  std::optional<datasets::Accuracy> validation;
  datasets::Accuracy test;
  Destination destination;
  bool written = false;  // false: stopped before
};

// When `stop` becomes true before the model is written, nothing is written.
// Errors: those of load_mnist, train_softmax and write_model.
Result<SoftmaxReport> run(const SoftmaxJob& job, ProgressReporter& progress, const std::atomic<bool>& stop);

// The command that trains the same model again, with DIR for the data's folder.
std::string command_of(const SoftmaxJob& job);

}  // namespace vidi::training
