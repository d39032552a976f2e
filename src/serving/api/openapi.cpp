#include "api/openapi.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "api/endpoints.hpp"
#include "records/prediction.hpp"

namespace vidi::api {
namespace {

using Json = nlohmann::ordered_json;

Json array_of(std::string_view schema) {
  return {{"type", "array"}, {"items", {{"$ref", "#/components/schemas/" + std::string(schema)}}}};
}

// The schema of a value in the JSON of a prediction (answer.cpp) by its type.
template <typename Value>
struct Schema;

template <>
struct Schema<std::string> {
  static Json of() { return {{"type", "string"}}; }
};

template <>
struct Schema<double> {
  static Json of() { return {{"type", "number"}, {"minimum", 0}, {"maximum", 1}}; }
};

template <>
struct Schema<Uuid> {
  static Json of() { return {{"type", "string"}, {"format", "uuid"}}; }
};

template <>
struct Schema<Digest> {
  static Json of() { return {{"type", "string"}}; }
};

template <>
struct Schema<Timestamp> {
  static Json of() { return {{"type", "string"}, {"format", "date-time"}}; }
};

template <>
struct Schema<std::chrono::microseconds> {
  static Json of() { return {{"type", "number"}, {"minimum", 0}}; }
};

template <>
struct Schema<records::Correction> {
  static Json of() { return {{"type", "string"}}; }
};

template <>
struct Schema<std::vector<records::Candidate>> {
  static Json of() { return array_of("Candidate"); }
};

template <>
struct Schema<std::vector<records::Digit>> {
  static Json of() { return array_of("Digit"); }
};

Json or_null(Json schema) {
  schema["type"] = {schema["type"], "null"};
  return schema;
}

template <typename Value>
struct Schema<std::optional<Value>> {
  static Json of() { return or_null(Schema<Value>::of()); }
};

Json prediction_schema() {
  Json schema{{"type", "object"}, {"required", Json::array()}, {"properties", Json::object()}};
  records::for_each_field([&]<typename Value>(const records::Field<Value>& field) {
    using records::InJson;
    if (field.in_json == InJson::never) return;
    const std::string name(field.name);
    Json property = Schema<Value>::of();
    if (field.in_json == InJson::null_if_empty) property = or_null(std::move(property));
    property["description"] = field.meaning;
    schema["properties"][name] = std::move(property);
    if (field.in_json == InJson::always || field.in_json == InJson::null_if_empty) schema["required"].push_back(name);
  });
  schema["properties"]["information"] = {{"$ref", "#/components/schemas/Information"}};
  schema["additionalProperties"] = false;
  return schema;
}

std::string make_text() {
  constexpr std::string_view kPlace = "\"PREDICTION_SCHEMA\"";
  std::string text(openapi_template());
  return text.replace(text.find(kPlace), kPlace.size(), prediction_schema().dump());
}

}  // namespace

std::string_view openapi_text() {
  static const std::string text = make_text();
  return text;
}

Task<http::Response> get_openapi(Application&, http::Request&) {
  http::Response response;
  response.content_type = "application/json";
  response.body = openapi_text();
  co_return response;
}

}  // namespace vidi::api
