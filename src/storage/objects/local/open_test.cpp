#include <stdexcept>

#include "contract/killed_process.hpp"
#include "objects/local/local_test.hpp"

namespace vidi::objects::local {
namespace {

using LocalStoreOpening = LocalStoreTest;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST_F(LocalStoreOpening, KeepsEverythingOverARestart) {
  for (const Options& options : {Options{}, Options{.segment_size = 2000}, Options{.small_limit = 10}}) {
    open(options);
    const Digest empty = put({});
    const Digest small = put(sample_picture(300, 1));
    const Digest large = put(sample_picture(200'000, 2));
    for (unsigned i = 0; i < 20; ++i) put(sample_picture(300, 100 + i));
    open(options);
    EXPECT_EQ(get(empty).value(), Bytes());
    EXPECT_EQ(get(small).value(), sample_picture(300, 1));
    EXPECT_EQ(get(large).value(), sample_picture(200'000, 2));
    EXPECT_TRUE(remove(small));
    open(options);
    EXPECT_FALSE(contains(small));
  }
}

TEST_F(LocalStoreOpening, APictureIsStoredOnce) {
  open();
  put(sample_picture(1000, 1));
  close();
  const auto once = std::filesystem::file_size(files(".segment").at(0));
  open();
  put(sample_picture(1000, 1));
  put(sample_picture(1000, 1));
  close();
  EXPECT_EQ(std::filesystem::file_size(files(".segment").at(0)), once);
}

TEST_F(LocalStoreOpening, TwoMayNotHaveTheSameFolderOpen) {
  open();
  EXPECT_THAT([&] { open_store(folder_.string()); },
              ThrowsMessage<std::runtime_error>(HasSubstr("in use by another process")));
  close();
  open();
}

TEST_F(LocalStoreOpening, SaysThatAFolderIsReadOnly) {
  open();
  close();
  std::filesystem::permissions(folder_ / "lock", std::filesystem::perms(0444));
  const std::string said = in_child([&]() -> std::string {
    if (!become_nobody()) return "skip";
    open_store(folder_.string());
    return "opened";
  });
  if (said == "skip") GTEST_SKIP() << "only root may become a user who cannot write";
  EXPECT_THAT(said, HasSubstr("cannot be written: Permission denied"));
}

TEST_F(LocalStoreOpening, SaysThatAFolderCannotBeMade) {
  write_file(folder_, "a file");
  EXPECT_THAT([&] { open(); }, ThrowsMessage<std::runtime_error>(HasSubstr("cannot be made")));
}

TEST_F(LocalStoreOpening, SweepsWhatInterruptedWritesHaveLeft) {
  open();
  close();
  write_file(folder_ / "temporary" / "7", "half a picture");
  write_file(folder_ / "segments" / "0000000009.new", "half an index");
  write_file(folder_ / "segments" / "0000000009.index", "an index without its segment");
  open();
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "temporary"));
  EXPECT_TRUE(files(".new").empty());
  EXPECT_TRUE(files(".index").empty());
}

}  // namespace
}  // namespace vidi::objects::local
