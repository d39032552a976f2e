#include "contract/failing_disk.hpp"
#include "contract/killed_process.hpp"
#include "objects/local/local_test.hpp"

namespace vidi::objects::local {
namespace {

using LocalStoreFailure = LocalStoreTest;
using testing::HasSubstr;

TEST_F(LocalStoreFailure, AfterAFailedFsyncNothingIsTakenUntilARestart) {
  for (const std::size_t size : {std::size_t{300}, std::size_t{100'000}}) {
    open();
    const Digest first = put(sample_picture(size, 1));
    const Bytes lost = sample_picture(size, 2);
    fsync_fails = true;
    const auto failed = run(store_->put(sha256(lost), lost));
    fsync_fails = false;
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::internal);
    // The disk says it is well again; what it lost meanwhile nobody knows.
    const Bytes next = sample_picture(size, 3);
    const auto refused = run(store_->put(sha256(next), next));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("until vidi is started again"));
    EXPECT_FALSE(run(store_->check()));
    EXPECT_TRUE(get(first).value());
    open();
    put(next);
    EXPECT_TRUE(get(first).value());
  }
}

// Puts pictures until one is refused; those that were acknowledged.
std::vector<Digest> put_until_refused(ObjectStore& store, std::size_t size, Error& refusal) {
  std::vector<Digest> acknowledged;
  for (unsigned i = 0; i < 100'000; ++i) {
    const Bytes picture = sample_picture(size, i);
    const Digest digest = sha256(picture);
    const auto done = run(store.put(digest, picture));
    if (!done) {
      refusal = done.error();
      break;
    }
    acknowledged.push_back(digest);
  }
  return acknowledged;
}

TEST_F(LocalStoreFailure, GoesOnWhenAFullDiskHasRoomAgain) {
  open();
  Error refusal;
  std::vector<Digest> acknowledged;
  {
    const LimitedFileSize limit(500'000);
    acknowledged = put_until_refused(*store_, 5000, refusal);
    // What is there already needs no room.
    put(sample_picture(5000, 0));
  }
  EXPECT_EQ(refusal.code, ErrorCode::internal);
  EXPECT_EQ(refusal.message, "the disk that holds the pictures is full: make room on it");
  ASSERT_FALSE(acknowledged.empty());
  const Digest after = put(sample_picture(5000, 1'000'000));
  for (const bool reopened : {false, true}) {
    if (reopened) open();
    for (const Digest& digest : acknowledged) EXPECT_TRUE(get(digest).value());
    EXPECT_TRUE(get(after).value());
  }
}

std::string fill_a_small_file_system(const std::filesystem::path& folder, std::size_t picture_size) {
  if (!mount_small_file_system(folder, "8m")) return "skip";
  write_file(folder / "ballast", std::string(4'000'000, 'x'));
  const auto store = open_store((folder / "objects").string());
  Error refusal;
  const auto acknowledged = put_until_refused(*store, picture_size, refusal);
  write_file(folder / "the rest", std::string(8'000'000, 'x'));
  if (run(store->check())) return "the check says the store is ready";
  std::filesystem::remove(folder / "ballast");
  const Bytes picture = sample_picture(picture_size, 1'000'000);
  const auto after = run(store->put(sha256(picture), picture));
  if (!after) return "refused although there is room: " + after.error().message;
  if (!run(store->check())) return "the check says the store is not ready";
  for (const Digest& digest : acknowledged) {
    const auto found = run(store->get(digest));
    if (!found || !*found) return "an acknowledged picture is lost";
  }
  return refusal.message;
}

TEST_F(LocalStoreFailure, SaysThatTheDiskIsFull) {
  for (const std::size_t size : {std::size_t{5000}, std::size_t{100'000}}) {
    const std::string said = in_child([&] { return fill_a_small_file_system(folder_, size); });
    if (said == "skip") GTEST_SKIP() << "only root may mount a small file system";
    EXPECT_EQ(said, "the disk that holds the pictures is full: make room on it");
  }
}

}  // namespace
}  // namespace vidi::objects::local
