#pragma once
// Backbone, scaler, principal components, classifier and what tells strange pictures, as one network.

#include <string_view>

#include "classifier/classifier.hpp"
#include "classifier/feature_table.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::classifier {

// The only output of the network, (n, labels + 1): the probabilities of the labels and, last, of none of them.
inline constexpr std::string_view kProbabilities = "probabilities";

struct NetworkParts {
  ByteView backbone;        // an ONNX model
  std::string_view output;  // of the backbone, the features; empty: its only one
  const Reduction& reduction;
  const Classifier& classifier;
  bool half = false;  // constants in half precision, but for those of the scaler: half the bytes
};

// It takes what the backbone takes, and computes in 32-bit floats. Errors: those of
// onnx_writing::OnnxWriter::add_model.
Result<Bytes> make_network(const NetworkParts& parts);

}  // namespace vidi::classifier
