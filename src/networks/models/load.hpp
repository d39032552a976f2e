#pragma once
// From a model's folder to something that answers, and the trial that it must pass before.

#include <cstdint>
#include <filesystem>
#include <memory>

#include "core/result.hpp"
#include "models/loaded_model.hpp"
#include "models/network_file.hpp"

namespace vidi::models {

// The folder's model.toml. Errors: invalid_argument (it is wrong, the folder has another name than it says, or the
// model makes features and no answers), not_found (there is none; the message shows one to begin with, where the folder
// holds a network).
Result<Description> describe_model(const std::filesystem::path& folder);

// How the network of that model is loaded.
inference::LoadOptions load_options(const Description& description);

// Loads one version and tries it out. Errors name the folder or file, and say what is wrong with it.
Result<std::shared_ptr<const LoadedModel>> load_version(const std::filesystem::path& folder, std::uint64_t version,
                                                        const Description& description);

// Asks the model about a picture that is drawn for the purpose: alone, and among others in a batch. Whether it answers
// each with as many finite numbers as it has classes, the same numbers both times, and probabilities where those are
// promised. The first answer of a network takes longest, so this warms it up too.
Result<void> try_out(const LoadedModel& model);

}  // namespace vidi::models
