#include "models/description.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "core/settings.hpp"

namespace vidi::models {
namespace {

constexpr std::int64_t kFormat = 1;

// What a word in the file stands for.
template <typename T>
struct Word {
  std::string_view text;
  T value;
};

constexpr std::array<Word<Form>, 2> kForms{{{"digits", Form::digits}, {"picture", Form::picture}}};
constexpr std::array<Word<Layout>, 2> kLayouts{{{"NHWC", Layout::nhwc}, {"NCHW", Layout::nchw}}};
constexpr std::array<Word<Color>, 3> kColors{{{"RGB", Color::rgb}, {"BGR", Color::bgr}, {"gray", Color::gray}}};
constexpr std::array<Word<Fit>, 3> kFits{{{"stretch", Fit::stretch}, {"crop", Fit::crop}, {"pad", Fit::pad}}};
constexpr std::array<Word<image::Filter>, 4> kFilters{{{"bilinear", image::Filter::bilinear},
                                                       {"bicubic", image::Filter::bicubic},
                                                       {"lanczos", image::Filter::lanczos},
                                                       {"box", image::Filter::box}}};
constexpr std::array<Word<OutputKind>, 4> kKinds{{{"probabilities", OutputKind::probabilities},
                                                  {"scores", OutputKind::scores},
                                                  {"sigmoid", OutputKind::sigmoid},
                                                  {"features", OutputKind::features}}};
constexpr std::array<Word<bool>, 2> kPolarities{{{"light-on-dark", false}, {"dark-on-light", true}}};

// Those that need no pictures to find their ranges.
std::vector<Word<inference::Precision>> served_precisions() {
  std::vector<Word<inference::Precision>> words;
  for (const inference::PrecisionEntry& each : inference::kPrecisions) {
    if (!each.is_calibrated) words.push_back({each.name, each.value});
  }
  return words;
}

template <typename Words>
std::string_view text_of(const Words& words, auto value) {
  return std::ranges::find_if(words, [&](const auto& word) { return word.value == value; })->text;
}

template <typename Words>
std::string listed(const Words& words) {
  std::vector<std::string> texts;
  for (const auto& word : words) texts.push_back(fmt::format("\"{}\"", word.text));
  const std::string last = texts.back();
  texts.pop_back();
  return fmt::format("{} or {}", fmt::join(texts, ", "), last);
}

// Reads values of one file, keeps the first thing that is wrong, and knows which keys were asked for.
class Reader {
 public:
  Reader(const toml::table& file, const std::string& path) : file_(file), path_(path) {}

  bool has(std::string_view key) {
    known_.insert(std::string(key));
    return static_cast<bool>(file_.at_path(key));
  }

  template <typename T>
  T required(std::string_view key, std::string_view form) {
    known_.insert(std::string(key));
    const auto value = file_.at_path(key).value<T>();
    if (!value) complain(key, form);
    return value.value_or(T{});
  }

  template <typename T>
  T optional(std::string_view key, T otherwise, std::string_view form) {
    return has(key) ? required<T>(key, form) : std::move(otherwise);
  }

  double number(std::string_view key, double otherwise) {
    const auto value = optional<double>(key, otherwise, "a number");
    if (!std::isfinite(value)) complain(key, "a number");
    return value;
  }

  std::int64_t whole(std::string_view key, std::int64_t least, std::int64_t most,
                     std::optional<std::int64_t> otherwise) {
    const std::string form = fmt::format("a whole number from {} to {}", least, most);
    if (!has(key) && otherwise) return *otherwise;
    const auto value = required<std::int64_t>(key, form);
    if (value < least || value > most) complain(key, form);
    return value;
  }

  // Without `otherwise` the key must be there.
  template <typename Words, typename T = decltype(Words::value_type::value)>
  T word(std::string_view key, const Words& words, std::optional<T> otherwise = std::nullopt) {
    if (!has(key) && otherwise) return *otherwise;
    const auto text = required<std::string>(key, listed(words));
    const auto found = std::ranges::find_if(words, [&](const auto& each) { return each.text == text; });
    if (found != words.end()) return found->value;
    complain(key, listed(words));
    return words.front().value;
  }

  std::vector<std::string> texts(std::string_view key) {
    known_.insert(std::string(key));
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

  // A number for all channels, or a list with one for each.
  std::vector<double> numbers(std::string_view key, std::size_t count) {
    const std::string form = count == 1 ? "a number" : fmt::format("a number, or a list of {}", count);
    known_.insert(std::string(key));
    const auto node = file_.at_path(key);
    if (const auto one = node.value<double>()) return std::vector(count, *one);
    std::vector<double> result;
    if (const auto* array = node.as_array()) {
      for (const auto& element : *array) {
        if (const auto value = element.value<double>()) result.push_back(*value);
      }
    }
    const bool is_finite = std::ranges::all_of(result, [](double value) { return std::isfinite(value); });
    if (result.size() != count || !is_finite) complain(key, form);
    result.resize(count, 1);
    return result;
  }

  // A text, or a table of texts by language.
  Translations translations(std::string_view key) {
    known_.insert(std::string(key));
    const auto node = file_.at_path(key);
    Translations result;
    if (const auto one = node.value<std::string>()) result.emplace_back("", *one);
    if (const auto* table = node.as_table()) {
      for (const auto& [language, text] : *table) {
        known_.insert(fmt::format("{}.{}", key, language.str()));
        if (is_language_tag(language.str())) result.emplace_back(language.str(), text.value_or(std::string()));
      }
      if (result.size() != table->size()) result.clear();
    }
    const bool has_empty = std::ranges::any_of(result, [](const auto& each) { return each.second.empty(); });
    if (result.empty() || has_empty) complain(key, "a text, or a table of texts by language, such as { en = \"...\" }");
    return result;
  }

  const toml::table* table(std::string_view key) {
    known_.insert(std::string(key));
    return file_.at_path(key).as_table();
  }
  const toml::array* array(std::string_view key) {
    known_.insert(std::string(key));
    return file_.at_path(key).as_array();
  }

  void complain(std::string_view key, std::string_view form) { refuse(fmt::format("'{}' must be {}", key, form)); }
  void refuse(const std::string& what) { fail_with({ErrorCode::invalid_argument, fmt::format("{}: {}", path_, what)}); }
  void fail_with(Error error) {
    if (!error_) error_ = std::move(error);
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  // Keys that nothing has asked for.
  [[nodiscard]] std::vector<std::string> warnings() const {
    std::vector<std::string> result;
    find_unknown(file_, "", result);
    return result;
  }

 private:
  void find_unknown(const toml::table& table, const std::string& prefix, std::vector<std::string>& result) const {
    for (const auto& [key, node] : table) {
      const std::string path = prefix + std::string(key.str());
      if (path == "training" || known_.contains(path)) continue;  // the server takes no notice of the training
      if (node.is_table()) {
        find_unknown(*node.as_table(), path + ".", result);
        continue;
      }
      const auto near = nearest(path, {known_.begin(), known_.end()});
      result.push_back(
          fmt::format("{}: nothing reads '{}'{}", path_, path, near ? fmt::format("; did you mean '{}'?", *near) : ""));
    }
  }

  const toml::table& file_;
  const std::string& path_;
  std::set<std::string> known_;
  std::optional<Error> error_;
};

constexpr std::string_view kLabelsFile =
    "the name of a file in the model's folder with one label in each line, all of them different from \"\"";

std::vector<std::string> read_labels(Reader& reader, const std::filesystem::path& folder) {
  const auto name = reader.required<std::string>("labels_file", kLabelsFile);
  std::vector<std::string> labels;
  const std::filesystem::path path(name);
  std::ifstream file(folder / path, std::ios::binary);
  if (path.has_parent_path() || name.empty() || !file) {
    reader.complain("labels_file", fmt::format("{}; there is no \"{}\"", kLabelsFile, name));
    return labels;
  }
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    labels.push_back(std::move(line));
  }
  while (!labels.empty() && labels.back().empty()) labels.pop_back();
  const auto empty = std::ranges::find(labels, "");
  if (labels.empty()) reader.refuse(fmt::format("the file of labels {} is empty", name));
  if (empty != labels.end()) {
    reader.refuse(fmt::format("line {} of the labels in {} is empty", empty - labels.begin() + 1, name));
  }
  return labels;
}

void read_labels(Reader& reader, const std::filesystem::path& folder, Description& description) {
  if (description.output.kind == OutputKind::features) {
    for (const char* key : {"labels", "labels_file", "rejection.none", "rejection.least_probability"}) {
      if (reader.has(key)) reader.refuse(fmt::format("'{}' is not for output.kind = \"features\": leave it out", key));
    }
    return;
  }
  if (!reader.has("labels_file")) {
    description.labels = reader.texts("labels");
    return;
  }
  if (reader.has("labels")) reader.refuse("'labels' and 'labels_file' exclude each other: keep one");
  description.labels = read_labels(reader, folder);
}

void read_facts(Reader& reader, const std::filesystem::path& folder, Description& description) {
  if (!reader.has("information")) return;
  constexpr std::string_view kForm = "the name of a JSON file in the model's folder";
  const auto name = reader.required<std::string>("information", kForm);
  const std::filesystem::path path(name);
  if (path.has_parent_path() || name.empty() || !std::filesystem::is_regular_file(folder / path)) {
    return reader.complain("information", fmt::format("{}; there is no \"{}\"", kForm, name));
  }
  auto information = read_information(folder / path, description.labels, description.warnings);
  if (!information) return reader.fail_with(information.error());
  description.information = std::make_shared<const Information>(std::move(*information));
}

void read_normalization(Reader& reader, InputDescription& input) {
  if (!reader.has("input.mean") && !reader.has("input.std")) {
    input.scale = reader.number("input.scale", 1);
    input.offset = reader.number("input.offset", 0);
    return;
  }
  if (reader.has("input.scale") || reader.has("input.offset")) {
    reader.refuse("'input.mean' and 'input.std' exclude 'input.scale' and 'input.offset': keep one pair");
  }
  const auto channels = static_cast<std::size_t>(std::clamp(input.channels, 1, 3));
  input.mean = reader.has("input.mean") ? reader.numbers("input.mean", channels) : std::vector<double>(channels, 0);
  input.deviation = reader.has("input.std") ? reader.numbers("input.std", channels) : std::vector<double>(channels, 1);
  if (std::ranges::any_of(input.deviation, [](double each) { return each == 0; })) {
    reader.complain("input.std", "other than 0");
  }
}

void read_constants(Reader& reader, InputDescription& input) {
  if (!reader.has("input.constants")) return;
  const auto* table = reader.table("input.constants");
  if (table == nullptr) return reader.complain("input.constants", "a table of numbers by the names of inputs");
  for (const auto& [key, node] : *table) {
    auto value = node.value<double>();
    if (const auto flag = node.value_exact<bool>()) value = *flag ? 1 : 0;
    if (!value) reader.complain(fmt::format("input.constants.{}", key.str()), "a number, true or false");
    input.constants[std::string(key.str())] = value.value_or(0);
  }
}

void read_input(Reader& reader, Description& description) {
  InputDescription& input = description.input;
  input.name = reader.optional<std::string>("input.name", "", "a text");
  input.layout = reader.word("input.layout", kLayouts);
  input.width = static_cast<int>(reader.whole("input.width", 1, 4096, std::nullopt));
  input.height = static_cast<int>(reader.whole("input.height", 1, 4096, std::nullopt));
  input.channels = static_cast<int>(reader.whole("input.channels", 1, 3, std::nullopt));
  if (input.channels == 2) reader.complain("input.channels", "1 or 3");
  read_normalization(reader, input);
  read_constants(reader, input);
}

void read_digits(Reader& reader, InputDescription& input) {
  if (input.width != 28 || input.height != 28 || input.channels != 1) {
    reader.complain("input", "28 by 28 with 1 channel for the form \"digits\"");
  }
  input.is_inverted = reader.word("input.polarity", kPolarities, std::optional(false));
  for (const char* key : {"input.color", "input.resize", "input.resize_to", "input.pad_value", "input.filter"}) {
    if (reader.has(key)) reader.refuse(fmt::format("'{}' is for the form \"picture\": leave it out", key));
  }
}

void read_picture(Reader& reader, InputDescription& input) {
  const bool is_gray = input.channels == 1;
  input.color = reader.word("input.color", kColors, std::optional(is_gray ? Color::gray : Color::rgb));
  if ((input.color == Color::gray) != is_gray) {
    reader.complain("input.color", is_gray ? "\"gray\" for 1 channel" : "\"RGB\" or \"BGR\" for 3 channels");
  }
  input.fit = reader.word("input.resize", kFits, std::optional(Fit::stretch));
  input.filter = reader.word("input.filter", kFilters, std::optional(image::Filter::bilinear));
  const int shorter = std::max(1, std::min(input.width, input.height));
  if (reader.has("input.resize_to")) {
    if (input.fit != Fit::crop) reader.refuse("'input.resize_to' is for resize = \"crop\": leave it out");
    input.resize_to = static_cast<int>(reader.whole("input.resize_to", shorter, 16'384, std::nullopt));
  }
  if (reader.has("input.pad_value")) {
    if (input.fit != Fit::pad) reader.refuse("'input.pad_value' is for resize = \"pad\": leave it out");
    input.pad_value = static_cast<int>(reader.whole("input.pad_value", 0, 255, std::nullopt));
  }
  if (reader.has("input.polarity")) reader.refuse("'input.polarity' is for the form \"digits\": leave it out");
}

void read_output(Reader& reader, Description& description) {
  description.output.name = reader.optional<std::string>("output.name", "", "a text");
  description.output.scale = reader.number("output.scale", 1);
  description.output.offset = reader.number("output.offset", 0);
  description.has_none = reader.optional<bool>("rejection.none", false, "true or false");
  const double usual = description.has_none ? 0.5 : 0;
  description.least_probability = reader.optional<double>("rejection.least_probability", usual, "a number from 0 to 1");
  if (!(description.least_probability >= 0 && description.least_probability <= 1)) {
    reader.complain("rejection.least_probability", "a number from 0 to 1");
  }
  if (!reader.has("rejection.unknown")) return;
  if (description.form != Form::picture) {
    reader.refuse("'rejection.unknown' is for the form \"picture\": leave it out");
  }
  description.unknown = reader.translations("rejection.unknown");
}

void read_inference(Reader& reader, Description& description) {
  description.precision =
      reader.word("inference.precision", served_precisions(), std::optional(inference::Precision::f32));
  description.streams = static_cast<std::size_t>(reader.whole("inference.streams", 1, 1024, 0));
  description.threads = static_cast<std::size_t>(reader.whole("inference.threads", 1, 1024, 0));
  description.max_wait = static_cast<std::size_t>(reader.whole("batch.max_wait", 1, 3'600'000, 100));
  description.batch = static_cast<std::size_t>(reader.whole("batch.max", 1, 4096, 32));
}

void read_versions(Reader& reader, VersionPolicy& versions) {
  constexpr std::string_view kForm = R"("latest", "all" or a list of versions such as [1, 3])";
  if (!reader.has("versions.serve")) return;
  if (const auto* array = reader.array("versions.serve")) {
    versions.kind = VersionPolicy::Kind::listed;
    for (const auto& element : *array) {
      const auto number = element.value<std::int64_t>();
      if (!number || *number < 0) return reader.complain("versions.serve", kForm);
      versions.listed.push_back(static_cast<std::uint64_t>(*number));
    }
    if (versions.listed.empty()) reader.complain("versions.serve", kForm);
    std::ranges::sort(versions.listed);
    return;
  }
  const auto text = reader.required<std::string>("versions.serve", kForm);
  if (text != "latest" && text != "all") reader.complain("versions.serve", kForm);
  if (text == "all") versions.kind = VersionPolicy::Kind::all;
}

}  // namespace

std::string_view name(Form form) { return text_of(kForms, form); }
std::string_view name(Layout layout) { return text_of(kLayouts, layout); }
std::string_view name(Color color) { return text_of(kColors, color); }
std::string_view name(Fit fit) { return text_of(kFits, fit); }
std::string_view name(image::Filter filter) { return text_of(kFilters, filter); }
std::string_view name(OutputKind kind) { return text_of(kKinds, kind); }

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
  description.form = reader.word("form", kForms);
  description.output.kind = reader.word("output.kind", kKinds, std::optional(OutputKind::probabilities));
  read_labels(reader, std::filesystem::path(path).parent_path(), description);
  read_facts(reader, std::filesystem::path(path).parent_path(), description);
  read_input(reader, description);
  if (description.form == Form::digits) {
    read_digits(reader, description.input);
  } else {
    read_picture(reader, description.input);
  }
  read_output(reader, description);
  read_inference(reader, description);
  read_versions(reader, description.versions);
  if (reader.error()) return std::unexpected(*reader.error());
  std::ranges::move(reader.warnings(), std::back_inserter(description.warnings));
  return description;
}

}  // namespace vidi::models
