#include "files/read_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <string>
#include <thread>

namespace vidi::files {
namespace {

std::string write(const std::string& name, const std::string& text) {
  std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ReadFile, GivesAllBytes) {
  const std::string zeros("\0two\0", 5);
  EXPECT_EQ(as_text(read_file(write("zeros", zeros)).value()), zeros);
  EXPECT_TRUE(read_file(write("empty", "")).value().empty());
  const std::string large(200'000, 'x');
  EXPECT_EQ(as_text(read_file(write("large", large)).value()), large);
}

TEST(ReadFile, TakesAsManyBytesAsItMay) {
  const std::string path = write("ten", "0123456789");
  EXPECT_EQ(read_file(path, 10).value().size(), 10U);
  for (const std::uint64_t most : {9U, 1U, 0U}) {
    const auto refused = read_file(path, most);
    ASSERT_FALSE(refused) << most;
    EXPECT_EQ(refused.error().code, EFBIG);
    EXPECT_FALSE(refused.error().unsynchronized);
  }
  EXPECT_TRUE(read_file(write("nothing", ""), 0).value().empty());
}

TEST(ReadFile, ReadsWhatHasNoSize) {
  EXPECT_FALSE(read_file("/proc/self/stat").value().empty());
  const auto refused = read_file("/proc/self/stat", 3);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EFBIG);
}

TEST(ReadFile, SaysWhyItCannot) {
  const auto missing = read_file(testing::TempDir() + "/missing/file");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  const auto folder = read_file(testing::TempDir());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, EISDIR);
  const auto closed = read_rest(-1);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code, EBADF);
}

TEST(ReadRest, ReadsAPipeToItsEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const std::string text(300'000, 'y');
  std::jthread writer([&] {
    std::size_t written = 0;
    while (written < text.size()) {
      const ssize_t count = ::write(ends[1], text.data() + written, text.size() - written);
      if (count < 0) break;
      written += static_cast<std::size_t>(count);
    }
    ::close(ends[1]);
  });
  const auto bytes = read_rest(ends[0]);
  writer.join();
  ::close(ends[0]);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(as_text(*bytes), text);
}

TEST(ReadRest, BeginsWhereTheDescriptorStands) {
  const auto file = File::open(write("ten", "0123456789"), 0);
  ASSERT_TRUE(file);
  ASSERT_EQ(::lseek(file->descriptor(), 7, SEEK_SET), 7);
  EXPECT_EQ(as_text(read_rest(file->descriptor(), 3).value()), "789");
}

}  // namespace
}  // namespace vidi::files
