#include "api/endpoints.hpp"
#include "api/find.hpp"
#include "api/pages.hpp"

namespace vidi::api {

Task<http::Response> get_home(Application& application, http::Request& request) {
  const auto latest = co_await latest_predictions(application, request);
  co_return html_response(home_page(std::nullopt, latest));
}

}  // namespace vidi::api
