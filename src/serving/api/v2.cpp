// The Open Inference Protocol, version 2, over REST:
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "api/access.hpp"
#include "api/answer.hpp"
#include "api/endpoints.hpp"
#include "api/negotiate.hpp"
#include "api/read_upload.hpp"
#include "api/recognize.hpp"
#include "open_inference/rest.hpp"

namespace vidi::api {
namespace {

namespace v2 = open_inference;
using nlohmann::ordered_json;

constexpr std::string_view kJsonSize = "Inference-Header-Content-Length";

// The value of Inference-Header-Content-Length. Error: it is no number.
Result<std::optional<std::size_t>> json_size_of(http::Request& request) {
  const auto text = request.header(kJsonSize);
  if (!text) return std::optional<std::size_t>();
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), size);
  if (error == std::errc() && end == text->data() + text->size()) return std::optional<std::size_t>(size);
  return fail(ErrorCode::invalid_argument,
              fmt::format("the header {} is '{}'; it must be the number of bytes of the JSON", kJsonSize, *text));
}

// What the body asks. In raw mode the body is the only input, and the answer is in binary.
Result<v2::RestRequest> parse(Application& application, http::Request& request, Bytes body) {
  const auto json_size = json_size_of(request);
  if (!json_size) return forward_error(json_size);
  if (*json_size != 0U) return v2::parse_infer(body, *json_size, application.open_inference.most_elements());
  auto input =
      application.open_inference.raw_input(request.parameter("model"), request.parameter("version"), std::move(body));
  if (!input) return forward_error(input);
  v2::RestRequest raw;
  raw.inputs.push_back(std::move(*input));
  raw.binary_by_default = true;
  return raw;
}

http::Response answer_response(const v2::InferAnswer& answer, const v2::RestRequest& asked) {
  const std::vector<bool> all(answer.outputs.size(), asked.binary_by_default);
  v2::RestAnswer written = v2::write_answer(answer, asked.outputs.empty() ? all : asked.binary);
  http::Response response = json_text(std::move(written.body));
  if (written.json_size) {
    response.content_type = "application/octet-stream";
    response.headers.emplace_back(kJsonSize, fmt::format("{}", *written.json_size));
  }
  return response;
}

ordered_json describe(const v2::ModelStatistics& sums) {
  const auto duration = [](std::uint64_t count, std::uint64_t time) {
    return ordered_json{{"count", count}, {"ns", time}};
  };
  ordered_json json;
  json["name"] = sums.name;
  json["version"] = sums.version;
  json["last_inference"] = sums.last_inference;
  json["inference_count"] = sums.inferences;
  json["execution_count"] = sums.executions;
  std::uint64_t computed = 0;
  json["batch_stats"] = ordered_json::array();
  for (const auto& [rows, batches] : sums.batches) {
    const auto time = static_cast<std::uint64_t>(batches.computed.count());
    computed += time;
    json["batch_stats"].push_back({{"batch_size", rows}, {"compute_infer", duration(batches.count, time)}});
  }
  json["inference_stats"] = {{"success", duration(sums.succeeded, sums.succeeded_time)},
                             {"fail", duration(sums.failed, sums.failed_time)},
                             {"queue", duration(sums.succeeded, sums.waited_time)},
                             {"compute_infer", duration(sums.executions, computed)}};
  return json;
}

// HTTP has no status for an answer that would come after the client's own deadline: for it the server is too busy.
Error in_http(Error error) {
  if (error.code == ErrorCode::deadline_exceeded) error.code = ErrorCode::overloaded;
  return error;
}

}  // namespace

Task<http::Response> get_v2(Application&, http::Request&) {
  ordered_json body;
  body["name"] = v2::kServerName;
  body["version"] = VIDI_VERSION;
  body["extensions"] = {"binary_tensor_data", "classification", "model_repository", "statistics"};
  co_return json_response(body);
}

Task<http::Response> get_v2_live(Application&, http::Request&) { co_return json_text(R"({"live":true})"); }

Task<http::Response> get_v2_ready(Application& application, http::Request& request) {
  const http::Response ready = co_await get_ready(application, request);
  const bool good = ready.status == 200;
  http::Response response = json_text(good ? R"({"ready":true})" : R"({"ready":false})");
  response.status = ready.status;
  co_return response;
}

Task<http::Response> get_v2_model(Application& application, http::Request& request) {
  const auto metadata = application.open_inference.metadata(request.parameter("model"), request.parameter("version"));
  if (!metadata) co_return error_response(&request, metadata.error());
  co_return json_text(v2::write_metadata(*metadata));
}

Task<http::Response> get_v2_model_ready(Application& application, http::Request& request) {
  const auto metadata = application.open_inference.metadata(request.parameter("model"), request.parameter("version"));
  if (!metadata) co_return error_response(&request, metadata.error());
  ordered_json body;
  body["name"] = metadata->name;
  body["ready"] = true;
  co_return json_response(body);
}

Task<http::Response> post_v2_infer(Application& application, http::Request& request) {
  auto user = user_of(request);
  if (!user) co_return error_response(&request, user.error());
  const auto taken = application.open_inference.check_load(request.parameter("model"), request.parameter("version"));
  if (!taken) co_return error_response(&request, taken.error());
  auto body = co_await http::read_all(request.body(), application.max_body_bytes);
  if (!body) co_return error_response(&request, body.error());
  auto asked = parse(application, request, std::move(*body));
  if (!asked) co_return error_response(&request, asked.error());
  v2::InferRequest question;
  question.model = request.parameter("model");
  question.version = request.parameter("version");
  question.id = std::move(asked->id);
  question.inputs = std::move(asked->inputs);
  question.outputs = asked->outputs;
  question.deadline = v2::deadline_after(asked->timeout);
  question.arrived = request.arrived();
  question.record = make_uuid(question.arrived);
  question.user = recorded_user(request, std::move(*user));
  note_question(request, question);
  auto answer = co_await application.open_inference.infer(std::move(question));
  if (!answer) co_return error_response(&request, in_http(std::move(answer.error())));
  note_answer(request, *answer);
  co_return answer_response(*answer, *asked);
}

Task<http::Response> get_v2_statistics(Application& application, http::Request& request) {
  const auto found = application.open_inference.statistics(request.parameter("model"), request.parameter("version"));
  if (!found) co_return error_response(&request, found.error());
  ordered_json body;
  body["model_stats"] = ordered_json::array();
  for (const v2::ModelStatistics& sums : *found) body["model_stats"].push_back(describe(sums));
  co_return json_response(body);
}

Task<http::Response> post_v2_index(Application& application, http::Request& request) {
  const auto body = co_await http::read_all(request.body(), application.max_body_bytes);
  if (!body) co_return error_response(&request, body.error());
  const auto only_ready = v2::parse_index_request(*body);
  if (!only_ready) co_return error_response(&request, only_ready.error());
  ordered_json list = ordered_json::array();
  for (const models::IndexEntry& entry : application.recognizer.models().index()) {
    if (*only_ready && entry.state != models::VersionState::ready) continue;
    list.push_back({{"name", entry.name},
                    {"version", entry.version},
                    {"state", models::name(entry.state)},
                    {"reason", entry.reason}});
  }
  co_return json_response(list);
}

Task<http::Response> post_v2_load(Application& application, http::Request& request) {
  const auto loaded = co_await application.open_inference.load(std::string(request.parameter("model")));
  if (!loaded) co_return error_response(&request, loaded.error());
  co_return json_text("{}");
}

Task<http::Response> post_v2_unload(Application& application, http::Request& request) {
  const auto unloaded = co_await application.open_inference.unload(std::string(request.parameter("model")));
  if (!unloaded) co_return error_response(&request, unloaded.error());
  co_return json_text("{}");
}

}  // namespace vidi::api
