#include <filesystem>

#include "contract/record_store_contract.hpp"
#include "records/memory/memory_store.hpp"
#include "records/sqlite/sqlite_store.hpp"

namespace vidi::records {
namespace {

std::unique_ptr<RecordStore> make_sqlite_store() {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string name = std::string("vidi_") + test->test_suite_name() + test->name();
  std::ranges::replace(name, '/', '_');
  const auto folder = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(folder);
  return sqlite::open_store((folder / "records.db").string());
}

INSTANTIATE_TEST_SUITE_P(Memory, RecordStoreContract,
                         testing::Values(RecordStoreFactory{.name = "memory", .make = memory::make_store}));
INSTANTIATE_TEST_SUITE_P(Sqlite, RecordStoreContract,
                         testing::Values(RecordStoreFactory{.name = "sqlite", .make = make_sqlite_store}));

}  // namespace
}  // namespace vidi::records
