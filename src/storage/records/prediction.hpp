#pragma once
// What vidi remembers of one request: the picture, the answer, who asked, and what somebody later said was right. And
// the description of its fields, from which every form of a prediction is made: JSON, CSV, SQLite, Parquet, Python's.

#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "core/digest.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"

namespace vidi::records {

struct Candidate {
  std::string label;
  double probability = 0;  // 0 to 1

  bool operator==(const Candidate&) const = default;
};

// One digit found in a picture.
struct Digit {
  std::string label;
  double probability = 0;
  std::array<int, 4> box{};  // x, y, width, height in pixels of the picture

  bool operator==(const Digit&) const = default;
};

// What a person said the answer should have been. It never overwrites the answer.
struct Correction {
  std::string label;
  std::string user;  // empty: not known
  Timestamp time;

  bool operator==(const Correction&) const = default;
};

struct Prediction {
  Uuid id;         // version 7, made when the request arrived; its time is `time`
  Timestamp time;  // when the request arrived
  std::string model;
  std::string version;
  std::optional<std::string> result;  // absent: the picture holds nothing the model knows, and `reason` says why
  std::string reason;
  double confidence = 0;              // of `result`, 0 to 1
  std::vector<Candidate> candidates;  // most likely first
  std::vector<Digit> digits;          // in reading order; empty for models that are not of digits
  std::string filename;         // as the client sent it, cut to a sane length: never a path, always escaped when shown
  std::string safe_filename;    // see recognition/filename.hpp
  std::string user;             // empty: not known
  std::optional<Digest> image;  // of the picture in the object store; absent: a request without a picture
  std::string media_type;       // of the picture, for example "image/png"
  std::chrono::microseconds latency{};  // from the request's arrival to just before it was recorded
  std::optional<Correction> correction;

  bool operator==(const Prediction&) const = default;
};

// When the JSON of a prediction has a field.
enum class InJson {
  always,         // an optional one without a value as null
  null_if_empty,  // always; empty text as null
  if_any,         // unless it is empty
  without_result,
  never,
};

// A field of a prediction, as all its forms know it. A form is written by a visitor that says how a type of value is
// written, not which fields there are.
template <typename Value>
struct Field {
  std::string_view name;  // in JSON, CSV and Parquet
  Value Prediction::* member = nullptr;
  std::string_view meaning;        // one sentence, for those who get the JSON
  std::string_view column = name;  // in SQLite; a correction has several, COLUMN_label and so on
  std::string_view csv = name;     // in CSV; empty: it is not there
  InJson in_json = InJson::always;
  std::uint8_t since = 1;  // the first form of packed predictions (records/packing) that holds it
};

// In the order of every form. A new field goes to the end, with the next number in `since`, for packed predictions are
// read in this order.
inline constexpr std::tuple kPredictionFields{
    Field{.name = "id", .member = &Prediction::id, .meaning = "UUID version 7: identifiers sort by time."},
    Field{.name = "time", .member = &Prediction::time, .meaning = "When the request arrived, in UTC."},
    Field{.name = "model", .member = &Prediction::model, .meaning = "The model that answered."},
    Field{.name = "version", .member = &Prediction::version, .meaning = "The version of that model."},
    Field{.name = "result",
          .member = &Prediction::result,
          .meaning = "`null` when the picture holds nothing the model knows; `reason` says why."},
    Field{.name = "reason",
          .member = &Prediction::reason,
          .meaning = "Why there is no result.",
          .in_json = InJson::without_result},
    Field{.name = "confidence", .member = &Prediction::confidence, .meaning = "How sure the model is of the result."},
    Field{.name = "candidates",
          .member = &Prediction::candidates,
          .meaning = "The labels that the model thought of, the most likely first."},
    Field{.name = "digits",
          .member = &Prediction::digits,
          .meaning = "The digits in the picture, in reading order.",
          .in_json = InJson::if_any},
    Field{.name = "filename",
          .member = &Prediction::filename,
          .meaning = "The name of the picture as the client sent it.",
          .csv = "",
          .in_json = InJson::null_if_empty},
    Field{.name = "safe_filename",
          .member = &Prediction::safe_filename,
          .meaning = "The name in a form that can stand in a path.",
          .csv = "filename",
          .in_json = InJson::null_if_empty},
    Field{.name = "user",
          .member = &Prediction::user,
          .meaning = "The user who sent the picture.",
          .in_json = InJson::null_if_empty},
    Field{.name = "image", .member = &Prediction::image, .meaning = "The SHA-256 of the picture's bytes."},
    Field{.name = "media_type",
          .member = &Prediction::media_type,
          .meaning = "The media type of the picture.",
          .csv = "",
          .in_json = InJson::never},
    Field{.name = "latency_ms",
          .member = &Prediction::latency,
          .meaning = "Milliseconds from the request's arrival until it was recorded.",
          .column = "latency"},
    Field{.name = "label", .member = &Prediction::correction, .meaning = "The correction.", .column = "correction"},
};

template <typename Visitor>
concept FieldVisitor = std::invocable<Visitor&, const Field<std::string>&>;

// Calls visit(field) for every field, in their order.
template <FieldVisitor Visitor>
constexpr void for_each_field(Visitor&& visit) {
  std::apply([&](const auto&... field) { (visit(field), ...); }, kPredictionFields);
}

// Calls visit(field, value) for every field of the prediction, which the visitor may change unless it is constant.
template <typename Subject, typename Visitor>
  requires std::same_as<std::remove_const_t<Subject>, Prediction>
void for_each_field(Subject& prediction, Visitor&& visit) {
  for_each_field([&](const auto& field) { visit(field, prediction.*field.member); });
}

// Whether the JSON of this prediction has the field.
template <typename Value>
bool is_in_json(const Field<Value>& field, const Prediction& prediction) {
  switch (field.in_json) {
    case InJson::always:
    case InJson::null_if_empty:
      return true;
    case InJson::if_any:
      if constexpr (requires(const Value& value) { value.empty(); }) return !(prediction.*field.member).empty();
      return true;
    case InJson::without_result:
      return !prediction.result;
    case InJson::never:
      return false;
  }
  return false;
}

// Whether it has it as null.
template <typename Value>
bool is_null_in_json(const Field<Value>& field, const Prediction& prediction) {
  const Value& value = prediction.*field.member;
  if constexpr (requires { value.has_value(); }) return !value.has_value();
  if constexpr (requires { value.empty(); }) return field.in_json == InJson::null_if_empty && value.empty();
  return false;
}

namespace detail {

// Converts to whatever a member is.
struct Anything {
  template <typename Member>
  operator Member() const;  // NOLINT(google-explicit-constructor)
};

template <typename Aggregate, typename... Given>
consteval std::size_t count_members() {
  if constexpr (requires { Aggregate{Given{}..., Anything{}}; }) {
    return count_members<Aggregate, Given..., Anything>();
  } else {
    return sizeof...(Given);
  }
}

}  // namespace detail

static_assert(detail::count_members<Prediction>() == std::tuple_size_v<decltype(kPredictionFields)>,
              "a member of Prediction is missing in kPredictionFields");

}  // namespace vidi::records
