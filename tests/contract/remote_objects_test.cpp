#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "contract/object_store_contract.hpp"
#include "objects/cassandra/cassandra_store.hpp"
#include "objects/s3/s3_store.hpp"

namespace vidi::objects {
namespace {

// HOST:PORT of the service that scripts/`script` has started for the tests in the folder that `variable` names.
std::string address(const char* variable, const std::string& script) {
  const char* folder = std::getenv(variable);
  if (folder == nullptr) throw std::runtime_error(std::string(variable) + " names no folder of scripts/" + script);
  std::string address;
  std::ifstream(std::filesystem::path(folder) / "address") >> address;
  if (address.empty()) throw std::runtime_error("nothing runs in " + std::string(folder));
  return address;
}

// Every store is empty at first: it has a name of its own.
std::string fresh_name() {
  static std::atomic<int> count = 0;
  return "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

std::unique_ptr<ObjectStore> make_cassandra_store(const std::filesystem::path&) {
  auto store = cassandra::open_store(
      "cassandra://" + address("VIDI_TEST_CASSANDRA", "cassandra.sh") + "/" + fresh_name(), {});
  for (int i = 0; i < 1200 && !run(store->check()); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return store;
}

std::unique_ptr<ObjectStore> make_s3_store(const std::filesystem::path&) {
  const std::string endpoint = "http://" + address("VIDI_TEST_S3", "s3.sh");
  return s3::open_store("s3://pictures/" + fresh_name() + "?endpoint=" + endpoint,
                        {.access_key = "test", .secret_key = "testtest", .session_token = ""});
}

INSTANTIATE_TEST_SUITE_P(Cassandra, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "cassandra", .make = make_cassandra_store}));
INSTANTIATE_TEST_SUITE_P(S3, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "s3", .make = make_s3_store}));

}  // namespace
}  // namespace vidi::objects
