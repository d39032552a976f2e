#include "objects/local/local_test.hpp"

namespace vidi::objects::local {
namespace {

using LocalStoreCompaction = LocalStoreTest;

constexpr Options kShortSegments{.segment_size = 20'000, .segment_entries = 1000};

std::uintmax_t total_size(const std::vector<std::filesystem::path>& files) {
  std::uintmax_t size = 0;
  for (const auto& file : files) size += std::filesystem::file_size(file);
  return size;
}

TEST_F(LocalStoreCompaction, GivesTheRoomOfRemovedPicturesBack) {
  open(kShortSegments);
  std::vector<Digest> digests;
  digests.reserve(500);
  for (unsigned i = 0; i < 500; ++i) digests.push_back(put(sample_picture(300, i)));
  close();
  open(kShortSegments);
  const auto before = total_size(files(".segment"));
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (i % 10 != 0) {
      EXPECT_TRUE(remove(digests[i]));
    }
  }
  close();
  EXPECT_LT(total_size(files(".segment")), before / 2);
  open(kShortSegments);
  for (const bool reopened : {false, true}) {
    if (reopened) open(kShortSegments);
    for (std::size_t i = 0; i < digests.size(); ++i) EXPECT_EQ(contains(digests[i]), i % 10 == 0) << i;
  }
}

// Removes and puts a few pictures again and again in short segments, so that old records, removals and compactions of
// the same picture lie in every order. A removal must be kept as long as an older record of its picture.
TEST_F(LocalStoreCompaction, WhatWasRemovedStaysRemovedThroughCompactionsAndNewIndexes) {
  constexpr Options kTinySegments{.segment_size = 3000, .segment_entries = 1000};
  std::vector<bool> there(40);
  std::uint32_t random = 1;
  unsigned stays = 0;
  open(kTinySegments);
  for (int round = 0; round < 15; ++round) {
    for (int step = 0; step < 100; ++step) {
      random = random * 1664525U + 1013904223U;
      const std::size_t i = (random >> 8U) % there.size();
      const Bytes picture = sample_picture(100 + 20 * (i % 5), static_cast<unsigned>(i));
      if (there[i]) {
        EXPECT_TRUE(remove(sha256(picture)));
      } else {
        put(picture);
      }
      there[i] = !there[i];
      // What stays keeps some of the segments, with what is useless in them.
      if (round % 5 == 0) put(sample_picture(300, 1'000'000 + ++stays));
    }
    close();
    if (round % 2 == 0) {
      for (const auto& index : files(".index")) std::filesystem::remove(index);
    }
    open(kTinySegments);
    for (std::size_t i = 0; i < there.size(); ++i) {
      const Bytes picture = sample_picture(100 + 20 * (i % 5), static_cast<unsigned>(i));
      ASSERT_EQ(contains(sha256(picture)), there[i]) << "picture " << i << " in round " << round;
    }
  }
}

}  // namespace
}  // namespace vidi::objects::local
