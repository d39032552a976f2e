#include "features/extractor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace vidi::features {
namespace {

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return to_bytes(std::string(std::istreambuf_iterator<char>(stream), {}));
}

class ExtractorTest : public testing::Test {
 protected:
  ExtractorTest() {
    for (int i = 0; i < 10; ++i) {
      constexpr std::array kNames = {"strawberry", "plum", "lemon", "avocado"};
      pictures_.push_back(read_file(std::string(TEST_DATA "/networks/pictures/") + kNames.at(i % 4) + ".jpg"));
    }
  }

  static std::unique_ptr<Extractor> open(std::size_t threads, std::size_t variants = 1) {
    ExtractorOptions options{.threads = threads, .variants = variants};
    options.backbone.backbone = TEST_DATA "/networks/fields";
    return Extractor::open(options).value();
  }

  [[nodiscard]] std::vector<Extractor::File> files() const {
    std::vector<Extractor::File> files;
    for (const Bytes& picture : pictures_) files.push_back({.bytes = picture, .key = "a picture"});
    return files;
  }

  static std::vector<float> extract(const Extractor& extractor, std::span<const Extractor::File> files) {
    std::vector<float> rows(files.size() * extractor.variants() * extractor.columns());
    const auto rejections = extractor.extract(files, rows);
    EXPECT_TRUE(rejections && rejections->empty());
    return rows;
  }

  std::vector<Bytes> pictures_;
};

TEST_F(ExtractorTest, MakesTheSameRowsOnAnyNumberOfThreadsAndOfEachPictureAlone) {
  ASSERT_EQ(pictures_.size(), 10U);
  const auto one = open(1);
  const auto rows = extract(*one, files());
  EXPECT_EQ(rows, extract(*open(3), files()));
  const auto all = files();
  const auto last = extract(*one, std::span(all).last(1));
  EXPECT_TRUE(std::ranges::equal(last, std::span(rows).last(one->columns())));
  EXPECT_NE(*std::ranges::max_element(last), 0.0F);
}

TEST_F(ExtractorTest, RejectsWhatIsNoPictureAndGoesOn) {
  const auto extractor = open(2);
  const auto wanted = extract(*extractor, files());
  const Bytes text = to_bytes("no picture at all");
  const Bytes cut(pictures_[7].begin(), pictures_[7].begin() + 300);
  auto some = files();
  some[3].bytes = text;
  some[7].bytes = cut;
  std::vector<float> rows(some.size() * extractor->columns(), 7.0F);
  const auto rejections = extractor->extract(some, rows);
  ASSERT_TRUE(rejections);
  ASSERT_EQ(rejections->size(), 2U);
  EXPECT_EQ((*rejections)[0].index, 3U);
  EXPECT_EQ((*rejections)[0].reason, "unsupported");
  EXPECT_EQ((*rejections)[1].index, 7U);
  EXPECT_EQ((*rejections)[1].reason, "undecodable");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t picture = i / extractor->columns();
    ASSERT_EQ(rows[i], picture == 3 || picture == 7 ? 0.0F : wanted[i]) << i;
  }
}

TEST_F(ExtractorTest, MakesVariantsThatTheKeyChooses) {
  const auto extractor = open(1, 3);
  auto some = files();
  some.resize(2);
  const auto rows = extract(*extractor, some);
  const std::size_t columns = extractor->columns();
  const auto plain = extract(*open(1), some);
  EXPECT_TRUE(std::ranges::equal(std::span(rows).first(columns), std::span(plain).first(columns)));
  EXPECT_FALSE(std::ranges::equal(std::span(rows).subspan(columns, columns), std::span(plain).first(columns)));
  EXPECT_EQ(rows, extract(*extractor, some));
  some[0].key = "another";
  const auto other = extract(*extractor, some);
  EXPECT_TRUE(std::ranges::equal(std::span(rows).first(columns), std::span(other).first(columns)));
  EXPECT_FALSE(
      std::ranges::equal(std::span(rows).subspan(columns, columns), std::span(other).subspan(columns, columns)));
}

TEST_F(ExtractorTest, SaysWhatIsWrongWithItsArguments) {
  const auto extractor = open(1);
  std::vector<float> rows(7);
  const auto failed = extractor->extract(files(), rows);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(failed.error().message.find("7 numbers"), std::string::npos) << failed.error().message;
  EXPECT_FALSE(extractor->check_precision({}));
}

}  // namespace
}  // namespace vidi::features
