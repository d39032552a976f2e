#pragma once
// What model.toml says of a model: docs/reference/formats/model.md.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "image/resample.hpp"
#include "inference/model.hpp"
#include "models/information.hpp"

namespace vidi::models {

// How a picture becomes the network's input.
enum class Form {
  digits,   // every digit found in the picture becomes one 28x28 form, light on dark
  picture,  // the whole picture, brought to the network's size
};

enum class Layout {
  nhwc,  // rows, columns, channels: as TensorFlow has it
  nchw,  // channels, rows, columns: as PyTorch has it
};

enum class Color { rgb, bgr, gray };

// How a picture of other proportions is brought to the network's size.
enum class Fit {
  stretch,  // each side by itself
  crop,     // the middle: the shorter side is brought to `resize_to`, and what is over is cut off
  pad,      // the whole picture in the middle of a ground of `pad_value`
};

struct InputDescription {
  std::string name;  // empty: the network's only one
  Layout layout = Layout::nhwc;
  int width = 0;  // pixels
  int height = 0;
  int channels = 0;  // 1 or 3
  Color color = Color::gray;
  Fit fit = Fit::stretch;
  int resize_to = 0;  // of a picture that is cropped, its shorter side; 0: the network's
  int pad_value = 0;  // 0 to 255
  image::Filter filter = image::Filter::bilinear;
  // The network sees value * scale + offset, values from 0 to 255; where there are means it sees (value - mean) /
  // deviation, a pair for each channel in the network's order of colors.
  double scale = 1;
  double offset = 0;
  std::vector<double> mean;
  std::vector<double> deviation;
  bool is_inverted = false;                 // digits dark on light: 255 - value
  std::map<std::string, double> constants;  // values for inputs besides the picture

  bool operator==(const InputDescription&) const = default;
};

// What the network's numbers are, one row for each picture, after value * scale + offset.
enum class OutputKind {
  probabilities,
  scores,    // logits: softmax makes probabilities of them
  sigmoid,   // scores of labels that do not exclude each other: each by itself becomes 1 / (1 + exp(-score))
  features,  // numbers that say what a picture looks like, without labels: for `vidi features`, and never served
};

struct OutputDescription {
  std::string name;  // empty: the network's only one
  OutputKind kind = OutputKind::probabilities;
  double scale = 1;
  double offset = 0;

  bool operator==(const OutputDescription&) const = default;
};

// Which versions of a model are served.
struct VersionPolicy {
  enum class Kind { latest, all, listed };
  Kind kind = Kind::latest;
  std::vector<std::uint64_t> listed;  // in ascending order

  bool operator==(const VersionPolicy&) const = default;
};

struct Description {
  std::string name;
  std::string description;
  Form form = Form::digits;
  std::vector<std::string> labels;                 // of the output's classes, in their order
  bool has_none = false;                           // after the labels the output has one more class: none of them
  double least_probability = 0;                    // of the likeliest label, 0 to 1; what is less sure is no answer
  Translations unknown;                            // what is said then; empty: how sure the model would have to be
  std::shared_ptr<const Information> information;  // null: there is none
  InputDescription input;
  OutputDescription output;
  inference::Precision precision = inference::Precision::f32;
  std::size_t streams = 0;     // 0: as the program chooses
  std::size_t threads = 0;     // 0: as the program chooses
  std::size_t batch = 32;      // rows at most that are inferred together
  std::size_t max_wait = 100;  // milliseconds that a request may wait for its batch
  VersionPolicy versions;
  std::vector<std::string> warnings;  // of keys that nothing reads: probably mistyped

  bool operator==(const Description&) const = default;
  [[nodiscard]] std::size_t classes() const { return labels.size() + (has_none ? 1 : 0); }
};

// Reads a file of labels and one of information too, which lie in the same folder.
// Errors (invalid_argument) name the file, the key and what it must be.
Result<Description> read_description(const std::string& path);

// As they stand in model.toml.
std::string_view name(Form form);
std::string_view name(Layout layout);
std::string_view name(Color color);
std::string_view name(Fit fit);
std::string_view name(image::Filter filter);
std::string_view name(OutputKind kind);

// The text of a model.toml that reads back as `description`: what is as it is without being said is left out.
std::string to_toml(const Description& description);

}  // namespace vidi::models
