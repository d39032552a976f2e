#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "objects/object_store.hpp"

namespace vidi::objects {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(OpenObjectStore, OpensWhatTheUrlNames) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "vidi_open_objects" / "deeper";
  std::filesystem::remove_all(folder.parent_path());
  EXPECT_TRUE(run(open_object_store("memory:")->check()));
  EXPECT_TRUE(run(open_object_store("file:" + folder.string())->check()));
  EXPECT_TRUE(std::filesystem::is_directory(folder));
  std::filesystem::remove_all(folder.parent_path());
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

}  // namespace
}  // namespace vidi::objects
