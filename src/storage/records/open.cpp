#include "records/open.hpp"

#include <vector>

#include "records/memory/memory_store.hpp"
#include "records/remote_kinds.hpp"
#include "records/sqlite/sqlite_store.hpp"

namespace vidi::records {

std::span<const Kind> kinds() {
  static const std::vector<Kind> table = [] {
    std::vector<Kind> all{sqlite::kind()};
    all.insert(all.end(), remote_kinds().begin(), remote_kinds().end());
    all.push_back(memory::kind());
    return all;
  }();
  return table;
}

const Kind& kind_of(const std::string& url) { return registry::kind_of(kinds(), url, "record store"); }

std::unique_ptr<RecordStore> open_record_store(const std::string& url, const Secrets& secrets) {
  return kind_of(url).open(url, secrets);
}

}  // namespace vidi::records
