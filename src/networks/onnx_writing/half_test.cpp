#include "onnx_writing/half.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vidi::onnx_writing {
namespace {

// What the bits of a half mean, by the definition of the format.
double value_of(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

constexpr std::uint16_t kInfinity = 0x7c00;

TEST(Half, KeepsEveryNumberThatItHas) {
  for (std::uint16_t half = 0; half < kInfinity; ++half) {
    ASSERT_EQ(to_half(static_cast<float>(value_of(half))), half);
    const auto negative = static_cast<std::uint16_t>(half | 0x8000);
    ASSERT_EQ(to_half(static_cast<float>(value_of(negative))), negative);
  }
}

// Between two neighbors lies the point from which the upper one is taken; at the point itself the even one is.
TEST(Half, RoundsToTheNearestAndThenToTheEvenOne) {
  for (std::uint16_t lower = 0; lower + 1 < kInfinity; ++lower) {
    const auto upper = static_cast<std::uint16_t>(lower + 1);
    const auto middle = static_cast<float>((value_of(lower) + value_of(upper)) / 2);
    ASSERT_EQ(to_half(middle), lower % 2 == 0 ? lower : upper) << middle;
    ASSERT_EQ(to_half(std::nextafterf(middle, 0)), lower) << middle;
    ASSERT_EQ(to_half(std::nextafterf(middle, kGreatestHalf)), upper) << middle;
  }
}

TEST(Half, TakesWhatIsTooLargeForInfinity) {
  EXPECT_EQ(to_half(65519.0F), 0x7bff);
  EXPECT_EQ(to_half(65520.0F), kInfinity);
  EXPECT_EQ(to_half(-1e30F), 0xfc00);
  EXPECT_EQ(to_half(std::numeric_limits<float>::infinity()), kInfinity);
  EXPECT_EQ(to_half(std::numeric_limits<float>::quiet_NaN()) & 0x7e00, 0x7e00);
}

}  // namespace
}  // namespace vidi::onnx_writing
