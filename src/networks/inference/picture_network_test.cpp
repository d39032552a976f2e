// The networks are written by tests/golden/make_picture_network.py.
#include "inference/picture_network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <numeric>
#include <random>
#include <thread>

#include "inference/load.hpp"

namespace vidi::inference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Bytes read_onnx(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return to_bytes(text);
}

Bytes network_file(const std::string& name) { return read_onnx(TEST_DATA "/networks/" + name); }

// 4x2 pixels, whose bytes are 0 to 23.
PixelInput small_picture() { return {.width = 4, .height = 2}; }

PixelInput residual_picture() {
  return {.width = 32, .height = 32, .reversed = true, .mean = {103, 116, 123}, .deviation = {58, 57, 56}};
}

// Smooth ones with noise.
std::vector<std::uint8_t> make_pictures(std::size_t count, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> pictures;
  for (std::size_t i = 0; i < count; ++i) {
    const auto slope = static_cast<unsigned>(random() % 6);
    for (unsigned y = 0; y < 32; ++y) {
      for (unsigned x = 0; x < 96; ++x) {
        pictures.push_back(static_cast<std::uint8_t>((x * slope + y * 3 + random() % 40) % 256));
      }
    }
  }
  return pictures;
}

std::unique_ptr<PictureNetwork> compiled(const Bytes& onnx, const PixelInput& input,
                                         const PictureNetworkOptions& options) {
  auto network = compile_picture_network(onnx, input, options);
  if (network) return std::move(*network);
  ADD_FAILURE() << network.error().message;
  return nullptr;
}

std::vector<float> rows_of(PictureNetwork& network, std::span<const std::uint8_t> pictures, std::size_t count) {
  std::vector<float> rows(count * network.columns(), NAN);
  const std::size_t bytes = pictures.size() / count;
  for (std::size_t first = 0; first < count; first += network.batch()) {
    const std::size_t some = std::min(network.batch(), count - first);
    const auto done = network.infer(pictures.subspan(first * bytes, some * bytes), some,
                                    std::span(rows).subspan(first * network.columns(), some * network.columns()));
    if (!done) ADD_FAILURE() << done.error().message;
  }
  return rows;
}

// What a network that gives back its input saw of the picture whose bytes are 0 to 23.
std::vector<float> seen(const std::string& file, const PixelInput& input) {
  const auto network = compiled(network_file(file), input, {.output = "features"});
  if (!network) return {};
  std::vector<std::uint8_t> picture(24);
  std::iota(picture.begin(), picture.end(), std::uint8_t{0});
  return rows_of(*network, picture, 1);
}

double least_cosine(const std::vector<float>& a, const std::vector<float>& b, std::size_t columns) {
  double least = 1;
  for (std::size_t begin = 0; begin < a.size(); begin += columns) {
    double product = 0;
    double left = 0;
    double right = 0;
    for (std::size_t i = begin; i < begin + columns; ++i) {
      product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
      left += static_cast<double>(a[i]) * static_cast<double>(a[i]);
      right += static_cast<double>(b[i]) * static_cast<double>(b[i]);
    }
    least = std::min(least, product / std::sqrt(left * right));
  }
  return least;
}

TEST(PictureNetwork, SeesPixelsAsTheyAreDecoded) {
  const std::vector<float> values = seen("pixels.onnx", small_picture());
  ASSERT_EQ(values.size(), 24U);
  for (std::size_t i = 0; i < 24; ++i) EXPECT_EQ(values[i], static_cast<float>(i));
}

TEST(PictureNetwork, SeesPlanesOfReversedColorsByMeanAndDeviation) {
  PixelInput input = small_picture();
  input.channels_first = true;
  input.reversed = true;
  input.mean = {10, 20, 30};
  input.deviation = {2, 4, 5};
  const std::vector<float> values = seen("planes.onnx", input);
  ASSERT_EQ(values.size(), 24U);
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t pixel = 0; pixel < 8; ++pixel) {
      const double value = static_cast<double>(pixel * 3 + 2 - channel);
      EXPECT_NEAR(values[channel * 8 + pixel], (value - input.mean[channel]) / input.deviation[channel], 1e-5);
    }
  }
}

TEST(PictureNetwork, SeesInvertedAndScaledPixels) {
  PixelInput input = small_picture();
  input.inverted = true;
  input.scale = 1.0 / 127.5;
  input.offset = -1;
  const std::vector<float> values = seen("pixels.onnx", input);
  ASSERT_EQ(values.size(), 24U);
  for (std::size_t i = 0; i < 24; ++i) EXPECT_NEAR(values[i], (255 - static_cast<double>(i)) / 127.5 - 1, 1e-6);
}

TEST(PictureNetwork, TakesGrayPicturesAndWithoutAChannel) {
  const Bytes onnx = read_onnx(MODELS_DIR "/digits-softmax/1/model.onnx");
  const auto network = compiled(onnx, {.width = 28, .height = 28, .channels = 1, .scale = 1.0 / 255}, {});
  ASSERT_TRUE(network);
  const std::vector<float> rows = rows_of(*network, std::vector<std::uint8_t>(784, 100), 1);
  const auto model = load_model(MODELS_DIR "/digits-softmax/1/model.onnx", {});
  ASSERT_TRUE(model);
  std::vector<std::int64_t> shape = (*model)->input().shape;
  shape.front() = 1;
  const auto expected = run((*model)->infer({shape, std::vector<float>(784, 100.0F / 255)}));
  ASSERT_TRUE(expected);
  ASSERT_EQ(rows.size(), expected->values.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NEAR(rows[i], expected->values[i], 1e-5);
}

// Against the same file, run by load_model on numbers that are computed here.
TEST(PictureNetwork, GivesTheRowsOfTheNetwork) {
  const PixelInput input = residual_picture();
  const auto network = compiled(network_file("residual.onnx"), input, {.output = "features"});
  ASSERT_TRUE(network);
  EXPECT_EQ(network->columns(), 24U);
  EXPECT_THAT(network->execution().operations, ElementsAre(std::pair<const std::string, std::size_t>("f32", 7)));
  EXPECT_THAT(describe(*network), HasSubstr("7 in f32"));
  const std::vector<std::uint8_t> pictures = make_pictures(5);
  const std::vector<float> rows = rows_of(*network, pictures, 5);
  const auto model = load_model(TEST_DATA "/networks/residual.onnx", {.output = "features"});
  ASSERT_TRUE(model);
  Tensor tensor{{5, 32, 32, 3}, {}};
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const std::size_t channel = i % 3;
    const double value = pictures[i - channel + 2 - channel];
    tensor.values.push_back(static_cast<float>((value - input.mean[channel]) / input.deviation[channel]));
  }
  const auto expected = run((*model)->infer(tensor));
  ASSERT_TRUE(expected);
  ASSERT_EQ(rows.size(), expected->values.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NEAR(rows[i], expected->values[i], 1e-4);
}

TEST(PictureNetwork, GivesTheSameRowsInAnyBatchOnAnyThread) {
  const std::vector<std::uint8_t> pictures = make_pictures(12);
  const auto one =
      compiled(network_file("residual.onnx"), residual_picture(), {.batch = 1, .streams = 1, .output = "features"});
  const auto many =
      compiled(network_file("residual.onnx"), residual_picture(), {.batch = 5, .streams = 2, .output = "features"});
  ASSERT_TRUE(one && many);
  EXPECT_EQ(many->batch(), 5U);
  EXPECT_EQ(many->streams(), 2U);
  const std::vector<float> expected = rows_of(*one, pictures, 12);
  std::vector<std::vector<float>> rows(4);
  {
    std::vector<std::jthread> threads;
    for (std::vector<float>& each : rows) threads.emplace_back([&] { each = rows_of(*many, pictures, 12); });
  }
  for (const std::vector<float>& each : rows) {
    ASSERT_EQ(each.size(), expected.size());
    for (std::size_t i = 0; i < each.size(); ++i) ASSERT_NEAR(each[i], expected[i], 1e-4);
  }
}

TEST(PictureNetwork, Bf16IsCloseAndIsSaidToBeWhatItIs) {
  const std::vector<std::uint8_t> pictures = make_pictures(8);
  const auto exact = compiled(network_file("residual.onnx"), residual_picture(), {.output = "features"});
  const auto fast =
      compiled(network_file("residual.onnx"), residual_picture(), {.precision = Precision::bf16, .output = "features"});
  ASSERT_TRUE(exact && fast);
  const auto& operations = fast->execution().operations;
  ASSERT_EQ(operations.size(), 1U);
  EXPECT_EQ(operations.begin()->second, 7U);
  const std::vector<float> rows = rows_of(*fast, pictures, 8);
  const std::vector<float> expected = rows_of(*exact, pictures, 8);
  EXPECT_GE(least_cosine(rows, expected, 24), 0.999);
  EXPECT_EQ(rows == expected, operations.begin()->first == "f32");
}

// The first convolution, whose input has both signs, and the one of every channel by itself stay as they are.
TEST(PictureNetwork, Int8ComputesConvolutionsInEightBits) {
  const Bytes onnx = network_file("residual.onnx");
  const std::vector<std::uint8_t> calibration = make_pictures(16, 2);
  const PictureNetworkOptions options{.precision = Precision::int8, .output = "features", .calibration = calibration};
  const auto exact = compiled(onnx, residual_picture(), {.output = "features"});
  const auto fast = compiled(onnx, residual_picture(), options);
  const auto again = compiled(onnx, residual_picture(), options);
  ASSERT_TRUE(exact && fast && again);
  std::size_t operations = 0;
  for (const auto& [type, count] : fast->execution().operations) operations += count;
  EXPECT_EQ(operations, 7U);
  ASSERT_TRUE(fast->execution().operations.contains("int8")) << describe(*fast);
  EXPECT_EQ(fast->execution().operations.at("int8"), 5U) << describe(*fast);
  const std::vector<std::uint8_t> pictures = make_pictures(8);
  const std::vector<float> rows = rows_of(*fast, pictures, 8);
  EXPECT_GE(least_cosine(rows, rows_of(*exact, pictures, 8), 24), 0.995);
  EXPECT_EQ(rows, rows_of(*again, pictures, 8)) << "the same pictures give the same network";
}

std::string error_of(const Bytes& onnx, const PixelInput& input, const PictureNetworkOptions& options) {
  const auto network = compile_picture_network(onnx, input, options);
  if (network) return "no error";
  EXPECT_EQ(network.error().code, ErrorCode::invalid_argument);
  return network.error().message;
}

TEST(PictureNetwork, SaysWhatCannotBeCompiled) {
  const Bytes onnx = network_file("residual.onnx");
  const PixelInput input = residual_picture();
  EXPECT_THAT(error_of(to_bytes("no network"), input, {}), HasSubstr("the network cannot be compiled: "));
  EXPECT_THAT(error_of(onnx, input, {}), HasSubstr("2 outputs (features, map): name one"));
  EXPECT_THAT(error_of(onnx, input, {.output = "map"}), HasSubstr("[4,4,6,1]: a row of numbers for each picture"));
  PixelInput wrong = input;
  wrong.width = 31;
  EXPECT_THAT(error_of(onnx, wrong, {.output = "features"}), HasSubstr("has the shape [n,32,32,3]"));
  wrong = input;
  wrong.mean.pop_back();
  EXPECT_THAT(error_of(onnx, wrong, {.output = "features"}), HasSubstr("2 means and 3 deviations of 3 channels"));
  wrong = input;
  wrong.channels = 2;
  EXPECT_THAT(error_of(onnx, wrong, {.output = "features"}), HasSubstr("1 or 3 channels"));
  EXPECT_THAT(error_of(onnx, input, {.precision = Precision::int8, .output = "features"}),
              HasSubstr("pictures of 3072 bytes, as the network takes them: 0 bytes were given"));
}

TEST(PictureNetwork, SaysWhichSizesDoNotFit) {
  const auto network = compiled(network_file("residual.onnx"), residual_picture(), {.batch = 2, .output = "features"});
  ASSERT_TRUE(network);
  constexpr std::size_t kPicture = 3072;
  constexpr std::size_t kRow = 24;
  std::vector<std::uint8_t> pictures = make_pictures(3);
  std::vector<float> rows(3 * kRow);
  const auto error = [&](std::size_t bytes, std::size_t count, std::size_t numbers) {
    const auto done = network->infer(std::span(pictures).first(bytes), count, std::span(rows).first(numbers));
    return done ? "no error" : done.error().message;
  };
  EXPECT_THAT(error(3 * kPicture, 3, 3 * kRow), HasSubstr("3 pictures: 1 to 2"));
  EXPECT_THAT(error(0, 0, 0), HasSubstr("0 pictures: 1 to 2"));
  EXPECT_THAT(error(kPicture, 2, 2 * kRow),
              HasSubstr("2 pictures have 3072 bytes, and the network takes 3072 a picture"));
  EXPECT_THAT(error(2 * kPicture, 2, kRow), HasSubstr("2 rows of 24 numbers do not fit into 24"));
  EXPECT_EQ(error(2 * kPicture, 2, 2 * kRow), "no error");
}

TEST(PictureNetwork, ServedNetworksAreNotInt8) {
  const auto model = load_model(MODELS_DIR "/digits-softmax/1/model.onnx", {.precision = Precision::int8});
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, HasSubstr("cannot be computed in int8"));
}

}  // namespace
}  // namespace vidi::inference
