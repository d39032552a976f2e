#include <fmt/format.h>

#include <string>
#include <string_view>

#include "models/description.hpp"

namespace vidi::models {
namespace {

// A basic string of TOML 1.0.
std::string toml_text(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      continue;
    }
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// The shortest text that reads back as the same number, and as no whole one.
std::string number(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

template <typename T>
std::string list(const std::vector<T>& values, auto text_of) {
  std::string text = "[";
  for (const T& value : values) text += (text.size() == 1 ? "" : ", ") + text_of(value);
  return text + "]";
}

std::string input_section(const InputDescription& input, Form form) {
  std::string text = "\n[input]\n";
  if (!input.name.empty()) text += fmt::format("name = {}\n", toml_text(input.name));
  text += fmt::format("layout = \"{}\"\nwidth = {}\nheight = {}\nchannels = {}\n", name(input.layout), input.width,
                      input.height, input.channels);
  if (form == Form::picture) {
    text += fmt::format("color = \"{}\"\nresize = \"{}\"\nfilter = \"{}\"\n", name(input.color), name(input.fit),
                        name(input.filter));
    if (input.resize_to > 0) text += fmt::format("resize_to = {}\n", input.resize_to);
    if (input.fit == Fit::pad) text += fmt::format("pad_value = {}\n", input.pad_value);
  } else {
    text += fmt::format("polarity = \"{}\"\n", input.is_inverted ? "dark-on-light" : "light-on-dark");
  }
  if (input.mean.empty()) {
    text += fmt::format("scale = {}\noffset = {}\n", number(input.scale), number(input.offset));
  } else {
    text += fmt::format("mean = {}\nstd = {}\n", list(input.mean, number), list(input.deviation, number));
  }
  if (!input.constants.empty()) text += "\n[input.constants]\n";
  for (const auto& [key, value] : input.constants) text += fmt::format("{} = {}\n", toml_text(key), number(value));
  return text;
}

std::string output_section(const OutputDescription& output) {
  std::string text = "\n[output]\n";
  if (!output.name.empty()) text += fmt::format("name = {}\n", toml_text(output.name));
  text += fmt::format("kind = \"{}\"\n", name(output.kind));
  if (output.scale != 1) text += fmt::format("scale = {}\n", number(output.scale));
  if (output.offset != 0) text += fmt::format("offset = {}\n", number(output.offset));
  return text;
}

std::string versions_section(const VersionPolicy& versions) {
  if (versions.kind == VersionPolicy::Kind::latest) return "";
  const auto digits = [](std::uint64_t version) { return std::to_string(version); };
  return fmt::format("\n[versions]\nserve = {}\n",
                     versions.kind == VersionPolicy::Kind::all ? "\"all\"" : list(versions.listed, digits));
}

std::string serving_sections(const Description& description) {
  std::string text;
  if (description.has_none || description.least_probability > 0) {
    text += fmt::format("\n[rejection]\nnone = {}\nleast_probability = {}\n", description.has_none,
                        number(description.least_probability));
  }
  const Description usual;
  if (description.batch != usual.batch || description.max_wait != usual.max_wait) {
    text += fmt::format("\n[batch]\nmax = {}\nmax_wait = {}\n", description.batch, description.max_wait);
  }
  text += versions_section(description.versions);
  std::string inference;
  if (description.precision != usual.precision) {
    inference += fmt::format("precision = \"{}\"\n", precision_name(description.precision));
  }
  if (description.streams > 0) inference += fmt::format("streams = {}\n", description.streams);
  if (description.threads > 0) inference += fmt::format("threads = {}\n", description.threads);
  return text + (inference.empty() ? "" : "\n[inference]\n" + inference);
}

}  // namespace

std::string to_toml(const Description& description) {
  std::string text = fmt::format("format = 1\nname = {}\n", toml_text(description.name));
  if (!description.description.empty()) text += fmt::format("description = {}\n", toml_text(description.description));
  text += fmt::format("form = \"{}\"\n", name(description.form));
  if (!description.labels.empty()) text += fmt::format("labels = {}\n", list(description.labels, toml_text));
  return text + input_section(description.input, description.form) + output_section(description.output) +
         serving_sections(description);
}

}  // namespace vidi::models
