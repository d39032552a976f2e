#include "api/answer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace vidi::api {
namespace {

nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

// Digits of a document say which page they stand on, from 1, as the form feeds of the result do.
nlohmann::ordered_json digits_to_json(const std::vector<records::Digit>& digits, std::string_view result) {
  const bool document = result.find('\f') != std::string_view::npos;
  int page = 1;
  auto list = nlohmann::ordered_json::array();
  for (const records::Digit& digit : digits) {
    for (; result.starts_with('\n') || result.starts_with('\f'); result.remove_prefix(1)) {
      if (result.front() == '\f') ++page;
    }
    result.remove_prefix(std::min(digit.label.size(), result.size()));
    nlohmann::ordered_json item{{"label", digit.label}, {"probability", digit.probability}, {"box", digit.box}};
    if (document) item["page"] = page;
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

nlohmann::ordered_json to_json(const records::Prediction& prediction) {
  nlohmann::ordered_json json;
  json["id"] = to_string(prediction.id);
  json["time"] = to_string(prediction.time);
  json["model"] = prediction.model;
  json["version"] = prediction.version;
  if (prediction.result) {
    json["result"] = *prediction.result;
  } else {
    json["result"] = nullptr;
    json["reason"] = prediction.reason;
  }
  json["confidence"] = prediction.confidence;
  json["candidates"] = nlohmann::ordered_json::array();
  for (const records::Candidate& candidate : prediction.candidates) {
    json["candidates"].push_back({{"label", candidate.label}, {"probability", candidate.probability}});
  }
  if (!prediction.digits.empty()) json["digits"] = digits_to_json(prediction.digits, prediction.result.value_or(""));
  json["filename"] = text_or_null(prediction.filename);
  json["safe_filename"] = text_or_null(prediction.safe_filename);
  json["user"] = text_or_null(prediction.user);
  json["image"] = text_or_null(prediction.image ? to_string(*prediction.image) : std::string());
  json["latency_ms"] = static_cast<double>(prediction.latency.count()) / 1000.0;
  json["label"] = prediction.correction ? nlohmann::ordered_json(prediction.correction->label) : nullptr;
  return json;
}

std::string result_line(const records::Prediction& prediction) {
  if (!prediction.result) return "-";
  std::string line = *prediction.result;
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string to_text(const records::Prediction& prediction) { return "识别结果: " + result_line(prediction) + "\n"; }

http::Response json_response(const nlohmann::ordered_json& body, int status) {
  http::Response response = json_text(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  response.status = status;
  return response;
}

http::Response json_text(std::string body) {
  http::Response response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

}  // namespace vidi::api
