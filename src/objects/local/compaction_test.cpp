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
  for (unsigned i = 0; i < 500; ++i) digests.push_back(put(sample_picture(300, i)));
  close();
  open(kShortSegments);
  const auto before = total_size(files(".segment"));
  for (std::size_t i = 0; i < digests.size(); ++i) {
    if (i % 10 != 0) {
      EXPECT_TRUE(remove(digests[i]));
    }
  }
  EXPECT_LT(total_size(files(".segment")), before / 2);
  for (const bool reopened : {false, true}) {
    if (reopened) open(kShortSegments);
    for (std::size_t i = 0; i < digests.size(); ++i) EXPECT_EQ(contains(digests[i]), i % 10 == 0) << i;
  }
}

// A removal must be kept as long as the record it removed, wherever the two are.
TEST_F(LocalStoreCompaction, WhatWasRemovedStaysRemovedThroughCompactionsAndNewIndexes) {
  std::vector<Digest> digests;
  std::vector<bool> there;
  std::uint32_t random = 1;
  open(kShortSegments);
  for (unsigned i = 0; i < 300; ++i) {
    digests.push_back(put(sample_picture(300, i)));
    there.push_back(true);
  }
  for (int round = 0; round < 6; ++round) {
    for (int step = 0; step < 400; ++step) {
      random = random * 1664525U + 1013904223U;
      const std::size_t i = (random >> 8U) % digests.size();
      if (there[i] && (random >> 4U) % 4 != 0) {
        EXPECT_TRUE(remove(digests[i]));
        there[i] = false;
      } else {
        put(sample_picture(300, static_cast<unsigned>(i)));
        there[i] = true;
      }
    }
    close();
    if (round % 2 == 0) {
      for (const auto& index : files(".index")) std::filesystem::remove(index);
    }
    open(kShortSegments);
    for (std::size_t i = 0; i < digests.size(); ++i) {
      const auto found = get(digests[i]);
      ASSERT_TRUE(found);
      ASSERT_EQ(found->has_value(), there[i]) << "picture " << i << " in round " << round;
    }
  }
}

}  // namespace
}  // namespace vidi::objects::local
