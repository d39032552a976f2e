#include "api/information.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/answer.hpp"
#include "http/text.hpp"
#include "recognition/whole_picture.hpp"

namespace vidi::api {
namespace {

using Model = std::shared_ptr<const models::LoadedModel>;
using models::Fact;
using models::LabelInformation;
using records::Prediction;

// Headings of the facts that most models tell, in the languages that vidi's own models speak.
struct Heading {
  std::string_view fact;
  std::string_view english;
  std::string_view french;
  std::string_view chinese;
};

constexpr std::array<Heading, 6> kHeadings{{{"variety", "Variety", "Variété", "品种"},
                                            {"botanical_name", "Botanical name", "Nom botanique", "学名"},
                                            {"scientific_name", "Scientific name", "Nom scientifique", "学名"},
                                            {"family", "Family", "Famille", "科"},
                                            {"season", "Season", "Saison", "时令"},
                                            {"storage", "Storage", "Conservation", "储存"}}};

// Of another fact its own name: "shelf_life" is headed "Shelf life".
std::string heading_of(std::string_view fact, std::string_view language) {
  const auto* const found = std::ranges::find(kHeadings, fact, &Heading::fact);
  if (found != kHeadings.end()) {
    const std::string_view primary = language.substr(0, language.find('-'));
    return std::string(primary == "fr" ? found->french : primary == "zh" ? found->chinese : found->english);
  }
  std::string heading(fact);
  std::ranges::replace(heading, '_', ' ');
  if (!heading.empty() && heading[0] >= 'a' && heading[0] <= 'z')
    heading[0] = static_cast<char>(heading[0] - 'a' + 'A');
  return heading;
}

// The version that made it, or else the one that answers now; null: none does.
Model model_of(const Prediction& prediction, const models::Repository& models) {
  auto exact = models.find(prediction.model, prediction.version);
  if (exact) return std::move(*exact);
  auto current = models.find(prediction.model);
  return current ? std::move(*current) : nullptr;
}

// What the model knows of the label that it answered; null: nothing, or there is no answer.
const LabelInformation* information_about(const Prediction& prediction, const Model& model) {
  if (model == nullptr || model->description.information == nullptr || !prediction.result) return nullptr;
  return model->description.information->find(*prediction.result);
}

// Whether it has no answer because its model knows nothing like the picture: the recorded reason is what the model says
// then.
bool is_unknown(const Prediction& prediction, const Model& model) {
  return model != nullptr && !prediction.result && !model->description.unknown.empty() &&
         prediction.reason == recognition::unknown_text(model->description, "");
}

std::vector<std::string> languages_of(const models::Description& description) {
  if (description.information != nullptr) return description.information->languages;
  std::vector<std::string> languages;
  for (const auto& [language, text] : description.unknown) languages.push_back(language.empty() ? "en" : language);
  if (languages.empty()) languages.emplace_back("en");
  return languages;
}

// Nobody reads more; a longer list costs nothing.
constexpr std::size_t kMostLanguages = 32;

struct WantedLanguage {
  std::string tag;
  double quality = 1;
};

// "fr-CH;q=0.9"; absent: refused, or no tag.
std::optional<WantedLanguage> parse_wanted(std::string_view text) {
  const std::size_t semicolon = std::min(text.find(';'), text.size());
  WantedLanguage wanted{.tag = std::string(http::trim(text.substr(0, semicolon)))};
  if (wanted.tag.empty() || wanted.tag == "*") return std::nullopt;
  const std::string_view weight = http::trim(text.substr(std::min(semicolon + 1, text.size())));
  if (weight.starts_with("q=") || weight.starts_with("Q=")) {
    wanted.quality = 0;
    std::from_chars(weight.data() + 2, weight.data() + weight.size(), wanted.quality, std::chars_format::fixed);
  }
  return wanted.quality > 0 ? std::optional(std::move(wanted)) : std::nullopt;
}

// By weight; among equals the first comes first.
std::vector<std::string> parse_languages(std::string_view list) {
  std::vector<WantedLanguage> wanted;
  while (!list.empty() && wanted.size() < kMostLanguages) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (auto one = parse_wanted(list.substr(0, comma))) {
      const auto place =
          std::ranges::upper_bound(wanted, one->quality, std::ranges::greater(), &WantedLanguage::quality);
      wanted.insert(place, std::move(*one));
    }
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  std::vector<std::string> tags;
  for (WantedLanguage& each : wanted) tags.push_back(std::move(each.tag));
  return tags;
}

// Empty `language`: all of them.
nlohmann::ordered_json texts_to_json(const models::Translations& texts, std::string_view language) {
  if (!language.empty() || texts.front().first.empty()) return models::text_in(texts, language);
  nlohmann::ordered_json json;
  for (const auto& [tag, text] : texts) json[tag] = text;
  return json;
}

nlohmann::ordered_json information_to_json(const std::string& label, const LabelInformation& information,
                                           std::string_view language) {
  nlohmann::ordered_json json;
  if (!language.empty()) json["language"] = language;
  json["group"] = information.group.empty() ? label : information.group;
  for (const Fact& fact : information.facts) json[fact.name] = texts_to_json(fact.texts, language);
  return json;
}

}  // namespace

std::vector<std::string> asked_languages(const http::Request& request) {
  if (const auto query = request.query("language"); query && !query->empty()) return parse_languages(*query);
  return parse_languages(request.header("Accept-Language").value_or(""));
}

nlohmann::ordered_json to_json(const Prediction& prediction, const models::Repository& models, std::string_view asked) {
  nlohmann::ordered_json json = to_json(prediction);
  const Model model = model_of(prediction, models);
  if (model == nullptr) return json;
  const models::Description& description = model->description;
  std::string language;
  if (!asked.empty()) language = models::suitable_language(languages_of(description), parse_languages(asked));
  if (!language.empty() && is_unknown(prediction, model)) {
    json["reason"] = recognition::unknown_text(description, language);
  }
  if (const LabelInformation* const information = information_about(prediction, model)) {
    json["information"] = information_to_json(*prediction.result, *information, language);
  }
  return json;
}

nlohmann::ordered_json to_json(const Prediction& prediction, const models::Repository& models,
                               const http::Request& request) {
  return to_json(prediction, models, request.query("language").value_or(""));
}

PageInformation page_information(const Prediction& prediction, const models::Repository& models,
                                 const http::Request& request) {
  PageInformation shown;
  const Model model = model_of(prediction, models);
  const LabelInformation* const information = information_about(prediction, model);
  const bool unknown = is_unknown(prediction, model);
  if (information == nullptr && !unknown) return shown;
  shown.language = models::suitable_language(languages_of(model->description), asked_languages(request));
  if (unknown) shown.reason = recognition::unknown_text(model->description, shown.language);
  if (information == nullptr) return shown;
  for (const Fact& fact : information->facts) {
    std::string text(models::text_in(fact.texts, shown.language));
    if (fact.name == "name") {
      shown.name = std::move(text);
    } else if (fact.name == "about") {
      shown.about = std::move(text);
    } else {
      shown.facts.emplace_back(heading_of(fact.name, shown.language), std::move(text));
    }
  }
  return shown;
}

}  // namespace vidi::api
