#pragma once
// Stores as commands use them that end: waited for, and read from one end to the other.

#include <functional>
#include <string>

#include "core/result.hpp"
#include "core/secrets.hpp"
#include "objects/object_store.hpp"
#include "records/record_store.hpp"

namespace vidi::maintenance {

// Opening a store makes what is missing of it, and who only reads must make nothing. Throw std::runtime_error when a
// store has never been made, or cannot be reached.
void check_records_exist(const std::string& url, const Secrets& secrets);
void check_objects_exist(const std::string& url, const Secrets& secrets);

// A store elsewhere is looked for from the moment it is opened. Throws std::runtime_error when it is not found in time.
void wait_until_ready(records::RecordStore& store);
void wait_until_ready(objects::ObjectStore& store);

// Calls `visit` with every prediction that the query finds, newest first, until it returns false; its limit is that of
// a page. Whether it has been all of them. Throws std::runtime_error when the store fails.
bool for_each(records::RecordStore& store, records::Query query,
              const std::function<bool(records::Prediction&)>& visit);

}  // namespace vidi::maintenance
