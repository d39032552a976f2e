#pragma once
// What /predict and /upload have in common: read, recognize, record.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "api/application.hpp"
#include "records/prediction.hpp"

namespace vidi::api {

// The recorded predictions of the request's pictures, at most `most`, with the model of the query's `model`. They are
// durable when this returns. When one picture cannot be recognized none is recorded. Errors: those of read_uploads,
// Recognizer::recognize and Recorder::record; invalid_argument (more pictures).
Task<Result<std::vector<records::Prediction>>> recognize_request(Application& application, http::Request& request,
                                                                 std::size_t most = SIZE_MAX);

// For metrics, log and traces: what has been recorded for the request. May be called once for each of its pictures.
void note_prediction(const http::Request& request, const records::Prediction& prediction);

// The same of a request of another protocol: before it is inferred, and what came of it.
void note_question(const http::Request& request, open_inference::InferRequest& question);
void note_answer(const http::Request& request, const open_inference::InferAnswer& answer);

}  // namespace vidi::api
