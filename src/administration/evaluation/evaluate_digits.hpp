#pragma once
// Measuring a model of digits on MNIST's pictures. Thread-safe.

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "datasets/mnist.hpp"
#include "evaluation/contact_sheet.hpp"
#include "recognition/recognizer.hpp"

namespace vidi::evaluation {

inline constexpr std::size_t kDigits = 10;

// confusion[label][answer]; the last column counts pictures without an answer.
using Confusion = std::array<std::array<std::size_t, kDigits + 1>, kDigits>;

struct MeasuredDigits {
  Confusion confusion{};
  std::vector<Misreading> misreadings;
};

// Every picture takes the whole way that an uploaded one takes, from the bytes of a PNG file on. Throws
// std::runtime_error when one cannot be recognized. Requires: labels below 10.
MeasuredDigits evaluate_digits(recognition::Recognizer& recognizer, const datasets::LabeledImages& images,
                               const std::string& model);

// How often it is right, and what it takes for what; whole lines.
std::string to_text(const Confusion& confusion);

}  // namespace vidi::evaluation
