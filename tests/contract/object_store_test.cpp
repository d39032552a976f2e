#include <filesystem>

#include "contract/object_store_contract.hpp"
#include "objects/local/local_store.hpp"
#include "objects/memory/memory_store.hpp"

namespace vidi::objects {
namespace {

std::string fresh_folder() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string("vidi_") + test->test_suite_name() + test->name();
  std::ranges::replace(name, '/', '_');
  const auto folder = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  return folder.string();
}

std::unique_ptr<ObjectStore> make_local_store() { return local::open_store(fresh_folder()); }

// Segments so short that every test closes and compacts some.
std::unique_ptr<ObjectStore> make_local_store_of_short_segments() {
  return local::open_store(fresh_folder(), {.segment_size = 2000, .segment_entries = 10});
}

INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "memory", .make = memory::make_store}));
INSTANTIATE_TEST_SUITE_P(Local, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "local", .make = make_local_store},
                                         ObjectStoreFactory{.name = "local, short segments",
                                                            .make = make_local_store_of_short_segments}));

}  // namespace
}  // namespace vidi::objects
