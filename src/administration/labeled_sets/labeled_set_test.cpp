#include "labeled_sets/labeled_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "datasets/mnist.hpp"
#include "image/encode.hpp"
#include "inference/fake.hpp"

namespace vidi::labeled_sets {
namespace {

namespace fs = std::filesystem;

Bytes read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  return to_bytes(text);
}

LabeledPicture labeled(const std::string& label, const Bytes& file) {
  return {.digest = sha256(file), .label = label, .id = make_uuid(now()), .media_type = "image/png"};
}

// A form of MNIST, as it is uploaded.
Bytes as_file(const datasets::LabeledImages& images, std::size_t index) {
  image::Image picture = image::make_image(static_cast<int>(images.columns), static_cast<int>(images.rows), 1);
  std::ranges::copy(images.image(index), picture.pixels.begin());
  return image::encode_png(picture);
}

class LabeledSets : public testing::Test {
 protected:
  LabeledSets() { fs::create_directories(folder_); }
  ~LabeledSets() override { fs::remove_all(folder_); }
  LabeledSets(const LabeledSets&) = delete;
  LabeledSets& operator=(const LabeledSets&) = delete;
  LabeledSets(LabeledSets&&) = delete;
  LabeledSets& operator=(LabeledSets&&) = delete;

  [[nodiscard]] std::unique_ptr<LabeledSet> digit_set(unsigned test_percent) const {
    auto model = std::make_shared<models::LoadedModel>();
    model->description.labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    model->description.input = {.name = "image", .width = 28, .height = 28, .channels = 1, .scale = 1.0 / 255};
    model->network = inference::make_fake_model(28, 28, 10);
    return make_digit_set(folder_, {.model = std::move(model), .limits = {}, .test_percent = test_percent});
  }

  // How many are to train on, and how many to test with, of the first ten of MNIST.
  [[nodiscard]] std::pair<std::size_t, std::size_t> split(unsigned test_percent) const {
    const auto set = digit_set(test_percent);
    for (std::size_t i = 0; i < 10; ++i) {
      const Bytes file = as_file(mnist_, i);
      EXPECT_EQ(set->add(labeled(std::to_string(mnist_.labels[i]), file), file), std::nullopt) << i;
    }
    set->finish();
    const auto size = [&](datasets::Split part) {
      const auto images = datasets::load_mnist(folder_, part);
      return images ? images->size() : 0;
    };
    return {size(datasets::Split::train), size(datasets::Split::test)};
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "labeled_sets";
  const datasets::LabeledImages mnist_ = *datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
};

TEST(FolderName, IsTheLabelWhereItCanBe) {
  EXPECT_EQ(folder_name("Apple Braeburn 1"), "Apple Braeburn 1");
  EXPECT_EQ(folder_name("识别"), "识别");
  EXPECT_EQ(folder_name("a.b"), "a.b");
}

TEST(FolderName, LeadsNowhereElse) {
  EXPECT_EQ(folder_name(".."), "%2e.") << "what is behind the first dot is an ordinary name";
  EXPECT_EQ(folder_name("../a"), "%2e.%2fa");
  EXPECT_EQ(folder_name("a/b\\c"), "a%2fb%5cc");
  EXPECT_EQ(folder_name("a\nb"), "a%0ab");
  EXPECT_EQ(folder_name("100%2f"), "100%252f") << "so that no two labels share a folder";
}

TEST_F(LabeledSets, OfFoldersHoldEachPictureUnderItsLabel) {
  const Bytes file = as_file(mnist_, 0);
  const auto set = make_folder_set(folder_);
  EXPECT_EQ(set->add(labeled("seven", file), file), std::nullopt);
  EXPECT_EQ(set->finish(), "1 picture");
  EXPECT_EQ(read(folder_ / "seven" / (to_string(sha256(file)) + ".png")), file);
}

TEST_F(LabeledSets, OfFoldersNameAFileByItsContent) {
  const Bytes gif = to_bytes(std::string_view("GIF89a"));
  const Bytes other = to_bytes(std::string_view("\x01\x02\x03"));
  const auto set = make_folder_set(folder_);
  EXPECT_EQ(set->add(labeled("a", gif), gif), std::nullopt);
  EXPECT_EQ(set->add(labeled("a", other), other), std::nullopt);
  EXPECT_EQ(set->finish(), "2 pictures");
  EXPECT_TRUE(fs::exists(folder_ / "a" / (to_string(sha256(gif)) + ".gif")));
  EXPECT_TRUE(fs::exists(folder_ / "a" / (to_string(sha256(other)) + ".bin")));
}

TEST_F(LabeledSets, OfFoldersRefuseLabelsThatAreNoNames) {
  const Bytes file = as_file(mnist_, 0);
  const auto set = make_folder_set(folder_);
  EXPECT_EQ(set->add(labeled("", file), file), "its label is empty");
  EXPECT_EQ(set->add(labeled(std::string(255, 'a'), file), file), std::nullopt);
  EXPECT_EQ(set->add(labeled(std::string(256, 'a'), file), file), "its label is longer than a folder's name may be");
  EXPECT_EQ(set->finish(), "1 picture");
}

TEST_F(LabeledSets, AsATableAreOneFile) {
  const Bytes file = as_file(mnist_, 0);
  const auto set = make_table_set(folder_);
  EXPECT_EQ(set->add(labeled("", file), file), std::nullopt) << "any label can stand in a table";
  EXPECT_EQ(set->finish(), "1 picture");
  const Bytes table = read(folder_ / "pictures.parquet");
  ASSERT_GT(table.size(), 4U);
  EXPECT_EQ(as_text(ByteView(table).first(4)), "PAR1");
}

TEST_F(LabeledSets, OfDigitsAreReadAsMnistIs) {
  const auto set = digit_set(0);
  for (std::size_t i = 0; i < 3; ++i) {
    const Bytes file = as_file(mnist_, i);
    EXPECT_EQ(set->add(labeled(std::to_string(mnist_.labels[i]), file), file), std::nullopt) << i;
  }
  EXPECT_EQ(set->finish(), "3 pictures: 3 to train on, 0 to test with");
  const auto images = datasets::load_mnist(folder_, datasets::Split::train);
  ASSERT_TRUE(images) << images.error().message;
  ASSERT_EQ(images->size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(images->labels[i], mnist_.labels[i]) << i;
    EXPECT_TRUE(std::ranges::equal(images->image(i), mnist_.image(i))) << i;
  }
}

TEST_F(LabeledSets, OfDigitsRefuseWhatIsNone) {
  const auto set = digit_set(15);
  const Bytes digit = as_file(mnist_, 0);
  const Bytes nothing = image::encode_png(image::make_image(100, 100, 1));
  const Bytes broken = to_bytes(std::string_view("no picture"));
  EXPECT_EQ(set->add(labeled("Kiwi", digit), digit), "its label is not one digit");
  EXPECT_EQ(set->add(labeled("42", digit), digit), "its label is not one digit");
  EXPECT_EQ(set->add(labeled("1", nothing), nothing), "not exactly one digit was found in it");
  EXPECT_NE(set->add(labeled("1", broken), broken), std::nullopt);
}

TEST_F(LabeledSets, OfDigitsAreAlwaysSplitInTwo) {
  const auto [train, test] = split(1);
  EXPECT_EQ(train + test, 10U);
  EXPECT_GE(test, 1U) << "a hundredth of ten is still a picture";
  EXPECT_GE(train, 1U);
}

TEST_F(LabeledSets, OfDigitsAreSplitAsWished) { EXPECT_EQ(split(0), std::pair(std::size_t{10}, std::size_t{0})); }

TEST_F(LabeledSets, OfDigitsAreAllToTestWithWhereThatIsWished) {
  EXPECT_EQ(split(100), std::pair(std::size_t{0}, std::size_t{10}));
}

}  // namespace
}  // namespace vidi::labeled_sets
