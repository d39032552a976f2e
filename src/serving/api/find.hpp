#pragma once
// The prediction that a path names.

#include "api/application.hpp"
#include "records/prediction.hpp"

namespace vidi::api {

// By the path's {id}. Errors: not_found (also for what is no identifier, and for what the request may not see), and the
// record store's.
Task<Result<records::Prediction>> find_prediction(Application& application, http::Request& request);

}  // namespace vidi::api
