#include "api/answer.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace vidi::api {
namespace {

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

// The value of a field by its type.
nlohmann::ordered_json value_to_json(const std::string& text) { return text; }
nlohmann::ordered_json value_to_json(double number) { return number; }
nlohmann::ordered_json value_to_json(const Uuid& id) { return to_string(id); }
nlohmann::ordered_json value_to_json(const Digest& digest) { return to_string(digest); }
nlohmann::ordered_json value_to_json(Timestamp time) { return to_string(time); }
nlohmann::ordered_json value_to_json(std::chrono::microseconds duration) {
  return static_cast<double>(duration.count()) / 1000.0;
}
nlohmann::ordered_json value_to_json(const records::Correction& correction) { return correction.label; }

nlohmann::ordered_json value_to_json(const std::vector<records::Candidate>& candidates) {
  auto list = nlohmann::ordered_json::array();
  for (const records::Candidate& candidate : candidates) {
    list.push_back({{"label", candidate.label}, {"probability", candidate.probability}});
  }
  return list;
}

template <typename Value>
nlohmann::ordered_json value_to_json(const std::optional<Value>& value) {
  return value_to_json(*value);
}

template <typename Value>
nlohmann::ordered_json field_to_json(const records::Field<Value>& field, const records::Prediction& prediction) {
  if (is_null_in_json(field, prediction)) return nullptr;
  const Value& value = prediction.*field.member;
  if constexpr (std::same_as<Value, std::vector<records::Digit>>) {
    return digits_to_json(value, prediction.result.value_or(""));
  } else {
    return value_to_json(value);
  }
}

}  // namespace

nlohmann::ordered_json to_json(const records::Prediction& prediction) {
  nlohmann::ordered_json json;
  records::for_each_field([&](const auto& field) {
    if (is_in_json(field, prediction)) json[std::string(field.name)] = field_to_json(field, prediction);
  });
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
