#include "recognition/filename.hpp"

#include <gtest/gtest.h>

namespace vidi::recognition {
namespace {

// What werkzeug.utils.secure_filename (3.1) answers on POSIX.
TEST(SafeFilename, IsAsWerkzeugMakesIt) {
  EXPECT_EQ(safe_filename("4.png"), "4.png");
  EXPECT_EQ(safe_filename("My cool movie.mov"), "My_cool_movie.mov");
  EXPECT_EQ(safe_filename("../../../etc/passwd"), "etc_passwd");
  EXPECT_EQ(safe_filename("i contain cool \xC3\xBCml\xC3\xA4uts.txt"), "i_contain_cool_umlauts.txt");
  EXPECT_EQ(safe_filename("\xE6\x95\xB0\xE5\xAD\x97.png"), "png");
  EXPECT_EQ(safe_filename("  a \t b\n.png "), "a_b_.png");
  EXPECT_EQ(safe_filename("<script>alert(1)</script>.png"), "scriptalert1_script.png");
  EXPECT_EQ(safe_filename("a \"quoted\" name.png"), "a_quoted_name.png");
  EXPECT_EQ(safe_filename("a ? b.png"), "a__b.png");
  EXPECT_EQ(safe_filename("...__.."), "");
  EXPECT_EQ(safe_filename(""), "");
  EXPECT_EQ(safe_filename(std::string_view("a\0b.png", 7)), "ab.png");
  EXPECT_EQ(safe_filename("\xE2\x80\xAEgnp.4"), "gnp.4");
  EXPECT_EQ(safe_filename("\xEF\xAC\x81le\xE2\x91\xA0.png"), "file1.png");
}

TEST(RecordedText, KeepsTheOriginalButNotBrokenTextOrEndlessNames) {
  EXPECT_EQ(recorded_text("../<b>\"x\n.png"), "../<b>\"x\n.png");
  EXPECT_EQ(recorded_text("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(recorded_text(std::string(10'000, 'a')).size(), 10'000U);
  EXPECT_EQ(recorded_text(std::string(100'000, 'a')).size(), kMaxRecordedText);
  std::string wide;
  for (int i = 0; i < 40'000; ++i) wide += "\xE6\x95\xB0";
  EXPECT_EQ(recorded_text(wide).size(), kMaxRecordedText / 3 * 3);
}

TEST(Extension, IsWhatFollowsTheLastDot) {
  EXPECT_EQ(extension("a.PNG"), "png");
  EXPECT_EQ(extension("a.tar.gz"), "gz");
  EXPECT_EQ(extension("png"), "");
  EXPECT_EQ(extension("a."), "");
}

}  // namespace
}  // namespace vidi::recognition
