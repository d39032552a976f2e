#pragma once
// The values of a dataset. For the other files of this folder.

#include <span>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "hdf5/object.hpp"

namespace vidi::hdf5 {

// Errors: as File::read.
Result<void> read_values(ByteView file, const Object& dataset, std::span<float> values);

}  // namespace vidi::hdf5
