#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/access.hpp"
#include "api/answer.hpp"
#include "api/application.hpp"
#include "api/endpoints.hpp"
#include "api/find.hpp"
#include "api/html.hpp"
#include "api/negotiate.hpp"
#include "api/openapi.hpp"
#include "api/pages.hpp"
#include "api/status.hpp"
#include "objects/memory/memory_store.hpp"
#include "records/memory/memory_store.hpp"

namespace vidi::api {
namespace {

using testing::HasSubstr;
using testing::Not;

// A request as far as these functions look at one.
class FakeRequest final : public http::Request {
 public:
  using Texts = std::map<std::string, std::string, std::less<>>;

  FakeRequest(std::string path, Texts headers, Texts parameters = {}, Texts query = {})
      : path_(std::move(path)),
        headers_(std::move(headers)),
        parameters_(std::move(parameters)),
        query_(std::move(query)) {}

  [[nodiscard]] std::string_view method() const override { return "GET"; }
  [[nodiscard]] std::string_view path() const override { return path_; }
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const override {
    return find(query_, name);
  }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override {
    return find(headers_, name);
  }
  [[nodiscard]] std::string_view parameter(std::string_view name) const override {
    return find(parameters_, name).value_or("");
  }
  [[nodiscard]] std::string_view remote_address() const override { return {}; }
  [[nodiscard]] Timestamp arrived() const override { return {}; }
  [[nodiscard]] http::Body& body() override { throw std::logic_error("no body"); }

 private:
  static std::optional<std::string_view> find(const Texts& texts, std::string_view name) {
    const auto found = texts.find(name);
    return found != texts.end() ? std::optional<std::string_view>(found->second) : std::nullopt;
  }

  std::string path_;
  Texts headers_;
  Texts parameters_;
  Texts query_;
};

AnswerForm form_for(const std::string& accept, const std::string& path = "/predict") {
  return answer_form(FakeRequest(path, {{"Accept", accept}}));
}

records::Prediction prediction() {
  records::Prediction prediction;
  prediction.time = *parse_timestamp("2026-11-21T05:30:00.123456Z");
  prediction.id = make_uuid(prediction.time);
  prediction.model = "digits";
  prediction.version = "1";
  prediction.result = "407\n12";
  prediction.confidence = 0.5;
  prediction.candidates = {{"407\n12", 0.5}};
  prediction.digits = {{"4", 0.9, {1, 2, 3, 4}}};
  prediction.filename = "<b>\"x\".png";
  prediction.latency = std::chrono::microseconds(1500);
  return prediction;
}

// An application without a model, which records in memory.
struct Server {
  models::Repository models{std::vector<std::shared_ptr<const models::LoadedModel>>{}};
  recognition::Recognizer recognizer{models, {}};
  std::unique_ptr<records::RecordStore> records = records::memory::make_store();
  std::unique_ptr<objects::ObjectStore> objects = objects::memory::make_store();
  recognition::Recorder recorder{*records, *objects};
  open_inference::Service open_inference{recognizer, recorder, 1};
  auth::Authorizer authorizer{auth::Mode::open};
  Application application{.recognizer = recognizer,
                          .recorder = recorder,
                          .open_inference = open_inference,
                          .authorizer = authorizer,
                          .default_model = "digits",
                          .multipart = {},
                          .stopping = {},
                          .spools = {}};
};

TEST(OpenApi, DescribesEveryRouteOfVidisOwnAndNoOther) {
  Server server;
  std::set<std::pair<std::string, std::string>> routes;
  const http::Router router = make_router(server.application);
  for (const auto& [method, pattern] : router.routes()) {
    // The others' protocols have descriptions of their own.
    if (!pattern.starts_with("/v1") && !pattern.starts_with("/v2")) routes.emplace(method, pattern);
  }
  std::set<std::pair<std::string, std::string>> described;
  const auto document = nlohmann::json::parse(openapi_text());
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::string upper = method;
      std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      if (method != "parameters") described.emplace(upper, path);
    }
  }
  EXPECT_THAT(described, testing::ContainerEq(routes));
}

TEST(OpenApi, DescribesAPredictionAsItIsAnswered) {
  const auto schema = nlohmann::json::parse(openapi_text())["components"]["schemas"]["Prediction"];
  records::Prediction nothing = prediction();
  nothing.result.reset();
  std::set<std::string> described;
  for (const auto& [name, property] : schema["properties"].items()) described.insert(name);
  std::set<std::string> answered{"information"};
  for (const auto& one : {to_json(prediction()), to_json(nothing)}) {
    for (const auto& [name, value] : one.items()) answered.insert(name);
    for (const auto& name : schema["required"]) EXPECT_TRUE(one.contains(name.get<std::string>())) << name;
  }
  EXPECT_EQ(described, answered);
  EXPECT_EQ(schema["required"].size(), answered.size() - 3) << "without reason, digits and information";
  EXPECT_EQ(schema["properties"]["user"]["type"], (std::vector<std::string>{"string", "null"}));
}

TEST(AnswerForm, FollowsTheAcceptHeader) {
  EXPECT_EQ(answer_form(FakeRequest("/predict", {})), AnswerForm::text);
  EXPECT_EQ(form_for("*/*"), AnswerForm::text);
  EXPECT_EQ(form_for("application/json"), AnswerForm::json);
  EXPECT_EQ(form_for("application/json, text/plain, */*"), AnswerForm::json);
  EXPECT_EQ(form_for("text/plain, application/json;q=0.5"), AnswerForm::text);
  EXPECT_EQ(form_for("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), AnswerForm::html);
  EXPECT_EQ(form_for("text/html;q=0.1, application/json"), AnswerForm::json);
  EXPECT_EQ(form_for("text/html", "/api/predictions"), AnswerForm::json);
}

TEST(Answer, TextIsOneLine) {
  EXPECT_EQ(to_text(prediction()), "识别结果: 407 12\n");
  records::Prediction nothing = prediction();
  nothing.result.reset();
  EXPECT_EQ(to_text(nothing), "识别结果: -\n");
}

TEST(Answer, JsonHasTheDocumentedFieldsInTheirOrder) {
  const auto json = to_json(prediction());
  std::vector<std::string> names;
  for (const auto& [name, value] : json.items()) names.push_back(name);
  EXPECT_THAT(names,
              testing::ElementsAre("id", "time", "model", "version", "result", "confidence", "candidates", "digits",
                                   "filename", "safe_filename", "user", "image", "latency_ms", "label"));
  EXPECT_EQ(json["time"], "2026-11-21T05:30:00.123456Z");
  EXPECT_EQ(json["digits"][0]["box"], (std::vector<int>{1, 2, 3, 4}));
  EXPECT_EQ(json["latency_ms"], 1.5);
  EXPECT_TRUE(json["user"].is_null());
  EXPECT_TRUE(json["label"].is_null());
}

TEST(Answer, JsonOfADocumentSaysWhichPageEachDigitStandsOn) {
  records::Prediction document = prediction();
  document.result = "\f4\n0\f\f71";
  document.digits.clear();
  for (const char* label : {"4", "0", "7", "1"}) document.digits.push_back({label, 1, {}});
  const auto json = to_json(document);
  std::vector<int> pages;
  for (const auto& digit : json["digits"]) pages.push_back(digit["page"]);
  EXPECT_THAT(pages, testing::ElementsAre(2, 2, 4, 4));
  EXPECT_FALSE(to_json(prediction())["digits"][0].contains("page"));
}

TEST(Answer, JsonOfNothingHasAReason) {
  records::Prediction nothing = prediction();
  nothing.result.reset();
  nothing.reason = "the picture is blank";
  const auto json = to_json(nothing);
  EXPECT_TRUE(json["result"].is_null());
  EXPECT_EQ(json["reason"], "the picture is blank");
}

TEST(Html, WhatComesFromOutsideIsEscaped) {
  EXPECT_EQ(escape_html("<a href=\"x\" title='y'>&"), "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
  EXPECT_EQ(escape_html("识别"), "识别");
  EXPECT_EQ(escape_html(std::string_view("a\0\n\x7f", 4)), "a\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(escape_html("a\u202Egnp.exe\u2066"), "a\uFFFDgnp.exe\uFFFD");
}

TEST(Pages, ShowDocumentsAsLinksAndTheirPagesApart) {
  records::Prediction document = prediction();
  document.image = Digest{};
  document.media_type = "application/pdf";
  document.result = "4\f71\n2";
  for (const std::string& page : {prediction_page(document), home_page(document, {document})}) {
    EXPECT_THAT(page, HasSubstr("4 | 71 2"));
    EXPECT_THAT(page, HasSubstr("/image\">file</a>"));
    EXPECT_THAT(page, Not(HasSubstr("/image\" alt")));
  }
}

TEST(Pages, ShowHostileNamesWithoutObeyingThem) {
  for (const std::string& page : {prediction_page(prediction()), home_page(prediction(), {prediction()})}) {
    EXPECT_THAT(page, Not(HasSubstr("<b>")));
    EXPECT_THAT(page, HasSubstr("&lt;b&gt;&quot;x&quot;.png"));
  }
}

TEST(Pages, MayLoadNothingFromElsewhere) {
  const http::Response response = html_response(message_page("title", "message"));
  EXPECT_THAT(response.headers,
              testing::Contains(testing::Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))));
  EXPECT_THAT(response.body, Not(HasSubstr("<script")));
}

TEST(Errors, HaveTheirStatusAndTheClientsForm) {
  const Error error{ErrorCode::overloaded, "the server is busy"};
  const FakeRequest json("/predict", {{"Accept", "application/json"}});
  const http::Response response = error_response(&json, error);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.headers, testing::Contains(testing::Pair("Retry-After", "1")));
  const auto body = nlohmann::json::parse(response.body);
  EXPECT_EQ(body["error"]["code"], "overloaded");
  EXPECT_EQ(body["error"]["message"], "the server is busy");

  EXPECT_EQ(error_response(nullptr, error).body, "the server is busy\n");
  const FakeRequest browser("/predict", {{"Accept", "text/html"}});
  EXPECT_THAT(error_response(&browser, error).body, HasSubstr("role=\"alert\">the server is busy"));
}

TEST(Errors, OfKeysSayWhatToDo) {
  const FakeRequest request("/predict", {});
  const http::Response unknown = error_response(&request, {ErrorCode::unauthorized, "no key"});
  EXPECT_EQ(unknown.status, 401);
  EXPECT_THAT(unknown.headers, testing::Contains(testing::Pair("WWW-Authenticate", "Bearer")));
  const http::Response over =
      error_response(&request, {ErrorCode::too_many_requests, "slowly", std::chrono::seconds(7)});
  EXPECT_EQ(over.status, 429);
  EXPECT_THAT(over.headers, testing::Contains(testing::Pair("Retry-After", "7")));
  EXPECT_EQ(error_response(&request, {ErrorCode::forbidden, "no"}).status, 403);
}

TEST(Access, WhoIsNotLetInSeesNothingAndIsNobody) {
  FakeRequest request("/predict", {});
  EXPECT_EQ(visible_to(request), records::Visibility::none()) << "a request that nobody has let in";
  EXPECT_EQ(recorded_user(request, "somebody"), "");
  request.set_identity({.name = "alice", .role = Role::user});
  EXPECT_EQ(visible_to(request), records::Visibility::own("alice"));
  EXPECT_EQ(recorded_user(request, "bob"), "alice");
  request.set_identity({.name = "root", .role = Role::admin});
  EXPECT_EQ(visible_to(request), records::Visibility::all());
  EXPECT_EQ(recorded_user(request, "bob"), "bob");
  EXPECT_EQ(recorded_user(request, ""), "root");
}

// The users of what the pages list for somebody.
std::vector<std::string> users_shown(Server& server, const Identity& identity) {
  FakeRequest request("/", {});
  request.set_identity(identity);
  std::vector<std::string> users;
  for (const auto& each : run(latest_predictions(server.application, request))) users.push_back(each.user);
  return users;
}

TEST(Latest, AreThoseThatTheRequestMaySee) {
  Server server;
  for (const char* user : {"", "alice", "bob"}) {
    records::Prediction recorded = prediction();
    recorded.user = user;
    ASSERT_TRUE(run(server.records->append(std::move(recorded))));
  }
  using testing::UnorderedElementsAre;
  EXPECT_THAT(users_shown(server, {.name = "root", .role = Role::admin}), UnorderedElementsAre("", "alice", "bob"));
  EXPECT_THAT(users_shown(server, {.name = "alice", .role = Role::user}), UnorderedElementsAre("alice"));
  EXPECT_THAT(users_shown(server, {}), testing::IsEmpty());
}

// Answers to one's key that names a prediction of somebody else's.
TEST(Predictions, OfOthersAreNotFound) {
  Server server;
  records::Prediction recorded = prediction();
  recorded.user = "bob";
  ASSERT_TRUE(run(server.records->append(recorded)));
  FakeRequest request("/api/predictions/ID", {}, {{"id", to_string(recorded.id)}});
  EXPECT_FALSE(run(find_prediction(server.application, request))) << "nobody has let the request in";
  EXPECT_EQ(run(delete_prediction(server.application, request)).status, 404);
  request.set_identity({.name = "alice", .role = Role::user});
  EXPECT_EQ(run(get_prediction(server.application, request)).status, 404);
  EXPECT_EQ(run(delete_prediction(server.application, request)).status, 404);
  request.set_identity({.name = "bob", .role = Role::user});
  EXPECT_EQ(run(get_prediction(server.application, request)).status, 200);
  EXPECT_EQ(run(delete_prediction(server.application, request)).status, 204);
}

TEST(Predictions, OfOthersAreNotListed) {
  Server server;
  FakeRequest request("/api/predictions", {}, {}, {{"user", "bob"}});
  EXPECT_EQ(run(list_predictions(server.application, request)).status, 403) << "nobody has let the request in";
  request.set_identity({.name = "alice", .role = Role::user});
  const http::Response refused = run(list_predictions(server.application, request));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("this key sees the predictions of 'alice' only"));
  request.set_identity({.name = "bob", .role = Role::user});
  EXPECT_EQ(run(list_predictions(server.application, request)).status, 200);
}

TEST(Status, IsWhatTheDocumentationSays) {
  EXPECT_EQ(http_status(ErrorCode::invalid_argument), 400);
  EXPECT_EQ(http_status(ErrorCode::not_found), 404);
  EXPECT_EQ(http_status(ErrorCode::too_large), 413);
  EXPECT_EQ(http_status(ErrorCode::unsupported_media), 415);
  EXPECT_EQ(http_status(ErrorCode::undecodable), 422);
  EXPECT_EQ(http_status(ErrorCode::overloaded), 503);
  EXPECT_EQ(http_status(ErrorCode::internal), 500);
}

}  // namespace
}  // namespace vidi::api
