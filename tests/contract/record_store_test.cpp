#include <filesystem>

#include "contract/record_store_contract.hpp"
#include "records/memory/memory_store.hpp"
#include "records/sqlite/sqlite_store.hpp"

namespace vidi::records {
namespace {

std::unique_ptr<RecordStore> make_memory_store(const std::filesystem::path&) { return memory::make_store(); }

std::unique_ptr<RecordStore> make_sqlite_store(const std::filesystem::path& folder) {
  return sqlite::open_store((folder / "records.db").string());
}

INSTANTIATE_TEST_SUITE_P(Memory, RecordStoreContract,
                         testing::Values(RecordStoreFactory{.name = "memory", .make = make_memory_store}));
INSTANTIATE_TEST_SUITE_P(Sqlite, RecordStoreContract,
                         testing::Values(RecordStoreFactory{.name = "sqlite", .make = make_sqlite_store}));

}  // namespace
}  // namespace vidi::records
