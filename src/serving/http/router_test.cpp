#include "http/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace vidi::http {
namespace {

Task<Response> nothing(Request&) { co_return Response{}; }

Router make_router() {
  Router router;
  router.add("GET", "/", nothing);
  router.add("GET", "/predict", nothing);
  router.add("POST", "/predict", nothing);
  router.add("GET", "/uploads/{id}", nothing);
  router.add("GET", "/uploads/{id}/image", nothing);
  router.add("GET", "/uploads/recent", nothing);
  router.add("GET", "/health/live", nothing, RouteOptions{.priority = true});
  return router;
}

TEST(Router, FindsLiteralPaths) {
  const Router router = make_router();
  EXPECT_NE(router.find("GET", "/").handler, nullptr);
  EXPECT_NE(router.find("POST", "/predict").handler, nullptr);
  EXPECT_NE(router.find("GET", "/predict").handler, router.find("POST", "/predict").handler);
  EXPECT_FALSE(router.find("GET", "/predict").priority);
  EXPECT_TRUE(router.find("GET", "/health/live").priority);
}

TEST(Router, ReadsParameters) {
  const Router router = make_router();
  const Router::Match match = router.find("GET", "/uploads/42/image");
  ASSERT_NE(match.handler, nullptr);
  ASSERT_EQ(match.parameters.size(), 1U);
  EXPECT_EQ(match.parameters[0], std::pair(std::string_view("id"), std::string_view("42")));
}

TEST(Router, ALiteralSegmentWinsOverAParameter) {
  const Router router = make_router();
  EXPECT_TRUE(router.find("GET", "/uploads/recent").parameters.empty());
  // There is no "/uploads/recent/image" of its own.
  ASSERT_EQ(router.find("GET", "/uploads/recent/image").parameters.size(), 1U);
}

TEST(Router, UnknownPathsHaveNoHandlerAndAllowNothing) {
  const Router router = make_router();
  for (const char* path : {"/unknown", "/predict/", "//predict", "/uploads/", "/uploads", "/uploads//image",
                           "/uploads/1/image/2", "", "predict", "*"}) {
    const Router::Match match = router.find("GET", path);
    EXPECT_EQ(match.handler, nullptr) << path;
    EXPECT_EQ(match.allow, "") << path;
  }
}

TEST(Router, AnotherMethodIsToldWhatIsAllowed) {
  const Router router = make_router();
  const Router::Match match = router.find("DELETE", "/predict");
  EXPECT_EQ(match.handler, nullptr);
  EXPECT_EQ(match.allow, "GET, HEAD, OPTIONS, POST");
}

TEST(Router, RefusesRoutesThatMakeNoSense) {
  Router router = make_router();
  EXPECT_THROW(router.add("GET", "/predict", nothing), std::invalid_argument);
  EXPECT_THROW(router.add("GET", "predict", nothing), std::invalid_argument);
  EXPECT_THROW(router.add("GE T", "/x", nothing), std::invalid_argument);
  EXPECT_THROW(router.add("GET", "/uploads/{name}/more", nothing), std::invalid_argument);
}

}  // namespace
}  // namespace vidi::http
