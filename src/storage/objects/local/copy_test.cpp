#include "objects/local/copy.hpp"

#include <stop_token>
#include <thread>

#include "objects/local/local_test.hpp"

namespace vidi::objects::local {
namespace {

constexpr Options kManySegments{.segment_size = 20'000, .segment_entries = 1000};

class LocalStoreCopy : public LocalStoreTest {
 protected:
  Copied copy() const { return copy_folder(folder_, copy_); }

  // Which of the pictures the copy does not have.
  std::vector<std::size_t> missing(const std::vector<Digest>& digests) const {
    const auto store = open_store(copy_.string(), kManySegments);
    std::vector<std::size_t> missing;
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const auto got = run(store->get(digests[i]));
      if (!got || !*got) missing.push_back(i);
    }
    return missing;
  }

  std::vector<Digest> put_many(unsigned from, unsigned to) {
    std::vector<Digest> digests;
    for (unsigned i = from; i < to; ++i) digests.push_back(put(sample_picture(i % 50 == 0 ? 70'000 : 300, i)));
    return digests;
  }

  const std::filesystem::path copy_ = fresh_.path() / "copy";
};

TEST_F(LocalStoreCopy, HasEveryPictureOfAnOpenStore) {
  open(kManySegments);
  const auto digests = put_many(0, 150);
  copy();
  EXPECT_THAT(missing(digests), testing::IsEmpty());
}

TEST_F(LocalStoreCopy, TakesOnlyWhatIsNew) {
  open(kManySegments);
  auto digests = put_many(0, 250);
  const Copied first = copy();
  EXPECT_THAT(missing(digests), testing::IsEmpty());
  for (const Digest& digest : put_many(501, 510)) digests.push_back(digest);
  const Copied second = copy();
  EXPECT_GT(first.files, 10U);
  EXPECT_LE(second.files, 2U);
  EXPECT_THAT(missing(digests), testing::IsEmpty());
}

TEST_F(LocalStoreCopy, FollowsRemovals) {
  open(kManySegments);
  const auto digests = put_many(0, 150);
  copy();
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (i % 10 != 3) remove(digests[i]);
  }
  copy();
  std::vector<std::size_t> removed;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (i % 10 != 3) removed.push_back(i);
  }
  EXPECT_EQ(missing(digests), removed);
}

// Of the newest segment neither size nor beginning tell that something was added: zeros were there before.
TEST_F(LocalStoreCopy, HasWhatWasAddedToTheNewestSegmentSince) {
  open();
  auto digests = put_many(1, 10);
  copy();
  for (const Digest& digest : put_many(10, 20)) digests.push_back(digest);
  copy();
  EXPECT_THAT(missing(digests), testing::IsEmpty());
}

// Segments are compacted away while they are copied; what is not removed must never be missing.
TEST_F(LocalStoreCopy, LosesNothingToCompactionsMeanwhile) {
  // So short that what stays often goes on to a segment that is newer than all that are being copied.
  open({.segment_size = 3000, .segment_entries = 1000});
  // What takes the most time to copy comes first.
  for (unsigned i = 0; i < 80; ++i) put(sample_picture(60'000, 100'000 + i));
  std::vector<Digest> stay;
  std::vector<Digest> go;
  for (unsigned i = 0; i < 200; ++i) {
    (i % 4 == 0 ? stay : go).push_back(put(sample_picture(300, i)));
  }
  const std::jthread churn([&](const std::stop_token& enough) {
    for (unsigned next = 1000; !enough.stop_requested();) {
      for (const Digest& digest : go) remove(digest);
      go.clear();
      // What stays moves on together, so it must lie among more of what goes to move again.
      while (go.size() < 150) go.push_back(put(sample_picture(300, next++)));
    }
  });
  for (int i = 0; i < 2; ++i) {
    std::filesystem::remove_all(copy_);
    copy();
    ASSERT_THAT(missing(stay), testing::IsEmpty()) << "copy " << i;
  }
}

// The same numbers, other pictures.
TEST_F(LocalStoreCopy, ReplacesTheCopyOfAnotherFolder) {
  open(kManySegments);
  put_many(0, 100);
  copy();
  close();
  std::filesystem::remove_all(folder_);
  open(kManySegments);
  const auto digests = put_many(1000, 1100);
  copy();
  EXPECT_THAT(missing(digests), testing::IsEmpty());
}

TEST_F(LocalStoreCopy, IsNotMadeWhereAStoreIsOpen) {
  open(kManySegments);
  EXPECT_THAT([&] { copy_folder(folder_, folder_); },
              testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("in use by another process")));
}

}  // namespace
}  // namespace vidi::objects::local
