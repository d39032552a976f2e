#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "contract/fresh_folder.hpp"
#include "records/record_store.hpp"

namespace vidi::records {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(OpenRecordStore, OpensWhatTheUrlNames) {
  const FreshFolder parent;
  const auto folder = parent.path() / "deeper";
  EXPECT_TRUE(run(open_record_store("memory:")->check()));
  EXPECT_TRUE(run(open_record_store("sqlite:" + (folder / "records.db").string())->check()));
  EXPECT_TRUE(std::filesystem::exists(folder / "records.db"));
}

TEST(OpenRecordStore, NamesTheUnknownSchemeAndTheKnownOnes) {
  for (const std::string url : {"redis://localhost", "records.db", "", "sqlite", "SQLITE:x"}) {
    EXPECT_THAT([&] { open_record_store(url); },
                ThrowsMessage<std::runtime_error>(
                    testing::AllOf(HasSubstr('"' + url + '"'), HasSubstr("sqlite:PATH"), HasSubstr("memory:"))));
  }
}

TEST(OpenRecordStore, RefusesAUrlThatSaysTooMuchOrTooLittle) {
  EXPECT_THROW(open_record_store("memory:x"), std::runtime_error);
  EXPECT_THAT([] { open_record_store("sqlite:"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("sqlite:data/records.db")));
}

}  // namespace
}  // namespace vidi::records
