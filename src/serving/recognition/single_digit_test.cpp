#include "recognition/single_digit.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "datasets/mnist.hpp"
#include "image/encode.hpp"
#include "inference/fake.hpp"

namespace vidi::recognition {
namespace {

class SingleDigit : public testing::Test {
 protected:
  SingleDigit() {
    model_.description.labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    model_.description.input = {.name = "image", .width = 28, .height = 28, .channels = 1, .scale = 1.0 / 255};
    model_.network = inference::make_fake_model(28, 28, 10);
  }

  Result<std::optional<digits::Form>> of(const image::Image& picture) {
    const Bytes file = image::encode_png(picture);
    return run(find_single_digit(file, model_, {}));
  }

  models::LoadedModel model_;
};

// Dark bars on white, side by side.
image::Image bars(int count) {
  image::Image picture = image::make_image(100 + 100 * count, 120, 1);
  std::ranges::fill(picture.pixels, std::uint8_t{255});
  for (int bar = 0; bar < count; ++bar) {
    for (int y = 30; y < 90; ++y) {
      std::ranges::fill(picture.row(y).subspan(95 + std::size_t{100} * static_cast<std::size_t>(bar), 10),
                        std::uint8_t{0});
    }
  }
  return picture;
}

TEST_F(SingleDigit, ADigitOfMnistIsItself) {
  const auto mnist = datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
  ASSERT_TRUE(mnist);
  for (std::size_t i = 0; i < 20; ++i) {
    image::Image picture = image::make_image(28, 28, 1);
    std::ranges::copy(mnist->image(i), picture.pixels.begin());
    const auto form = of(picture);
    ASSERT_TRUE(form && *form) << i;
    EXPECT_TRUE(std::ranges::equal(**form, mnist->image(i))) << i;
  }
}

TEST_F(SingleDigit, IsLightOnDarkInTheMiddle) {
  const auto form = of(bars(1));
  ASSERT_TRUE(form) << form.error().message;
  ASSERT_TRUE(*form);
  EXPECT_GT((**form)[14 * 28 + 14], 200);
  EXPECT_EQ((**form)[14 * 28 + 2], 0);
}

TEST_F(SingleDigit, IsAbsentWhereThereIsNoneOrAreTwo) {
  EXPECT_EQ(of(bars(0)), Result<std::optional<digits::Form>>(std::nullopt));
  EXPECT_EQ(of(bars(2)), Result<std::optional<digits::Form>>(std::nullopt));
}

TEST_F(SingleDigit, AFileThatIsNoPictureIsAnError) {
  EXPECT_FALSE(run(find_single_digit(as_bytes("no picture"), model_, {})));
}

}  // namespace
}  // namespace vidi::recognition
