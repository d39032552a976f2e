#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "contract/record_store_contract.hpp"
#include "contract/services.hpp"
#include "records/cassandra/cassandra_store.hpp"

namespace vidi::records {
namespace {

// In a keyspace of its own.
std::unique_ptr<RecordStore> make_store(const std::filesystem::path&) {
  auto store = cassandra::open_store("cassandra://" + test::address_of("cassandra") + "/" + test::fresh_name(), {});
  for (int i = 0; i < 1200; ++i) {
    if (run(store->check())) return store;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error(run(store->check()).error().message);
}

INSTANTIATE_TEST_SUITE_P(Cassandra, RecordStoreContract,
                         testing::Values(RecordStoreFactory{.name = "cassandra", .make = make_store, .shared = true}));

}  // namespace
}  // namespace vidi::records
