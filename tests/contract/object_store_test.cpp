#include <filesystem>

#include "contract/object_store_contract.hpp"
#include "objects/local/local_store.hpp"
#include "objects/memory/memory_store.hpp"

namespace vidi::objects {
namespace {

std::unique_ptr<ObjectStore> make_memory_store(const std::filesystem::path&) { return memory::make_store(); }

std::unique_ptr<ObjectStore> make_local_store(const std::filesystem::path& folder) {
  return local::open_store(folder.string());
}

// Segments so short that most tests close and compact some.
std::unique_ptr<ObjectStore> make_local_store_of_short_segments(const std::filesystem::path& folder) {
  return local::open_store(folder.string(), {.segment_size = 2000, .segment_entries = 10});
}

INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "memory", .make = make_memory_store}));
INSTANTIATE_TEST_SUITE_P(Local, ObjectStoreContract,
                         testing::Values(ObjectStoreFactory{.name = "local", .make = make_local_store},
                                         ObjectStoreFactory{.name = "local, short segments",
                                                            .make = make_local_store_of_short_segments}));

}  // namespace
}  // namespace vidi::objects
