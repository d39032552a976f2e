#pragma once
// What /predict and /upload have in common: read, recognise, record.

#include "api/application.hpp"
#include "records/prediction.hpp"

namespace vidi::api {

// The recorded prediction of the request's picture, with the model of the query's `model`. It is durable when this
// returns. Errors: those of read_upload, Recognizer::recognize and Recorder::record.
Task<Result<records::Prediction>> recognise_request(Application& application, http::Request& request);

// For metrics, log and traces: what has been recorded for the request. May be called once for each of its pictures.
void note_prediction(const http::Request& request, const records::Prediction& prediction);

// The same of a request of another protocol: before it is inferred, and what came of it.
void note_question(const http::Request& request, open_inference::InferRequest& question);
void note_answer(const http::Request& request, const open_inference::InferAnswer& answer);

}  // namespace vidi::api
