#pragma once
// The disk under the pictures.

#include "files/atomic_file.hpp"
#include "files/file.hpp"

namespace vidi::objects::local {

using files::DiskFailed;
using files::Failure;
using files::File;
using files::kDiskFailed;
using files::Outcome;
using files::synchronize_folder;
using files::write_whole;

inline Error explain(const Failure& failure) { return files::explain(failure, "the pictures"); }

}  // namespace vidi::objects::local
