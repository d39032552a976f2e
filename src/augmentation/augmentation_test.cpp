#include "augmentation/vary.hpp"

#include <gmock/gmock.h>

namespace vidi::augmentation {
namespace {
TEST(Vary, Any) { EXPECT_EQ(background(1).width, 224); }
}  // namespace
}  // namespace vidi::augmentation
