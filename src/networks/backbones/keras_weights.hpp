#pragma once
// Weights that Keras wrote: HDF5 in the layout of Keras 1 and 2 (a group for each layer, in model.save_weights("x.h5")
// and model.save("x.h5")) or of Keras 3 (layers/KIND_NUMBER/vars/POSITION, in x.weights.h5, and in x.keras, a zip
// archive that holds model.weights.h5).

#include <filesystem>
#include <memory>
#include <string>

#include "backbones/weight_source.hpp"
#include "core/bytes.hpp"

namespace vidi::backbones {

// A layer is found by its name, wherever in a larger network it is; in files of Keras 3 without names by its number
// among those of its kind. Its variables may be of floats of any width, compressed or not.
// Errors: not_found (no such file), undecodable (it is neither HDF5 nor an archive with it, or damaged). Of read():
// invalid_argument (no such layer or variable, several of that name, another shape or type, a value that is no number).
Result<std::unique_ptr<WeightSource>> open_keras_weights(const std::filesystem::path& path);

// The same of HDF5 in memory. `name`: of the file, for messages.
Result<std::unique_ptr<WeightSource>> read_keras_weights(Bytes hdf5, const std::string& name);

}  // namespace vidi::backbones
