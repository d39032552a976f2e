#pragma once
// The protocol's messages, and what they are to vidi.

#include <cstddef>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "open_inference/service.hpp"
#include "proto/inference.pb.h"

namespace vidi::grpc {

namespace messages = ::inference;

// A request to infer without what its arrival says: identifier, time, user.
// Errors (invalid_argument) name the input, what it has and what it must have: an unknown type, a shape of more than
// `most_elements`, values in both forms or none, in another type's field, out of the type's range, too few or too many.
Result<open_inference::InferRequest> to_request(const messages::ModelInferRequest& message, std::size_t most_elements);

// Whether the answer's values go out as bytes: as those of the request came in, unless its parameter
// `binary_data_output` says otherwise.
bool wants_raw_answer(const messages::ModelInferRequest& message);

// The parameter `predictions` has the records' identifiers, in the order of the rows, with commas between them.
void write_answer(const open_inference::InferAnswer& answer, bool raw, messages::ModelInferResponse& message);

void write_metadata(const open_inference::ModelMetadata& metadata, messages::ModelMetadataResponse& message);

// A network that takes any number of rows takes as many as have `most_elements` together.
void write_configuration(const open_inference::ModelMetadata& metadata, std::size_t most_elements,
                         messages::ModelConfig& message);

void write_statistics(const std::vector<open_inference::ModelStatistics>& statistics,
                      messages::ModelStatisticsResponse& message);

}  // namespace vidi::grpc
