#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

#include "telemetry/otlp_client.hpp"
#include "telemetry/otlp_json.hpp"

namespace vidi::telemetry {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(OtlpEndpoint, IsWhereTracesArePosted) {
  const auto plain = parse_otlp_endpoint("http://127.0.0.1:4318");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->url.is_secure);
  EXPECT_EQ(plain->url.host, "127.0.0.1");
  EXPECT_EQ(plain->url.port, "4318");
  EXPECT_EQ(plain->url.target, "/v1/traces");
  EXPECT_EQ(plain->url.authority, "127.0.0.1:4318");
  const auto secure = parse_otlp_endpoint("https://collector.example/otlp/");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->url.is_secure);
  EXPECT_EQ(secure->url.port, "443");
  EXPECT_EQ(secure->url.target, "/otlp/v1/traces");
  const auto v6 = parse_otlp_endpoint("http://[::1]:4318");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->url.host, "::1");
  EXPECT_EQ(v6->url.port, "4318");
}

TEST(OtlpEndpoint, SaysWhatWouldBeRight) {
  for (const char* url : {"", "localhost:4318", "ftp://a", "http://", "http://:4318", "http://a:b", "http://a:0",
                          "http://a:65536", "http://u:p@a", "http://a/?x", "http://a b"}) {
    const auto endpoint = parse_otlp_endpoint(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_THAT(endpoint.error().message, HasSubstr("http://127.0.0.1:4318"));
  }
}

const json* attribute(const json& span, const std::string& key) {
  for (const json& each : span["attributes"]) {
    if (each["key"] == key) return &each["value"];
  }
  return nullptr;
}

TEST(OtlpJson, HasARequestAndItsStagesBelowIt) {
  RequestRecord record;
  record.method = "POST";
  record.path = "/predict\xFF";
  record.route = "/predict";
  record.status = 503;
  record.error = ErrorCode::overloaded;
  record.arrived = *parse_timestamp("2026-11-22T05:31:00Z");
  record.begin = Clock::now();
  record.end = record.begin + milliseconds(2);
  record.trace = {.trace = {.high = 0x4bf92f3577b34da6, .low = 0xa3ce929d0e0e4736},
                  .span = 7,
                  .parent = 0xf067aa0ba902b7,
                  .sampled = true};
  record.stages.add(Stage::decode, record.begin + milliseconds(1), record.end);
  const std::array requests{finished(record)};
  const auto body = json::parse(to_otlp_json(requests, {.version = "1.2.3", .instance = "i"}));
  const json& resource = body["resourceSpans"][0];
  EXPECT_EQ((*attribute(resource["resource"], "service.name"))["stringValue"], "vidi");
  EXPECT_EQ((*attribute(resource["resource"], "service.version"))["stringValue"], "1.2.3");
  const json& spans = resource["scopeSpans"][0]["spans"];
  ASSERT_EQ(spans.size(), count_spans(record));
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(spans[0]["name"], "POST /predict");
  EXPECT_EQ(spans[0]["kind"], 2);
  EXPECT_EQ(spans[0]["traceId"], "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(spans[0]["spanId"], "0000000000000007");
  EXPECT_EQ(spans[0]["parentSpanId"], "00f067aa0ba902b7");
  EXPECT_EQ(spans[0]["startTimeUnixNano"], "1795325460000000000");
  EXPECT_EQ(spans[0]["endTimeUnixNano"], "1795325460002000000");
  EXPECT_EQ(spans[0]["status"]["code"], 2);
  EXPECT_EQ((*attribute(spans[0], "http.route"))["stringValue"], "/predict");
  EXPECT_EQ((*attribute(spans[0], "http.response.status_code"))["intValue"], "503");
  EXPECT_EQ((*attribute(spans[0], "error.type"))["stringValue"], "503");
  EXPECT_EQ((*attribute(spans[0], "url.path"))["stringValue"], "/predict\xEF\xBF\xBD");
  EXPECT_EQ(spans[1]["name"], "decode");
  EXPECT_EQ(spans[1]["kind"], 1);
  EXPECT_EQ(spans[1]["traceId"], spans[0]["traceId"]);
  EXPECT_EQ(spans[1]["parentSpanId"], spans[0]["spanId"]);
  EXPECT_EQ(spans[1]["startTimeUnixNano"], "1795325460001000000");
}

TEST(OtlpJson, NamesAnUnknownMethodAsTheConventionsSay) {
  RequestRecord record;
  record.method = "BREW";
  record.status = 404;
  const std::array requests{finished(record)};
  const auto body = json::parse(to_otlp_json(requests, {}));
  const json& span = body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  EXPECT_EQ(span["name"], "HTTP");
  EXPECT_FALSE(span.contains("parentSpanId"));
  EXPECT_FALSE(span.contains("status"));  // a mistake of the client's is none of the server's
  EXPECT_EQ((*attribute(span, "http.request.method"))["stringValue"], "_OTHER");
  EXPECT_EQ((*attribute(span, "http.request.method_original"))["stringValue"], "BREW");
}

TEST(OtlpClient, SaysWhenNobodyListens) {
  const auto endpoint = parse_otlp_endpoint("http://127.0.0.1:1");
  const auto answer = post_json(*endpoint, "{}", milliseconds(1000), [] { return false; });
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace vidi::telemetry
