#pragma once
// The recorded predictions that a request names, as far as it may see them. Thread-safe.

#include <vector>

#include "api/application.hpp"
#include "records/prediction.hpp"

namespace vidi::api {

// By the path's {id}. Errors: not_found (also for what is no identifier, and for what the request may not see), and the
// record store's.
Task<Result<records::Prediction>> find_prediction(Application& application, http::Request& request);

// What is answered instead of a prediction that there is not, or that the request may not see.
Error no_such_prediction();

// The ten newest that the request may see, newest first; empty when the records cannot be read now.
Task<std::vector<records::Prediction>> latest_predictions(Application& application, const http::Request& request);

}  // namespace vidi::api
