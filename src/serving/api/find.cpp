#include "api/find.hpp"

#include <utility>

#include "api/access.hpp"

namespace vidi::api {

Error no_such_prediction() { return {ErrorCode::not_found, "there is no such prediction"}; }

Task<Result<records::Prediction>> find_prediction(Application& application, http::Request& request) {
  const auto id = parse_uuid(request.parameter("id"));
  if (!id) co_return std::unexpected(no_such_prediction());
  auto found = co_await application.recorder.records().find(*id);
  if (!found) co_return forward_error(found);
  if (!*found) co_return std::unexpected(no_such_prediction());
  // Whether there is one of somebody else's is not told.
  if (!visible_to(request).shows(**found)) co_return std::unexpected(no_such_prediction());
  co_return std::move(**found);
}

Task<std::vector<records::Prediction>> latest_predictions(Application& application, const http::Request& request) {
  constexpr std::size_t kLatest = 10;
  records::Query latest;
  latest.limit = kLatest;
  auto query = visible_to(request).narrow(std::move(latest));
  if (!query) co_return std::vector<records::Prediction>();
  auto page = co_await application.recorder.records().list(std::move(*query));
  if (!page) co_return std::vector<records::Prediction>();
  co_return std::move(page->predictions);
}

}  // namespace vidi::api
