#pragma once
// Images as OpenCV sees them. Internal to this module.

#include <cstdint>
#include <opencv2/core/mat.hpp>

#include "digits/form.hpp"
#include "image/image.hpp"

namespace vidi::digits {

// The same pixels, to be read only; they must outlive the result. OpenCV has no matrix of constant values.
inline cv::Mat view_of(const image::Image& picture) {
  return {picture.height, picture.width, CV_8UC(picture.channels),
          const_cast<std::uint8_t*>(picture.pixels.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

inline cv::Mat view_of(const Form& form) {
  return {kFormSide, kFormSide, CV_8UC1,
          const_cast<std::uint8_t*>(form.data())};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

}  // namespace vidi::digits
