#include "net/ask.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "net/loopback_server.hpp"

namespace vidi::net {
namespace {

using namespace std::chrono_literals;
using testing_support::LoopbackServer;

std::string answered(const std::string& status, const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

TEST(Ask, BringsTheAnswerWhateverItsStatus) {
  std::string seen;
  const LoopbackServer server([&](const std::string& request) {
    seen = request;
    return answered("503 Service Unavailable", "later", "Retry-After: 7\r\n");
  });
  const Question question{.method = "POST", .content_type = "application/json", .body = "{}"};
  const auto answer = ask(parse_url(server.url("/v1/traces")).value(), question, 5s);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->body, "later");
  EXPECT_EQ(answer->retry_after, "7");
  EXPECT_TRUE(seen.starts_with("POST /v1/traces HTTP/1.1\r\n")) << seen;
  EXPECT_TRUE(seen.contains("Content-Type: application/json\r\n")) << seen;
}

TEST(Ask, DoesNotFollowRedirects) {
  const LoopbackServer server([](const std::string&) { return answered("302 Found", "", "Location: /other\r\n"); });
  const auto answer = ask(parse_url(server.url()).value(), {}, 5s);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 302);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST(Ask, TakesNoLongAnswer) {
  const LoopbackServer server([](const std::string&) { return answered("200 OK", std::string(100'000, 'x')); });
  const auto answer = ask(parse_url(server.url()).value(), {}, 5s);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

TEST(Ask, SaysWhyThereIsNoAnswer) {
  std::string gone;
  {
    const LoopbackServer server([](const std::string&) { return std::string(); });
    gone = server.url();
    EXPECT_FALSE(ask(parse_url(gone).value(), {}, 5s)) << "it hung up without an answer";
  }
  const auto refused = ask(parse_url(gone).value(), {}, 5s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
  EXPECT_EQ(refused.error().message, "Connection refused");
}

TEST(Ask, WaitsNoLongerThanItIsTold) {
  const LoopbackServer server([](const std::string&) {
    std::this_thread::sleep_for(600ms);
    return answered("200 OK", "late");
  });
  const auto url = parse_url(server.url()).value();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(ask(url, {}, 100ms));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
  const auto cancelled = ask(url, {}, 5s, [] { return true; });
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().message, "given up, since this program is ending");
}

}  // namespace
}  // namespace vidi::net
