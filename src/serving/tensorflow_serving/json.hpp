#pragma once
// The bodies of TensorFlow Serving's REST interface (tensorflow/serving, docs "RESTful API"). The requests become those
// of the Open Inference Protocol; a model has one signature, "serving_default". Knows no HTTP: src/serving/api/v1.cpp
// does.

#include <cstddef>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "open_inference/service.hpp"

namespace vidi::tensorflow_serving {

constexpr std::string_view kSignature = "serving_default";

struct PredictRequest {
  open_inference::Tensor input;
  bool rows = true;  // "instances": one answer beside the other; else "inputs": a tensor for each output
};

// Numbers become floats as they are, {"b64":…} becomes a picture. No tensor may have more than `most_elements`.
// Error invalid_argument says what is wrong.
Result<PredictRequest> parse_predict(ByteView body, const open_inference::ModelMetadata& model,
                                     std::size_t most_elements);

// {"predictions":…} for rows, {"outputs":…} otherwise; bare values for one output, by name for several.
std::string write_predictions(const open_inference::InferAnswer& answer, bool rows);

// {"examples":[{feature:value}]}, each a row or a picture, as a tensor. Errors: as parse_predict.
Result<open_inference::Tensor> parse_classify(ByteView body, const open_inference::ModelMetadata& model,
                                              std::size_t most_elements);

// {"results":[[["label",0.9],…],…]}: every label of every example. `answer` has the network's own output first.
std::string write_classes(const open_inference::InferAnswer& answer, const std::vector<std::string>& labels);

// {"model_version_status":…} of a model that answers.
std::string write_status(const open_inference::ModelMetadata& model);

// {"model_spec":…,"metadata":…}
std::string write_metadata(const open_inference::ModelMetadata& model);

}  // namespace vidi::tensorflow_serving
