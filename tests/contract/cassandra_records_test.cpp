#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "contract/record_store_contract.hpp"
#include "records/cassandra/cassandra_store.hpp"

namespace vidi::records {
namespace {

// HOST:PORT of the Cassandra that scripts/cassandra.sh has started for the tests.
std::string address() {
  const char* folder = std::getenv("VIDI_TEST_CASSANDRA");
  if (folder == nullptr) throw std::runtime_error("VIDI_TEST_CASSANDRA names no folder of scripts/cassandra.sh");
  std::string address;
  std::ifstream(std::filesystem::path(folder) / "address") >> address;
  if (address.empty()) throw std::runtime_error(std::string("no Cassandra runs in ") + folder);
  return address;
}

// In a keyspace of its own.
std::unique_ptr<RecordStore> make_store(const std::filesystem::path&) {
  static std::atomic<int> count = 0;
  const std::string keyspace = "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
  auto store = cassandra::open_store("cassandra://" + address() + "/" + keyspace, {});
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
