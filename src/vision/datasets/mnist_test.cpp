#include "datasets/mnist.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "datasets/test_files.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::datasets {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Bytes kImages = idx_file(0x803, {2, 2, 3}, {0, 1, 2, 3, 4, 5, 250, 251, 252, 253, 254, 255});
const Bytes kLabels = idx_file(0x801, {2}, {9, 0});

class Mnist : public testing::Test {
 protected:
  void put(const std::string& name, const Bytes& bytes) const { fresh_.write(name, as_text(bytes)); }
  [[nodiscard]] std::string error_of_train() const {
    const auto loaded = load_mnist(folder_, Split::train);
    EXPECT_FALSE(loaded) << "the files were accepted";
    return loaded ? "" : loaded.error().message;
  }

  FreshFolder fresh_;
  const std::filesystem::path folder_ = fresh_.path();
};

TEST_F(Mnist, LoadsPicturesAndLabels) {
  put("train-images-idx3-ubyte", kImages);
  put("train-labels-idx1-ubyte", kLabels);
  const auto loaded = load_mnist(folder_, Split::train);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->size(), 2U);
  EXPECT_EQ(loaded->rows, 2U);
  EXPECT_EQ(loaded->columns, 3U);
  EXPECT_THAT(loaded->labels, ElementsAre(9, 0));
  EXPECT_THAT(loaded->image(0), ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_THAT(loaded->image(1), ElementsAre(250, 251, 252, 253, 254, 255));
}

TEST_F(Mnist, FindsEveryNameOfItsFilesAndGivesTheSameDigest) {
  Bytes both = kImages;
  both.insert(both.end(), kLabels.begin(), kLabels.end());
  const std::array<std::array<std::string, 2>, 4> names = {{{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"},
                                                            {"t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"},
                                                            {"t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte.gz"},
                                                            {"t10k-images.idx3-ubyte.gz", "t10k-labels-idx1-ubyte"}}};
  for (const auto& [images, labels] : names) {
    put(images, images.ends_with(".gz") ? gzip(kImages) : kImages);
    put(labels, labels.ends_with(".gz") ? gzip(kLabels) : kLabels);
    const auto loaded = load_mnist(folder_, Split::test);
    ASSERT_TRUE(loaded) << images << ": " << loaded.error().message;
    EXPECT_EQ(loaded->digest, sha256(both)) << images;
    std::filesystem::remove(folder_ / images);
    std::filesystem::remove(folder_ / labels);
  }
}

TEST_F(Mnist, LooksAtTheContentAndNotTheNameForGzip) {
  put("train-images-idx3-ubyte", gzip(kImages));
  put("train-labels-idx1-ubyte.gz", kLabels);
  EXPECT_TRUE(load_mnist(folder_, Split::train));
}

TEST_F(Mnist, ReadsWhatItHasWritten) {
  const auto images = parse_mnist(kImages, kLabels);
  ASSERT_TRUE(images);
  ASSERT_TRUE(save_mnist(folder_, Split::test, *images));
  const auto again = load_mnist(folder_, Split::test);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->digest, images->digest) << "the files differ";
  EXPECT_FALSE(load_mnist(folder_, Split::train));
  const auto nowhere = save_mnist(folder_ / "absent", Split::train, *images);
  ASSERT_FALSE(nowhere);
  EXPECT_THAT(nowhere.error().message, HasSubstr("the data set"));
}

TEST_F(Mnist, NamesTheFileThatIsMissing) {
  EXPECT_THAT(error_of_train(), HasSubstr("neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz"));
  put("train-images-idx3-ubyte", kImages);
  EXPECT_THAT(error_of_train(), HasSubstr("train-labels-idx1-ubyte"));
}

TEST_F(Mnist, NamesTheFileThatIsDamaged) {
  put("train-images-idx3-ubyte", kImages);
  put("train-labels-idx1-ubyte.gz", to_bytes("404: Not Found"));
  EXPECT_THAT(error_of_train(), HasSubstr("train-labels-idx1-ubyte.gz is not usable: its magic number"));
}

TEST_F(Mnist, RefusesAFolderOrNothingInPlaceOfAFile) {
  std::filesystem::create_directory(folder_ / "train-images-idx3-ubyte");
  EXPECT_THAT(error_of_train(), HasSubstr("neither"));
  const auto loaded = load_mnist(folder_ / "absent", Split::train);
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.error().message, HasSubstr("there is no folder"));
}

TEST(ParseMnist, RefusesCountsThatContradictEachOther) {
  const auto parsed = parse_mnist(kImages, idx_file(0x801, {3}, {1, 2, 3}));
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("it holds 3 labels, and there are 2 pictures"));
}

TEST(ParseMnist, RefusesALabelThatIsNoDigit) {
  const auto parsed = parse_mnist(kImages, idx_file(0x801, {2}, {3, 10}));
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("label 10 of picture 1"));
}

TEST(ParseMnist, RefusesPicturesWithoutPixelsAndNoPictures) {
  EXPECT_FALSE(parse_mnist(idx_file(0x803, {2, 0, 3}, {}), kLabels));
  EXPECT_FALSE(parse_mnist(idx_file(0x803, {0, 2, 3}, {}), idx_file(0x801, {0}, {})));
}

// The committed test set: 10,000 pictures of 28x28; its first digits are a 7, a 2, a 1 and a 0.
TEST(MnistTestSet, IsTheRealOne) {
  const auto loaded = load_mnist(TEST_DATA "/mnist", Split::test);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->size(), 10'000U);
  EXPECT_EQ(loaded->image_size(), 784U);
  EXPECT_THAT(std::vector(loaded->labels.begin(), loaded->labels.begin() + 4), ElementsAre(7, 2, 1, 0));
  EXPECT_EQ(to_string(loaded->digest), "18489308deedfe2f7bd3a11e599a597126f161d991b1ffcffb71642aa76f7f62");
}

}  // namespace
}  // namespace vidi::datasets
