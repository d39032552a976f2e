#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "contract/object_store_contract.hpp"
#include "contract/services.hpp"
#include "objects/cassandra/cassandra_store.hpp"
#include "objects/s3/s3_store.hpp"

namespace vidi::objects {
namespace {

std::unique_ptr<ObjectStore> make_cassandra_store(const std::filesystem::path&) {
  auto store = cassandra::open_store("cassandra://" + test::address_of("cassandra") + "/" + test::fresh_name(), {});
  for (int i = 0; i < 1200 && !run(store->check()); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return store;
}

std::unique_ptr<ObjectStore> make_s3_store(const std::filesystem::path&) {
  const std::string endpoint = "http://" + test::address_of("s3");
  return s3::open_store("s3://pictures/" + test::fresh_name() + "?endpoint=" + endpoint,
                        {.access_key = "test", .secret_key = "testtest", .session_token = ""});
}

class S3Library : public testing::Environment {
 public:
  void TearDown() override { s3::finish(); }
};
[[maybe_unused]] const auto* const kLibrary = testing::AddGlobalTestEnvironment(new S3Library);

INSTANTIATE_TEST_SUITE_P(Cassandra, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "cassandra", .make = make_cassandra_store}));
INSTANTIATE_TEST_SUITE_P(S3, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "s3", .make = make_s3_store}));

}  // namespace
}  // namespace vidi::objects
