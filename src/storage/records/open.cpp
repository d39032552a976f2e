#include <fmt/format.h>

#include <stdexcept>
#include <string_view>

#include "records/cassandra/cassandra_store.hpp"
#include "records/memory/memory_store.hpp"
#include "records/record_store.hpp"
#include "records/sqlite/sqlite_store.hpp"

namespace vidi::records {

std::unique_ptr<RecordStore> open_record_store(const std::string& url, const vidi::cassandra::Access& access) {
  const std::size_t colon = url.find(':');
  const std::string scheme = url.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : url.substr(colon + 1);
  if (colon != std::string::npos && scheme == "memory") {
    if (!rest.empty()) throw std::runtime_error(fmt::format("the record store \"{}\" must be just \"memory:\"", url));
    return memory::make_store();
  }
  if (colon != std::string::npos && scheme == "sqlite") return sqlite::open_store(rest);
  if (is_remote(url)) return cassandra::open_store(url, access);
  throw std::runtime_error(fmt::format(
      "the record store \"{}\" is of no known kind: known are sqlite:PATH, cassandra://HOSTS/KEYSPACE and memory:",
      url));
}

bool is_remote(const std::string& url) { return url.starts_with("cassandra:"); }

}  // namespace vidi::records
