#pragma once
// Measuring a model on folders of labeled pictures.

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/labeled_folders.hpp"
#include "models/loaded_model.hpp"
#include "recognition/recognizer.hpp"

namespace vidi::evaluation {

// Prints how often the model is right, by label and by group, of each folder, and what it takes for what. Every picture
// takes the whole way that an uploaded one takes. What is no picture is counted apart, and the first few are named.
// Returns the exit status: 1 where no picture could be recognized. Throws std::runtime_error: a folder's name is
// nothing that the model knows.
int evaluate_folders(recognition::Recognizer& recognizer, const models::LoadedModel& model,
                     const std::vector<datasets::LabeledFile>& files, bool json);

}  // namespace vidi::evaluation
