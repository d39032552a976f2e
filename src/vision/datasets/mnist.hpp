#pragma once
// The MNIST database of handwritten digits, and every data set that is distributed in its form.
// Every function may be called from several threads.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"

namespace vidi::datasets {

enum class Split { train, test };

// Gray pictures of digits, 0 the dark ground and 255 the full ink, each with its label.
struct LabeledImages {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<std::uint8_t> pixels;  // size() * rows * columns
  std::vector<std::uint8_t> labels;  // 0..9
  Digest digest;                     // SHA-256 of the unpacked images file followed by the unpacked labels file

  [[nodiscard]] std::size_t size() const { return labels.size(); }
  [[nodiscard]] std::size_t image_size() const { return rows * columns; }
  [[nodiscard]] std::span<const std::uint8_t> image(std::size_t index) const {
    return std::span(pixels).subspan(index * image_size(), image_size());
  }
};

// Reads one split from `directory`: the files train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-... for the
// test; also with '.idx' for '-idx', and with '.gz' after any of these names. Content, not name, decides what is
// gzipped. Errors: not_found (a file is missing or cannot be read), and as parse_mnist, the message naming the file.
Result<LabeledImages> load_mnist(const std::filesystem::path& directory, Split split);

// Writes one split, at least one picture, as load_mnist() reads it: plain files, durable when this returns. The digest
// of `images` is not looked at. Errors: internal (the folder is missing or cannot be written, the disk is full).
Result<void> save_mnist(const std::filesystem::path& directory, Split split, const LabeledImages& images);

// The same as load_mnist() from the bytes of the two files.
// Errors: undecodable (not IDX, damaged, no pictures, counts that contradict each other, a label over 9), too_large.
Result<LabeledImages> parse_mnist(ByteView images_file, ByteView labels_file);

}  // namespace vidi::datasets
