#include "datasets/idx.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/test_files.hpp"

namespace vidi::datasets {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint32_t kImagesMagic = 0x803;
constexpr std::uint32_t kLabelsMagic = 0x801;

// What a user is told about a file that should hold `dimensions` dimensions.
Error error_of(const Bytes& file, std::size_t dimensions, const IdxLimits& limits = {}) {
  const auto read = read_idx(file, dimensions, limits);
  EXPECT_FALSE(read) << "the file was accepted";
  return read ? Error{} : read.error();
}

Bytes cut(const Bytes& file, std::size_t bytes) {
  return {file.begin(), file.end() - static_cast<std::ptrdiff_t>(bytes)};
}

Bytes joined(Bytes first, const Bytes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

TEST(Idx, ReadsAPlainFile) {
  const auto array = read_idx(idx_file(kImagesMagic, {2, 1, 3}, {1, 2, 3, 4, 5, 255}), 3);
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_THAT(array->shape, ElementsAre(2, 1, 3));
  EXPECT_THAT(array->values(), ElementsAre(1, 2, 3, 4, 5, 255));
}

TEST(Idx, ReadsAGzippedFileAsTheSame) {
  const Bytes plain = idx_file(kLabelsMagic, {4}, {7, 2, 1, 0});
  const auto array = read_idx(gzip(plain), 1);
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_THAT(array->values(), ElementsAre(7, 2, 1, 0));
  EXPECT_EQ(array->file, plain);
}

TEST(Idx, ReadsAGzippedFileOfSeveralMembers) {
  const Bytes plain = idx_file(kLabelsMagic, {4}, {7, 2, 1, 0});
  const auto middle = plain.begin() + 9;
  const auto array = read_idx(joined(gzip(Bytes(plain.begin(), middle)), gzip(Bytes(middle, plain.end()))), 1);
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_EQ(array->file, plain);
}

TEST(Idx, ReadsAnEmptyArray) {
  const auto array = read_idx(idx_file(kLabelsMagic, {0}, {}), 1);
  ASSERT_TRUE(array) << array.error().message;
  EXPECT_TRUE(array->values().empty());
  EXPECT_TRUE(read_idx(idx_file(kImagesMagic, {0xffffffff, 0xffffffff, 0}, {}), 3));
}

TEST(Idx, SaysWhichMagicNumberIsWrong) {
  const Error swapped = error_of(idx_file(kLabelsMagic, {1}, {0}), 3);
  EXPECT_EQ(swapped.code, ErrorCode::undecodable);
  EXPECT_THAT(swapped.message, HasSubstr("0x00000801"));
  EXPECT_THAT(swapped.message, HasSubstr("0x00000803"));
  EXPECT_THAT(error_of(idx_file(0x0d03, {1, 1, 1}, {0, 0, 0, 0}), 3).message, HasSubstr("0x00000d03"));
  EXPECT_THAT(error_of(to_bytes("<!DOCTYPE html><html>"), 3).message, HasSubstr("0x3c21444f"));
}

TEST(Idx, RefusesAFileThatEndsInItsHeader) {
  for (const std::size_t size : {0U, 1U, 3U, 4U, 15U}) {
    Bytes file = idx_file(kImagesMagic, {1, 1, 1}, {9});
    file.resize(size);
    const Error error = error_of(file, 3);
    EXPECT_EQ(error.code, ErrorCode::undecodable) << size;
    EXPECT_THAT(error.message, HasSubstr("has " + std::to_string(size) + " bytes")) << size;
  }
}

TEST(Idx, RefusesATruncatedFile) {
  const Bytes file = idx_file(kImagesMagic, {2, 1, 3}, {1, 2, 3, 4, 5, 6});
  for (const Bytes& truncated : {cut(file, 1), gzip(cut(file, 1))}) {
    const Error error = error_of(truncated, 3);
    EXPECT_EQ(error.code, ErrorCode::undecodable);
    EXPECT_THAT(error.message, HasSubstr("2 x 1 x 3 values, which are 6 bytes, and 5 are there"));
  }
}

TEST(Idx, RefusesGzipDataThatEndsAnywhereTooEarly) {
  const Bytes packed = gzip(idx_file(kLabelsMagic, {4}, {7, 2, 1, 0}));
  for (std::size_t missing = 1; missing < packed.size() - 2; ++missing) {
    EXPECT_THAT(error_of(cut(packed, missing), 1).message, HasSubstr("truncated")) << missing;
  }
}

TEST(Idx, RefusesBytesAfterTheValues) {
  const Bytes longer = idx_file(kLabelsMagic, {3}, {7, 2, 1, 0});
  EXPECT_THAT(error_of(longer, 1).message, HasSubstr("bytes follow"));
  EXPECT_THAT(error_of(gzip(longer), 1).message, HasSubstr("bytes follow"));
  const Bytes packed = gzip(idx_file(kLabelsMagic, {4}, {7, 2, 1, 0}));
  EXPECT_THAT(error_of(joined(packed, to_bytes("xyz")), 1).message, HasSubstr("followed by bytes"));
}

TEST(Idx, RefusesDamagedGzipData) {
  Bytes packed = gzip(idx_file(kLabelsMagic, {4}, {7, 2, 1, 0}));
  packed[packed.size() - 6] ^= std::byte{1};  // in the checksum
  EXPECT_THAT(error_of(packed, 1).message, HasSubstr("damaged"));
}

TEST(Idx, RefusesSizesOverTheLimitBeforeUnpacking) {
  const Error overflowing = error_of(idx_file(kImagesMagic, {0xffffffff, 0xffffffff, 0xffffffff}, {}), 3);
  EXPECT_EQ(overflowing.code, ErrorCode::too_large);
  EXPECT_THAT(overflowing.message, HasSubstr("4294967295 x 4294967295 x 4294967295"));
  const Bytes file = idx_file(kLabelsMagic, {4}, {7, 2, 1, 0});
  EXPECT_EQ(error_of(file, 1, {.max_bytes = 11}).code, ErrorCode::too_large);
  EXPECT_TRUE(read_idx(file, 1, {.max_bytes = 12}));
}

// 64 MiB of zeros behind four labels pack into some kilobytes: no more of them is unpacked than it takes to refuse.
TEST(Idx, RefusesAGzipBombWithoutUnpackingIt) {
  Bytes bomb = idx_file(kLabelsMagic, {4}, {7, 2, 1, 0});
  bomb.resize(64U << 20U);
  EXPECT_THAT(error_of(gzip(bomb), 1).message, HasSubstr("bytes follow"));
}

TEST(Idx, AllocatesNoMoreThanTheFileHolds) {
  const Bytes liar = idx_file(kImagesMagic, {1'000'000, 28, 28}, {1, 2, 3});
  EXPECT_THAT(error_of(liar, 3).message, HasSubstr("784000000 bytes, and 3 are there"));
}

}  // namespace
}  // namespace vidi::datasets
