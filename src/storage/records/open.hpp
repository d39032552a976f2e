#pragma once
// The table of the kinds of record stores. Thread-safe. Every function throws std::runtime_error, naming the known
// kinds, when a URL is of none.

#include <memory>
#include <span>
#include <string>

#include "core/secrets.hpp"
#include "records/kind.hpp"
#include "records/record_store.hpp"

namespace vidi::records {

// In the order in which help names them.
std::span<const Kind> kinds();

const Kind& kind_of(const std::string& url);

// Throws std::runtime_error with a sentence for the operator when the store cannot be opened.
std::unique_ptr<RecordStore> open_record_store(const std::string& url, const Secrets& secrets = {});

}  // namespace vidi::records
