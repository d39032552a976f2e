#include "objects/open.hpp"

#include <array>

#include "objects/cassandra/cassandra_store.hpp"
#include "objects/local/local_store.hpp"
#include "objects/memory/memory_store.hpp"
#include "objects/s3/s3_store.hpp"

namespace vidi::objects {

std::span<const Kind> kinds() {
  static const std::array table{local::kind(), s3::kind(), cassandra::kind(), memory::kind()};
  return table;
}

const Kind& kind_of(const std::string& url) { return registry::kind_of(kinds(), url, "object store"); }

std::unique_ptr<ObjectStore> open_object_store(const std::string& url, const Secrets& secrets) {
  return kind_of(url).open(url, secrets);
}

Libraries::~Libraries() {
  for (const Kind& kind : kinds()) {
    if (kind.finish != nullptr) kind.finish();
  }
}

}  // namespace vidi::objects
