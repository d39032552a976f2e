#pragma once
// From predictions, what people said of them, and their pictures to a labeled set.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/uuid.hpp"
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

struct ExportedSet {
  std::size_t pictures = 0;
  std::size_t left_out = 0;  // predictions that cannot be in the set
  std::size_t repeated = 0;  // predictions of a picture that another prediction has brought into it
  std::string written;       // in words, as LabeledSet::finish() says it
};

// "3 left out, 2 of a picture that is there already"
std::string describe_left_out(const ExportedSet& set);

// Called with each prediction that cannot be in the set, and why.
using LeftOut = std::function<void(const Uuid& id, const std::string& why)>;

// Every picture once: under the label that a person gave it last, else under the newest result. The folder is there as
// a whole when this returns, and as it was before when it throws: std::runtime_error when a store fails, the folder
// cannot be written, or nothing is left to write. Not thread-safe.
ExportedSet export_labeled(records::RecordStore& records, objects::ObjectStore& objects, const LabeledExport& what,
                           const std::function<std::unique_ptr<LabeledSet>(const std::filesystem::path&)>& make_set,
                           const LeftOut& left_out);

}  // namespace vidi::labeled_sets
