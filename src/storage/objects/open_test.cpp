#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "contract/fresh_folder.hpp"
#include "objects/object_store.hpp"

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

}  // namespace
}  // namespace vidi::objects
