#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "records/open.hpp"
#include "registry/registry.hpp"
#include "support/fresh_folder.hpp"

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

TEST(RecordStoreKinds, EachStateWhatErrorsAndHelpNeed) {
  for (const Kind& kind : kinds()) {
    EXPECT_THAT(std::string(kind.traits.form), testing::StartsWith(std::string(kind.traits.scheme) + ":"));
    EXPECT_THAT([] { kind_of("none"); }, ThrowsMessage<std::runtime_error>(HasSubstr(std::string(kind.traits.form))));
    EXPECT_TRUE(kind.open != nullptr) << kind.traits.scheme;
    EXPECT_FALSE(kind.traits.is_path && kind.traits.is_remote) << kind.traits.scheme;
  }
}

TEST(RecordStoreKinds, AreFoundByTheWholeScheme) {
  EXPECT_EQ(kind_of("memory:").traits.scheme, "memory");
  EXPECT_THROW(kind_of("memor:"), std::runtime_error);
  EXPECT_THROW(kind_of("memory"), std::runtime_error);
}

TEST(RecordStoreKinds, OneIsForADataFolder) {
  const std::string url = registry::url_in(kinds(), "data");
  EXPECT_EQ(url, "sqlite:data/records.db");
  EXPECT_EQ(registry::path_of(kinds(), url), std::filesystem::path("data/records.db"));
  EXPECT_EQ(registry::path_of(kinds(), "memory:"), std::nullopt);
}

TEST(RecordStoreKinds, ShareSettingsThatAreListedOnce) {
  std::vector<Setting> settings;
  registry::add_settings(kinds(), settings);
  const std::size_t first = settings.size();
  registry::add_settings(kinds(), settings);
  EXPECT_EQ(settings.size(), first);
  EXPECT_THAT(settings, testing::Each(testing::Field(&Setting::type, SettingType::text)));
}

}  // namespace
}  // namespace vidi::records
