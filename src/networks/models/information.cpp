#include "models/information.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "files/read_file.hpp"

namespace vidi::models {
namespace {

using Json = nlohmann::ordered_json;

bool is_small_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_small_letter_or_digit(char c) { return is_small_letter(c) || (c >= '0' && c <= '9'); }

std::string in_small_letters(std::string_view text) {
  std::string small(text);
  for (char& c : small) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return small;
}

// Reads the entries of one file, and keeps the first thing that is wrong.
class EntryReader {
 public:
  explicit EntryReader(std::string path) : path_(std::move(path)) {}

  LabelInformation read(const std::string& label, const Json& entry) {
    LabelInformation information;
    if (!entry.is_object()) {
      refuse(label, "must be an object of facts");
      return information;
    }
    for (const auto& [name, value] : entry.items()) {
      if (name == "group") {
        information.group = text(label, name, value);
      } else {
        information.facts.push_back({.name = name, .texts = translations(label, name, value)});
      }
    }
    if (information.find("name") == nullptr) refuse(label, "has no 'name'");
    return information;
  }

  void refuse(const std::string& label, const std::string& what) {
    if (!error_) error_ = Error{ErrorCode::invalid_argument, fmt::format("{}: '{}' {}", path_, label, what)};
  }

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const std::vector<std::string>& languages() const { return languages_; }

 private:
  std::string text(const std::string& label, const std::string& fact, const Json& value) {
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) return value.get<std::string>();
    refuse(label, fmt::format("has a '{}' that is {}; it must be a text", fact, value.dump()));
    return {};
  }

  Translations translations(const std::string& label, const std::string& fact, const Json& value) {
    if (!value.is_object()) return {{"", text(label, fact, value)}};
    Translations result;
    for (const auto& [language, translated] : value.items()) {
      if (!is_language_tag(language)) {
        refuse(label,
               fmt::format("has a '{}' in '{}'; a language is a tag such as \"en\" or \"zh-hant\"", fact, language));
      }
      result.emplace_back(language, text(label, fmt::format("{}.{}", fact, language), translated));
    }
    check_languages(label, fact, result);
    return result;
  }

  // Every fact that is translated has the languages of the first.
  void check_languages(const std::string& label, const std::string& fact, const Translations& texts) {
    std::vector<std::string> found;
    for (const auto& [language, text] : texts) found.push_back(language);
    if (languages_.empty()) languages_ = found;
    if (found.empty() || !std::ranges::is_permutation(found, languages_)) {
      refuse(label, fmt::format("has its '{}' in the languages [{}], and the file's first text is in [{}]", fact,
                                fmt::join(found, ", "), fmt::join(languages_, ", ")));
    }
  }

  const std::string path_;
  std::vector<std::string> languages_;
  std::optional<Error> error_;
};

}  // namespace

std::string_view text_in(const Translations& texts, std::string_view language) {
  const auto found = std::ranges::find(texts, language, &std::pair<std::string, std::string>::first);
  return found != texts.end() ? found->second : texts.front().second;
}

const Fact* LabelInformation::find(std::string_view fact) const {
  const auto found = std::ranges::find(facts, fact, &Fact::name);
  return found != facts.end() ? &*found : nullptr;
}

const LabelInformation* Information::find(std::string_view label) const {
  const auto found = labels.find(label);
  return found != labels.end() ? &found->second : nullptr;
}

std::string_view Information::group_of(std::string_view label) const {
  const LabelInformation* const found = find(label);
  return found != nullptr && !found->group.empty() ? found->group : label;
}

Result<Information> read_information(const std::filesystem::path& file, const std::vector<std::string>& labels,
                                     std::vector<std::string>& warnings) {
  const auto content = files::read_file(file);
  if (!content) return fail(ErrorCode::invalid_argument, fmt::format("{} cannot be read", file.string()));
  Json json;
  try {
    json = Json::parse(as_text(*content));
  } catch (const Json::parse_error& error) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} is no JSON: {}", file.string(), error.what()));
  }
  if (!json.is_object()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be an object with an entry for each label", file.string()));
  }
  EntryReader reader(file.string());
  Information information;
  const std::set<std::string, std::less<>> known(labels.begin(), labels.end());
  for (const auto& [label, entry] : json.items()) {
    information.labels[label] = reader.read(label, entry);
    if (!known.contains(label))
      warnings.push_back(fmt::format("{}: '{}' is no label of the model", file.string(), label));
  }
  for (const std::string& label : labels) {
    if (information.find(label) == nullptr) reader.refuse(label, "is a label of the model, and has no entry");
  }
  if (reader.error()) return std::unexpected(*reader.error());
  information.languages = reader.languages();
  if (information.languages.empty()) information.languages.emplace_back("en");
  return information;
}

bool is_language_tag(std::string_view text) {
  const std::size_t primary = std::min(text.find('-'), text.size());
  if (primary < 2 || primary > 3 || !std::ranges::all_of(text.substr(0, primary), is_small_letter)) return false;
  for (text.remove_prefix(primary); !text.empty();) {
    text.remove_prefix(1);
    const std::string_view part = text.substr(0, text.find('-'));
    if (part.empty() || part.size() > 8 || !std::ranges::all_of(part, is_small_letter_or_digit)) return false;
    text.remove_prefix(part.size());
  }
  return true;
}

std::string_view suitable_language(const std::vector<std::string>& languages, const std::vector<std::string>& wanted) {
  for (const std::string& each : wanted) {
    std::string range = in_small_letters(each);
    while (!range.empty()) {
      const auto found = std::ranges::find(languages, range);
      if (found != languages.end()) return *found;
      const std::size_t hyphen = range.rfind('-');
      range.resize(hyphen == std::string::npos ? 0 : hyphen);
      // A single letter or digit before a part that was cut off means nothing without it.
      if (range.size() > 2 && range[range.size() - 2] == '-') range.resize(range.size() - 2);
    }
  }
  return languages.front();
}

}  // namespace vidi::models
