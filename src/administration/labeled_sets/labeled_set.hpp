#pragma once
// The forms in which a labeled set of pictures is written, each as another program reads it.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "core/uuid.hpp"
#include "image/decode.hpp"
#include "models/repository.hpp"

namespace vidi::labeled_sets {

struct LabeledPicture {
  Digest digest;
  std::string label;
  Uuid id;  // of the prediction that the label is of
  std::string media_type;
};

// One thread at a time. Every method throws std::runtime_error when the folder cannot be written.
class LabeledSet {
 public:
  virtual ~LabeledSet() = default;

  // Absent: it is in the set. Otherwise why it cannot be.
  virtual std::optional<std::string> add(const LabeledPicture& picture, ByteView file) = 0;

  // What has been written, in words: "12 pictures".
  virtual std::string finish() = 0;
};

// FOLDER/LABEL/DIGEST.png: a folder a class, as most programs take pictures. A label that cannot be a folder's name is
// written with the bytes that cannot as %, and two hexadecimal digits.
std::unique_ptr<LabeledSet> make_folder_set(const std::filesystem::path& folder);
std::string folder_name(const std::string& label);

// FOLDER/pictures.parquet.
std::unique_ptr<LabeledSet> make_table_set(const std::filesystem::path& folder);

struct DigitSetOptions {
  std::shared_ptr<const models::LoadedModel> model;  // finds the digit where it is not plain
  image::DecodeLimits limits;
  unsigned test_percent = 15;  // of the pictures, chosen by their digests: to test with, the others to train on
};

// The four files of MNIST: what `vidi train` and `vidi evaluate` read. Of pictures with one digit, each in MNIST's
// form.
std::unique_ptr<LabeledSet> make_digit_set(const std::filesystem::path& folder, DigitSetOptions options);

}  // namespace vidi::labeled_sets
