#include "records/remote_kinds.hpp"

#include <array>

#include "records/cassandra/cassandra_store.hpp"

namespace vidi::records {

std::span<const Kind> remote_kinds() {
  static const std::array table{cassandra::kind()};
  return table;
}

}  // namespace vidi::records
