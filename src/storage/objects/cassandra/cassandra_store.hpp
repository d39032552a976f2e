#pragma once
// Pictures in Apache Cassandra, so that vidi and Cassandra alone keep everything and several servers share it.

#include <memory>
#include <string>

#include "cassandra/access.hpp"
#include "cassandra/session.hpp"
#include "objects/object_store.hpp"

namespace vidi::objects::cassandra {

// Returns at once: the cluster is looked for from then on, and everything is `unavailable` until it has answered.
// `url`: see cassandra/address.hpp. Throws std::runtime_error with a sentence for the operator when it is wrong.
std::unique_ptr<ObjectStore> open_store(const std::string& url, const vidi::cassandra::Access& access);

// Whether a vidi has made its tables for pictures in the keyspace. Makes nothing. Errors: those of the session.
Task<Result<bool>> has_tables(vidi::cassandra::Session& session, std::string keyspace);

}  // namespace vidi::objects::cassandra
