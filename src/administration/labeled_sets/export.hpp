#pragma once
// From predictions, what people said of them, and their pictures to a labeled set.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>

#include "labeled_sets/labeled_set.hpp"
#include "objects/object_store.hpp"
#include "records/record_store.hpp"

namespace vidi::labeled_sets {

struct LabeledExport {
  records::Query query;
  std::size_t most = 50;         // of the newest predictions; SIZE_MAX: all
  bool corrected = false;        // only those that a person has corrected
  std::filesystem::path folder;  // must be missing or empty
};

// Every picture once: under the label that a person gave it last, else under the newest result. What cannot be in the
// set is named on the standard error output. The folder is there as a whole when this returns, and as it was before
// when it throws: std::runtime_error when a store fails, the folder cannot be written, or nothing is left to write.
void export_labeled(records::RecordStore& records, objects::ObjectStore& objects, const LabeledExport& what,
                    const std::function<std::unique_ptr<LabeledSet>(const std::filesystem::path&)>& make_set);

}  // namespace vidi::labeled_sets
