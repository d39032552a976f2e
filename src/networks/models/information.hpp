#pragma once
// What a model tells of its labels beside their names: docs/reference/formats/model.md.

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"

namespace vidi::models {

// One text in several languages, by their tags (RFC 5646, in small letters: "en", "zh", "zh-hant"), in the order of
// its file. A single text under the tag "" is the same in every language.
using Translations = std::vector<std::pair<std::string, std::string>>;

// The text in that language; where there is none, the first. `texts` is not empty.
std::string_view text_in(const Translations& texts, std::string_view language);

struct Fact {
  std::string name;  // "botanical_name"
  Translations texts;
};

struct LabelInformation {
  std::string group;        // what the label is a variety of: "Apple"; empty: it stands for itself
  std::vector<Fact> facts;  // in the order of the file; one of them is "name"

  [[nodiscard]] const Fact* find(std::string_view fact) const;  // null: there is none
};

// Immutable, and shared by the versions of a model.
struct Information {
  std::vector<std::string> languages;  // of every text that is translated; the first is for whom none of them suits
  std::map<std::string, LabelInformation, std::less<>> labels;

  [[nodiscard]] const LabelInformation* find(std::string_view label) const;  // null: there is none
  // What the label is a variety of: the label itself where it has no group.
  [[nodiscard]] std::string_view group_of(std::string_view label) const;
};

// Reads a file in JSON, which must have an entry for each of `labels`; entries for others become `warnings`.
// Errors (invalid_argument) name the file, the label, the fact, and what it must be.
Result<Information> read_information(const std::filesystem::path& file, const std::vector<std::string>& labels,
                                     std::vector<std::string>& warnings);

// Whether it can stand for a language: two or three small letters, then parts of 1 to 8 small letters or digits, each
// after a hyphen.
bool is_language_tag(std::string_view text);

// The language that suits a reader: each of `wanted` (tags in any case, the most wished for first) is shortened from
// its end until it is one of `languages` (RFC 4647, 3.4); where none becomes one, the first. `languages` is not empty.
std::string_view suitable_language(const std::vector<std::string>& languages, const std::vector<std::string>& wanted);

}  // namespace vidi::models
