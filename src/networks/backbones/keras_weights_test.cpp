#include "backbones/keras_weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "backbones/random_weights.hpp"

namespace vidi::backbones {
namespace {

using testing::HasSubstr;

const std::string kFolder = TEST_DATA "/keras/";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The network small() of make_keras.py.
const Variable kKernel{"conv1_conv", "kernel", 0, "conv2d", {3, 3, 3, 4}};
const Variable kBias{"conv2_block1_1_conv", "bias", 1, "conv2d_1", {2}};
const Variable kVariance{"conv1_bn", "moving_variance", 3, "batch_normalization", {4}};

float expected(const std::string& text, double offset, double scale, std::size_t i) {
  std::uint64_t stream = 0xcbf2'9ce4'8422'2325;
  for (const char letter : text) stream = (stream ^ static_cast<unsigned char>(letter)) * 0x100'0000'01b3;
  return static_cast<float>(offset + scale * noise(stream, i));
}

std::string error(WeightSource& source, const Variable& variable) {
  std::vector<float> values(1024);
  std::size_t count = 1;
  for (const auto size : variable.shape) count *= static_cast<std::size_t>(size);
  const auto read = source.read(variable, std::span(values).first(count));
  return read ? "no error" : read.error().message;
}

class KerasWeightsOf : public testing::TestWithParam<const char*> {};

TEST_P(KerasWeightsOf, AreWhatKerasWrote) {
  const auto source = open_keras_weights(kFolder + GetParam());
  ASSERT_TRUE(source) << source.error().message;
  std::vector<float> kernel(108);
  auto read = (*source)->read(kKernel, kernel);
  ASSERT_TRUE(read) << read.error().message;
  const double limit = std::sqrt(6.0 / (9 * (3 + 4)));
  for (std::size_t i = 0; i < kernel.size(); ++i) EXPECT_EQ(kernel[i], expected("conv1_conv/kernel", 0, limit, i)) << i;
  std::vector<float> bias(2);
  read = (*source)->read(kBias, bias);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(bias[1], expected("conv2_block1_1_conv/bias", 0, 0.125, 1));
  std::vector<float> variance(4);
  read = (*source)->read(kVariance, variance);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(variance[3], expected("conv1_bn/moving_variance", 1, 0.25, 3));
}

INSTANTIATE_TEST_SUITE_P(Files, KerasWeightsOf,
                         testing::Values("small.h5", "small-keras-2.h5", "small.weights.h5", "small.keras", "nested.h5",
                                         "nested.keras", "unnamed.weights.h5"));

TEST(KerasWeights, SayWhatIsNotThere) {
  const auto source = open_keras_weights(kFolder + "small.weights.h5");
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(error(**source, {"conv9_conv", "kernel", 0, "conv2d_9", {1}}),
            "small.weights.h5: of 'conv9_conv/kernel' with shape (1), which the network needs, there is none");
  EXPECT_THAT(error(**source, {"conv1_conv", "kernel", 0, "conv2d", {3, 3, 4, 3}}),
              HasSubstr("its shape is (3, 3, 3, 4)"));
  EXPECT_THAT(error(**source, {"conv1_conv", "kernel", 0, "conv2d", {108}}), HasSubstr("its shape is (3, 3, 3, 4)"));
}

TEST(KerasWeights, SayWhatCannotBeMeant) {
  const auto source = open_keras_weights(kFolder + "odd.h5");
  ASSERT_TRUE(source) << source.error().message;
  const auto reason = [&](const std::string& layer) { return error(**source, {layer, "kernel", 0, "", {2}}); };
  EXPECT_EQ(reason("fine"), "no error");
  EXPECT_THAT(reason("twice"), HasSubstr("there are several"));
  EXPECT_THAT(reason("integers"), HasSubstr("it is not of floats"));
  EXPECT_THAT(reason("infinite"), HasSubstr("no finite number"));
  EXPECT_THAT(reason("elsewhere"), HasSubstr("a form that Keras does not write"));
  EXPECT_THAT(reason("linked"), HasSubstr("there is none"));
  EXPECT_THAT(reason("pointing"), HasSubstr("there is none"));
}

TEST(KerasWeights, SayWhichFilesTheyCannotComeFrom) {
  const auto code = [](const std::string& path) { return open_keras_weights(path).error().code; };
  EXPECT_EQ(code(kFolder + "no-such-file.h5"), ErrorCode::not_found);
  EXPECT_EQ(code(kFolder), ErrorCode::not_found);
  EXPECT_EQ(code(kFolder + "README.md"), ErrorCode::undecodable);
  EXPECT_EQ(code(kFolder + "circle.h5"), ErrorCode::undecodable);
  const std::string empty_archive = testing::TempDir() + "empty.keras";
  std::ofstream(empty_archive) << std::string("PK\x03\x04 and then nothing");
  EXPECT_EQ(code(empty_archive), ErrorCode::undecodable);
}

// Cut anywhere, or with bytes changed: an error or other numbers, and nothing worse.
TEST(KerasWeights, SurviveDamage) {
  for (const char* name : {"small.h5", "small.weights.h5", "small-keras-2.h5"}) {
    const std::string whole = read_file(kFolder + name);
    ASSERT_FALSE(whole.empty());
    std::size_t refused = 0;
    for (std::size_t i = 0; i < 200; ++i) {
      std::string damaged = whole;
      if (i < 50) {
        damaged.resize(whole.size() * i / 50);
      } else {
        for (std::size_t k = 0; k < 8; ++k) {
          char& letter = damaged[(i * 7919 + k * 104'729) % whole.size()];
          letter = static_cast<char>(static_cast<std::size_t>(letter) ^ (i + k));
        }
      }
      const auto source = read_keras_weights(to_bytes(damaged), name);
      if (!source || error(**source, kKernel) != "no error") ++refused;
    }
    EXPECT_GT(refused, 40U) << name;
  }
}

TEST(KerasWeights, ADamagedArchiveIsRefused) {
  const std::string whole = read_file(kFolder + "small.keras");
  const std::string path = testing::TempDir() + "damaged.keras";
  std::string damaged = whole;
  const std::size_t start = damaged.find("\x89HDF");
  ASSERT_NE(start, std::string::npos);
  damaged[start + 4000] ^= 1;
  std::ofstream(path, std::ios::binary) << damaged;
  EXPECT_EQ(open_keras_weights(path).error().code, ErrorCode::undecodable);
  std::ofstream(path, std::ios::binary) << whole.substr(0, whole.size() / 2);
  EXPECT_EQ(open_keras_weights(path).error().code, ErrorCode::undecodable);
}

TEST(RandomWeights, AreGlorotsAndTheSameForTheSameSeed) {
  const Variable kernel{"conv1_conv", "kernel", 0, "conv2d", {7, 7, 3, 64}};
  std::vector<float> values(std::size_t{7} * 7 * 3 * 64);
  ASSERT_TRUE(make_random_weights(7)->read(kernel, values));
  const double limit = std::sqrt(6.0 / (49 * (3 + 64)));
  double sum = 0;
  double squares = 0;
  for (const float value : values) {
    ASSERT_LE(std::fabs(value), limit);
    sum += value;
    squares += static_cast<double>(value) * value;
  }
  const auto count = static_cast<double>(values.size());
  // Of a uniform distribution the variance is limit^2 / 3; the bounds are four deviations of 9,408 draws.
  EXPECT_NEAR(sum / count, 0, 4 * limit / std::sqrt(3 * count));
  EXPECT_NEAR(squares / count, limit * limit / 3, 4 * limit * limit * 0.3 / std::sqrt(count));
  std::vector<float> again(values.size());
  ASSERT_TRUE(make_random_weights(7)->read(kernel, again));
  EXPECT_EQ(again, values);
  ASSERT_TRUE(make_random_weights(8)->read(kernel, again));
  EXPECT_NE(again, values);
}

}  // namespace
}  // namespace vidi::backbones
