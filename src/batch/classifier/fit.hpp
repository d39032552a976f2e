#pragma once
// `vidi fit`: from the output of `vidi features` to a model that is served.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "classifier/classifier.hpp"
#include "classifier/evaluation.hpp"
#include "core/result.hpp"
#include "model_writing/model_writer.hpp"

namespace vidi::classifier {

struct FitJob {
  std::filesystem::path features;             // the output of `vidi features`
  std::vector<std::filesystem::path> also;    // further tables to learn from, made with --apply of that one
  std::size_t originals = 1;                  // how often a picture counts that is no variant
  std::optional<std::filesystem::path> test;  // the same, made with --apply of that one
  model_writing::Destination destination;
  TrainingOptions training;
  bool half = false;                                 // weights in half precision
  std::string description;                           // empty: one that says what it is
  std::string unknown;                               // what is said of a picture of none; empty: nothing of its own
  std::optional<std::filesystem::path> information;  // of the labels: docs/reference/formats/model.md
  std::optional<std::filesystem::path> groups;       // lines "label,group" instead
  std::string command;                               // what makes the model again
};

struct FitResult {
  Trained trained;
  Groups groups;
  std::optional<Evaluation> test;
  std::size_t bytes = 0;  // of the network
  std::vector<std::string> warnings;
};

// Writes ROOT/NAME/VERSION/model.onnx, ROOT/NAME/model.toml, ROOT/NAME/report and the information. Nothing is written
// before all of it is there. Errors: invalid_argument (tables that do not belong together, a label that is in one and
// not in the other, files that are missing or wrong), conflict (the version exists), internal (the disk refuses).
Result<FitResult> fit(const FitJob& job);

// Lines "label,group" or "label<tab>group"; empty ones and those that begin with # are left out. Error
// invalid_argument: no such file, or a line without a group; the message names it.
Result<Groups> read_groups(const std::filesystem::path& file);

}  // namespace vidi::classifier
