#pragma once
// What model.toml says of a model: docs/formats/model.md.

#include <string>
#include <vector>

#include "core/result.hpp"
#include "inference/model.hpp"

namespace vidi::models {

// How a picture becomes the network's input.
enum class Form {
  digits,  // every digit found in the picture becomes one 28x28 form, light on dark
};

struct InputDescription {
  std::string name;
  int width = 0;  // pixels
  int height = 0;
  int channels = 0;
  double scale = 1;  // the network sees value * scale + offset, values from 0 to 255
  double offset = 0;
};

struct Description {
  std::string name;
  std::string description;
  Form form = Form::digits;
  std::vector<std::string> labels;  // of the output's classes, in their order
  bool has_none = false;            // after the labels the output has one more class: none of them
  double least_probability = 0;     // of the likeliest label, 0 to 1; a digit that is less sure is no answer
  InputDescription input;
  std::string output;
  inference::Precision precision = inference::Precision::f32;
};

// Errors (invalid_argument) name the file, the key and what it must be.
Result<Description> read_description(const std::string& path);

}  // namespace vidi::models
