#include "image/orientation.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vidi::image {
namespace {

using namespace std::string_literals;

// A directory of one entry: tag 0x0112, 16 bits, one value.
const std::string kBigEndian = "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"s;
const std::string kLittleEndian = "Exif\0\0II\x2a\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0"s;

TEST(ExifOrientation, IsReadInEitherByteOrder) {
  EXPECT_EQ(exif_orientation(as_bytes(kBigEndian)), 6);
  EXPECT_EQ(exif_orientation(as_bytes(kLittleEndian)), 8);
}

TEST(ExifOrientation, IsUprightWhenTheDataIsCutAnywhere) {
  for (std::size_t size = 0; size < 28; ++size) {
    EXPECT_EQ(exif_orientation(as_bytes(kBigEndian).first(size)), 1) << size;
    EXPECT_EQ(exif_orientation(as_bytes(kLittleEndian).first(size)), 1) << size;
  }
}

TEST(ExifOrientation, IsUprightWhenTheDataMakesNoSense) {
  const auto changed = [](std::size_t at, char value) {
    std::string data = kBigEndian;
    data.at(at) = value;
    return exif_orientation(as_bytes(data));
  };
  EXPECT_EQ(changed(0, 'x'), 1);  // not EXIF
  EXPECT_EQ(changed(6, 'x'), 1);  // no byte order
  EXPECT_EQ(changed(9, 0), 1);    // not TIFF
  EXPECT_EQ(changed(10, static_cast<char>(0xff)),
            1);                     // the directory lies outside
  EXPECT_EQ(changed(17, 0x13), 1);  // another tag
  EXPECT_EQ(changed(19, 2), 1);     // of another type
  EXPECT_EQ(changed(25, 9), 1);     // no such orientation
  EXPECT_EQ(changed(25, 0), 1);
}

}  // namespace
}  // namespace vidi::image
