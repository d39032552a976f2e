#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "augmentation/cutout.hpp"
#include "augmentation/vary.hpp"
#include "core/digest.hpp"
#include "image/encode.hpp"

namespace vidi::augmentation {
namespace {

using image::Image;
using image::make_image;

// A blue disc on a ground of that color; blue is what no ground of ours is, nor any light makes of it.
Image disc(int side, double radius, std::uint8_t ground = 255) {
  Image picture = make_image(side, side, 3);
  std::ranges::fill(picture.pixels, ground);
  for (int y = 0; y < side; ++y) {
    for (int x = 0; x < side; ++x) {
      const double dx = x + 0.5 - side / 2.0;
      const double dy = y + 0.5 - side / 2.0;
      if (dx * dx + dy * dy > radius * radius) continue;
      const auto pixel = picture.row(y).subspan(static_cast<std::size_t>(x) * 3, 3);
      pixel[0] = 0;
      pixel[1] = 0;
      pixel[2] = 220;
    }
  }
  return picture;
}

// Every pixel of another color, as in a photo.
Image photo(int width, int height) {
  Image picture = make_image(width, height, 3);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
    picture.pixels[i] = static_cast<std::uint8_t>(i * 2654435761U >> 13U);
  }
  return picture;
}

double blue_part(const Image& picture) {
  std::size_t blue = 0;
  for (std::size_t i = 0; i < picture.pixels.size(); i += 3) {
    const int others = std::max(picture.pixels[i], picture.pixels[i + 1]);
    blue += picture.pixels[i + 2] > 2 * others + 20 ? 1 : 0;
  }
  return static_cast<double>(blue * 3) / static_cast<double>(picture.pixels.size());
}

std::string digest_of(const Image& picture) {
  const auto* bytes = reinterpret_cast<const std::byte*>(picture.pixels.data());
  return to_string(sha256(ByteView(bytes, picture.pixels.size())));
}

// Several pictures' digests in one.
template <typename Make>
std::string digest_of_many(const Make& make) {
  std::string all;
  for (std::uint64_t seed = 0; seed < 24; ++seed) all += digest_of(make(seed));
  return to_string(sha256(std::as_bytes(std::span(all)))).substr(0, 16);
}

TEST(CutOut, FindsTheObjectOnAnyPlainGround) {
  for (int ground : {255, 250, 128, 0}) {
    const auto object = cut_out(disc(100, 30, static_cast<std::uint8_t>(ground)));
    ASSERT_TRUE(object) << ground;
    EXPECT_NEAR(object->width, 60, 3);
    EXPECT_NEAR(object->height, 60, 3);
    const auto middle = object->row(object->height / 2).subspan(static_cast<std::size_t>(object->width / 2) * 4, 4);
    EXPECT_THAT(middle, testing::ElementsAre(0, 0, 220, 255));
    EXPECT_EQ(object->pixels[3], 0) << "the corner of the box is ground";
  }
}

TEST(CutOut, KeepsWhatIsInsideTheObject) {
  Image ring = disc(100, 40);
  for (int y = 45; y < 55; ++y) std::ranges::fill(ring.row(y).subspan(45UL * 3, 30), std::uint8_t{255});  // a gleam
  const auto object = cut_out(ring);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->row(object->height / 2)[static_cast<std::size_t>(object->width / 2) * 4 + 3], 255);
}

TEST(CutOut, TakesTransparencyAtItsWord) {
  Image picture = make_image(20, 20, 4);
  for (int y = 5; y < 10; ++y) std::ranges::fill(picture.row(y).subspan(5UL * 4, 10UL * 4), std::uint8_t{255});
  const auto object = cut_out(picture);
  ASSERT_TRUE(object);
  EXPECT_EQ(object->width, 10);
  EXPECT_EQ(object->height, 5);
}

TEST(CutOut, IsAbsentInPhotosAndEmptyPictures) {
  EXPECT_FALSE(cut_out(photo(100, 80)));
  EXPECT_FALSE(cut_out(disc(100, 0)));
  EXPECT_FALSE(cut_out(disc(100, 200)));
  EXPECT_FALSE(cut_out(make_image(5, 5, 4)));
}

TEST(Vary, KeepsTheObjectInSight) {
  const Image picture = disc(100, 48);
  const VaryOptions options{.several = 0, .covered = 0, .light = 0, .color = 0};
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const double seen = blue_part(vary(picture, seed, options));
    // A disc of the smallest diameter, 0.3, is 0.07 of the picture.
    EXPECT_GT(seen, 0.04) << seed;
  }
}

TEST(Vary, LeavesTheGroundBehind) {
  const Image picture = disc(100, 30);
  double white = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const Image variant = vary(picture, seed, {.largest = 0.7});
    white += static_cast<double>(std::ranges::count_if(variant.pixels, [](int value) { return value > 250; })) /
             static_cast<double>(variant.pixels.size());
  }
  EXPECT_LT(white / 40, 0.25);
}

TEST(Vary, ChangesAPhotoAsAWhole) {
  const Image picture = photo(320, 200);
  const Image variant = vary(picture, 5);
  EXPECT_EQ(variant.width, 224);
  EXPECT_NE(variant, vary(picture, 6));
  // A photo of one color but for a frame of another has no plain border, and nothing is drawn behind it.
  Image framed = photo(64, 64);
  for (int y = 8; y < 56; ++y) std::ranges::fill(framed.row(y).subspan(8UL * 3, 48UL * 3), std::uint8_t{200});
  const Image quiet = vary(framed, 1, {.light = 0, .color = 0, .camera = 0});
  EXPECT_EQ(quiet.row(112)[112UL * 3], 200);
}

TEST(Vary, TakesAnyPictureAndGivesAnySize) {
  for (int channels = 1; channels <= 4; ++channels) {
    for (const auto& [width, height] : {std::pair{1, 1}, {1, 300}, {301, 1}, {2, 3}, {700, 500}}) {
      Image picture = make_image(width, height, channels);
      std::ranges::fill(picture.pixels, std::uint8_t{100});
      for (std::uint64_t seed = 0; seed < 4; ++seed) {
        const Image variant = vary(picture, seed, {.width = 48, .height = 31});
        EXPECT_EQ(variant.pixels.size(), 48U * 31U * 3U);
      }
    }
  }
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    EXPECT_EQ(vary(disc(40, 18), seed, {.width = 1, .height = 1}).pixels.size(), 3U);
    EXPECT_EQ(vary(disc(40, 18), seed, {.width = 3, .height = 90}).pixels.size(), 810U);
    EXPECT_EQ(background(seed, {.width = 2, .height = 1}).pixels.size(), 6U);
  }
}

TEST(Vary, IsDecidedByTheSeed) {
  const Image picture = disc(100, 40);
  EXPECT_EQ(vary(picture, 7), vary(picture, 7));
  EXPECT_NE(vary(picture, 7), vary(picture, 8));
  EXPECT_EQ(background(7), background(7));
  EXPECT_NE(background(7), background(8));
}

// Feature tables that were made elsewhere must be the same: these digests may change only with a reason.
TEST(Vary, IsTheSameOnEveryMachine) {
  const Image object = disc(100, 40);
  EXPECT_EQ(digest_of_many([&](std::uint64_t seed) { return vary(object, seed); }), "5e8a8ee18cbaa4f6");
  const Image whole = photo(160, 120);
  EXPECT_EQ(digest_of_many([&](std::uint64_t seed) { return vary(whole, seed); }), "efae630da14bdabd");
  EXPECT_EQ(digest_of_many([&](std::uint64_t seed) { return background(seed); }), "95d7e4abc2d1c0f8");
}

// Something to look at: half variants of a disc, half empty grounds. VIDI_SHEET names the PNG file; without it it lies
// in the test's own folder.
TEST(Vary, DrawsAContactSheet) {
  const char* wanted = std::getenv("VIDI_SHEET");  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
  const std::string file = wanted != nullptr ? wanted : testing::TempDir() + "sheet.png";
  constexpr int kSide = 112;
  constexpr int kAcross = 12;
  constexpr int kDown = 8;
  Image sheet = make_image(kAcross * kSide, kDown * kSide, 3);
  const Image object = disc(100, 45);
  for (int i = 0; i < kAcross * kDown; ++i) {
    const auto seed = static_cast<std::uint64_t>(i);
    const VaryOptions options{.width = kSide, .height = kSide};
    const Image variant = i < kAcross * kDown / 2 ? vary(object, seed, options) : background(seed, options);
    for (int y = 0; y < kSide; ++y) {
      const auto to = sheet.row(i / kAcross * kSide + y).subspan(static_cast<std::size_t>(i % kAcross * kSide) * 3);
      std::ranges::copy(variant.row(y), to.begin());
    }
  }
  const Bytes png = image::encode_png(sheet);
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  EXPECT_GT(std::filesystem::file_size(file), 100'000U) << "noise and textures do not compress so well";
}

}  // namespace
}  // namespace vidi::augmentation
