#include <fmt/format.h>

#include <stdexcept>

#include "objects/cassandra/cassandra_store.hpp"
#include "objects/local/local_store.hpp"
#include "objects/memory/memory_store.hpp"
#include "objects/object_store.hpp"
#include "objects/s3/s3_store.hpp"

namespace vidi::objects {

std::unique_ptr<ObjectStore> open_object_store(const std::string& url, const vidi::cassandra::Access& access) {
  const std::size_t colon = url.find(':');
  const std::string scheme = url.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : url.substr(colon + 1);
  if (colon != std::string::npos && scheme == "memory") {
    if (!rest.empty()) throw std::runtime_error(fmt::format("the object store \"{}\" must be just \"memory:\"", url));
    return memory::make_store();
  }
  if (colon != std::string::npos && scheme == "file") return local::open_store(rest);
  if (colon != std::string::npos && scheme == "s3") return s3::open_store(url, s3::credentials_from_environment());
  if (colon != std::string::npos && scheme == "cassandra") return cassandra::open_store(url, access);
  throw std::runtime_error(
      fmt::format("the object store \"{}\" is of no known kind: known are file:FOLDER, "
                  "s3://BUCKET/PREFIX, cassandra://HOSTS/KEYSPACE and memory:",
                  url));
}

Libraries::~Libraries() { s3::finish(); }

bool is_remote(const std::string& url) { return url.starts_with("s3:") || url.starts_with("cassandra:"); }

}  // namespace vidi::objects
