#pragma once
// Pictures in Apache Cassandra, so that vidi and Cassandra alone keep everything and several servers share it.

#include <memory>
#include <string>

#include "core/secrets.hpp"
#include "objects/kind.hpp"
#include "objects/object_store.hpp"

namespace vidi::objects::cassandra {

// Returns at once: the cluster is looked for from then on, and everything is `unavailable` until it has answered.
// `url`: see cassandra/address.hpp. Throws std::runtime_error with a sentence for the operator when it is wrong.
std::unique_ptr<ObjectStore> open_store(const std::string& url, const Secrets& secrets);

// cassandra://HOSTS/KEYSPACE?OPTIONS
Kind kind();

}  // namespace vidi::objects::cassandra
