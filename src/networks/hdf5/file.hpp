#pragma once
// Reads datasets of floats from HDF5 files in the form that h5py, and so Keras, writes them: superblock version 0 or 1,
// groups with symbol tables, values in one piece or in chunks with deflate, shuffle and fletcher32 (HDF5 File Format
// Specification, version 3.0). Our own, since a damaged file crashes the HDF5 library of Debian: nothing that a file
// says is believed unchecked here.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::hdf5 {

struct Dataset {
  std::string path;    // "/layers/conv2d/vars/0"
  std::string parent;  // the text of the attribute `name` of the group that holds it; empty: it has none
  std::vector<std::int64_t> shape;
  std::uint64_t address = 0;  // of its header
};

// Any number of threads may read a file at the same time.
class File {
 public:
  // Errors: undecodable (it is not HDF5, damaged, or of a newer form).
  static Result<File> open(Bytes bytes);

  // Every dataset that hard links lead to, in the order of names, each as often as it has a path.
  [[nodiscard]] const std::vector<Dataset>& datasets() const { return datasets_; }

  // Fills `values`, as many as the shape holds. Errors: invalid_argument (its values are not of floats, in other files,
  // or kept in a form that is not read here), undecodable (damaged).
  [[nodiscard]] Result<void> read(const Dataset& dataset, std::span<float> values) const;

 private:
  Bytes bytes_;
  std::vector<Dataset> datasets_;
};

}  // namespace vidi::hdf5
