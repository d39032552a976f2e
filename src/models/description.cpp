#include "models/description.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <optional>
#include <string_view>
#include <utility>

namespace vidi::models {
namespace {

constexpr std::int64_t kFormat = 1;

// Reads values of one file and keeps the first thing that is wrong.
class Reader {
 public:
  Reader(const toml::table& file, const std::string& path) : file_(file), path_(path) {}

  template <typename T>
  T required(std::string_view key, std::string_view form) {
    const auto value = file_.at_path(key).value<T>();
    if (!value) complain(key, form);
    return value.value_or(T{});
  }

  template <typename T>
  T optional(std::string_view key, T otherwise, std::string_view form) {
    if (!file_.at_path(key)) return otherwise;
    return required<T>(key, form);
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> result;
    const auto* array = file_.at_path(key).as_array();
    if (array != nullptr) {
      for (const auto& element : *array) {
        if (const auto text = element.value<std::string>()) result.push_back(*text);
      }
    }
    if (array == nullptr || result.empty() || result.size() != array->size()) complain(key, "a list of texts");
    return result;
  }

  void complain(std::string_view key, std::string_view form) {
    if (!error_) error_ = Error{ErrorCode::invalid_argument, fmt::format("{}: '{}' must be {}", path_, key, form)};
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  const toml::table& file_;
  const std::string& path_;
  std::optional<Error> error_;
};

int size(Reader& reader, std::string_view key) {
  const auto value = reader.required<std::int64_t>(key, "a whole number from 1 to 4096");
  if (value < 1 || value > 4096) reader.complain(key, "a whole number from 1 to 4096");
  return static_cast<int>(value);
}

void read_rejection(Reader& reader, Description& description) {
  description.has_none = reader.optional<bool>("rejection.none", false, "true or false");
  const double usual = description.has_none ? 0.5 : 0;
  description.least_probability = reader.optional<double>("rejection.least_probability", usual, "a number from 0 to 1");
  if (!(description.least_probability >= 0 && description.least_probability <= 1)) {
    reader.complain("rejection.least_probability", "a number from 0 to 1");
  }
}

void read_inference(Reader& reader, Description& description) {
  const auto precision = reader.optional<std::string>("inference.precision", "f32", "\"f32\" or \"bf16\"");
  if (precision == "bf16") {
    description.precision = inference::Precision::bf16;
  } else if (precision != "f32") {
    reader.complain("inference.precision", "\"f32\" or \"bf16\"");
  }
}

void read_form(Reader& reader, const Description& description) {
  if (reader.required<std::string>("form", "\"digits\"") != "digits") reader.complain("form", "\"digits\"");
  if (description.input.width != 28 || description.input.height != 28 || description.input.channels != 1) {
    reader.complain("input", "28 by 28 with 1 channel for the form \"digits\"");
  }
}

}  // namespace

Result<Description> read_description(const std::string& path) {
  toml::table file;
  try {
    file = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}, line {}: {}", path, error.source().begin.line, std::string_view(error.description())));
  }
  Reader reader(file, path);
  if (reader.required<std::int64_t>("format", "1, the version of this file's form") != kFormat) {
    reader.complain("format", "1, the version of this file's form");
  }
  Description description;
  description.name = reader.required<std::string>("name", "a text");
  description.description = reader.optional<std::string>("description", "", "a text");
  description.labels = reader.texts("labels");
  description.input.name = reader.required<std::string>("input.name", "a text");
  if (reader.required<std::string>("input.layout", "\"NHWC\"") != "NHWC") reader.complain("input.layout", "\"NHWC\"");
  description.input.width = size(reader, "input.width");
  description.input.height = size(reader, "input.height");
  description.input.channels = size(reader, "input.channels");
  description.input.scale = reader.optional<double>("input.scale", 1, "a number");
  description.input.offset = reader.optional<double>("input.offset", 0, "a number");
  description.output = reader.required<std::string>("output.name", "a text");
  read_rejection(reader, description);
  read_inference(reader, description);
  read_form(reader, description);
  if (reader.error()) return std::unexpected(*reader.error());
  return description;
}

}  // namespace vidi::models
