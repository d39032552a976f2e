#pragma once
// Measuring a model on folders of labeled pictures. Thread-safe.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/evaluation.hpp"
#include "datasets/labeled_folders.hpp"
#include "models/loaded_model.hpp"
#include "recognition/recognizer.hpp"

namespace vidi::evaluation {

struct MeasuredFolders {
  datasets::Evaluation evaluation;
  std::size_t unreadable = 0;  // files that are no pictures, which are not in it
};

// The first few files that are no pictures are named to it, from any thread, one after another.
using Unreadable = std::function<void(const std::filesystem::path& file, const std::string& why)>;
inline constexpr std::size_t kNamed = 10;  // so many

// How often the model is right, by label and by group, of each folder, and what it takes for what. Every picture takes
// the whole way that an uploaded one takes. Throws std::runtime_error: a folder's name is nothing that the model knows.
MeasuredFolders evaluate_folders(recognition::Recognizer& recognizer, const models::LoadedModel& model,
                                 const std::vector<datasets::LabeledFile>& files, const Unreadable& unreadable);

// For a terminal, and for programs: whole lines.
std::string to_text(const MeasuredFolders& measured);
std::string to_json(const MeasuredFolders& measured, const models::LoadedModel& model);

}  // namespace vidi::evaluation
