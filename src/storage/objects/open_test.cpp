#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "objects/open.hpp"
#include "registry/registry.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::objects {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(OpenObjectStore, OpensWhatTheUrlNames) {
  const FreshFolder parent;
  const auto folder = parent.path() / "deeper";
  EXPECT_TRUE(run(open_object_store("memory:")->check()));
  EXPECT_TRUE(run(open_object_store("file:" + folder.string())->check()));
  EXPECT_TRUE(std::filesystem::is_directory(folder));
}

TEST(OpenObjectStore, NamesTheUnknownSchemeAndTheKnownOnes) {
  for (const std::string url : {"ftp://localhost", "data/objects", "", "file", "FILE:x"}) {
    EXPECT_THAT([&] { open_object_store(url); },
                ThrowsMessage<std::runtime_error>(
                    testing::AllOf(HasSubstr('"' + url + '"'), HasSubstr("file:FOLDER"), HasSubstr("memory:"))));
  }
}

TEST(OpenObjectStore, RefusesAUrlThatSaysTooMuchOrTooLittle) {
  EXPECT_THROW(open_object_store("memory:x"), std::runtime_error);
  EXPECT_THAT([] { open_object_store("file:"); }, ThrowsMessage<std::runtime_error>(HasSubstr("file:data/objects")));
}

TEST(ObjectStoreKinds, EachStateWhatErrorsAndHelpNeed) {
  for (const Kind& kind : kinds()) {
    EXPECT_THAT(std::string(kind.traits.form), testing::StartsWith(std::string(kind.traits.scheme) + ":"));
    EXPECT_THAT([] { kind_of("none"); }, ThrowsMessage<std::runtime_error>(HasSubstr(std::string(kind.traits.form))));
    EXPECT_TRUE(kind.open != nullptr) << kind.traits.scheme;
    EXPECT_FALSE(kind.traits.is_path && kind.traits.is_remote) << kind.traits.scheme;
  }
}

TEST(ObjectStoreKinds, AreFoundByTheWholeScheme) {
  EXPECT_EQ(kind_of("memory:").traits.scheme, "memory");
  EXPECT_THROW(kind_of("memor:"), std::runtime_error);
  EXPECT_THROW(kind_of("memory"), std::runtime_error);
}

TEST(ObjectStoreKinds, OneIsForADataFolder) {
  const std::string url = registry::url_in(kinds(), "data");
  EXPECT_EQ(url, "file:data/objects");
  EXPECT_EQ(registry::path_of(kinds(), url), std::filesystem::path("data/objects"));
  EXPECT_EQ(registry::path_of(kinds(), "memory:"), std::nullopt);
}

TEST(ObjectStoreKinds, ShareSettingsThatAreListedOnce) {
  std::vector<Setting> settings;
  registry::add_settings(kinds(), settings);
  const std::size_t first = settings.size();
  registry::add_settings(kinds(), settings);
  EXPECT_EQ(settings.size(), first);
  EXPECT_THAT(settings, testing::Each(testing::Field(&Setting::type, SettingType::text)));
}

}  // namespace
}  // namespace vidi::objects
