#pragma once
// The kinds of record stores that several machines share, apart from the others: a program that records for a cluster
// of machines links no others, and so needs none of their libraries.

#include <span>

#include "records/kind.hpp"

namespace vidi::records {

// Thread-safe.
std::span<const Kind> remote_kinds();

}  // namespace vidi::records
