#include "image/bmp_rle.hpp"

#include <algorithm>
#include <cstddef>

namespace vidi::image {
namespace {

class Decoder {
 public:
  Decoder(ByteView runs, int width, int height, unsigned bits)
      : runs_(runs),
        width_(static_cast<std::size_t>(width)),
        height_(static_cast<std::size_t>(height)),
        bits_(bits),
        indices_(width_ * height_) {}

  // Codes are two bytes: a count and a value, or 0 and an escape.
  std::optional<std::vector<std::uint8_t>> decode() {
    while (true) {
      // A picture whose last row is full may leave out the end code.
      if (runs_.size() < 2) return complete() ? std::optional(std::move(indices_)) : std::nullopt;
      const unsigned count = take();
      const unsigned value = take();
      bool fits = true;
      if (count > 0) {
        fits = repeat(count, value);
      } else if (value == 0) {
        x_ = 0;
        ++y_;
      } else if (value == 1) {
        return std::move(indices_);
      } else if (value == 2) {
        fits = move();
      } else {
        fits = copy(value);
      }
      if (!fits) return std::nullopt;
    }
  }

 private:
  [[nodiscard]] bool complete() const { return y_ + 1 > height_ || (y_ + 1 == height_ && x_ == width_); }

  unsigned take() {
    const auto value = std::to_integer<unsigned>(runs_.front());
    runs_ = runs_.subspan(1);
    return value;
  }

  // The index at place `i` of a run whose byte or bytes are `value`.
  [[nodiscard]] std::uint8_t index(unsigned value, std::size_t i) const {
    if (bits_ == 8) return static_cast<std::uint8_t>(value);
    return static_cast<std::uint8_t>(i % 2 == 0 ? value >> 4U : value & 15U);
  }

  [[nodiscard]] bool fits(std::size_t count) const { return y_ < height_ && width_ - x_ >= count; }

  // The picture is stored from its last row up.
  void put(std::uint8_t value) { indices_[(height_ - 1 - y_) * width_ + x_++] = value; }

  bool repeat(unsigned count, unsigned value) {
    if (!fits(count)) return false;
    for (std::size_t i = 0; i < count; ++i) put(index(value, i));
    return true;
  }

  bool copy(unsigned count) {
    const std::size_t bytes = bits_ == 8 ? count : (count + 1) / 2;
    const std::size_t padded = bytes + bytes % 2;
    if (!fits(count) || runs_.size() < bytes) return false;
    for (std::size_t i = 0; i < count; ++i) {
      put(index(std::to_integer<unsigned>(runs_[bits_ == 8 ? i : i / 2]), i));
    }
    runs_ = runs_.subspan(std::min(padded, runs_.size()));
    return true;
  }

  bool move() {
    if (runs_.size() < 2) return false;
    x_ += take();
    y_ += take();
    return x_ <= width_ && y_ < height_;
  }

  ByteView runs_;
  const std::size_t width_;
  const std::size_t height_;
  const unsigned bits_;
  std::vector<std::uint8_t> indices_;
  std::size_t x_ = 0;
  std::size_t y_ = 0;  // from the bottom
};

}  // namespace

std::optional<std::vector<std::uint8_t>> decode_bmp_rle(ByteView runs, int width, int height, unsigned bits) {
  return Decoder(runs, width, height, bits).decode();
}

}  // namespace vidi::image
