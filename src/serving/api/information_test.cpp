#include "api/information.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "api/pages.hpp"

namespace vidi::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A request of a reader: what ?language= and Accept-Language say.
class ReadersRequest final : public http::Request {
 public:
  explicit ReadersRequest(std::string header, std::string query = "")
      : header_(std::move(header)), query_(std::move(query)) {}

  [[nodiscard]] std::string_view method() const override { return "GET"; }
  [[nodiscard]] std::string_view path() const override { return "/"; }
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const override {
    return name == "language" && !query_.empty() ? std::optional<std::string_view>(query_) : std::nullopt;
  }
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override {
    return name == "Accept-Language" && !header_.empty() ? std::optional<std::string_view>(header_) : std::nullopt;
  }
  [[nodiscard]] std::string_view parameter(std::string_view) const override { return {}; }
  [[nodiscard]] std::string_view remote_address() const override { return {}; }
  [[nodiscard]] Timestamp arrived() const override { return {}; }
  [[nodiscard]] http::Body& body() override { throw std::logic_error("no body"); }

 private:
  std::string header_;
  std::string query_;
};

models::Repository fruits() {
  auto model = std::make_shared<models::LoadedModel>();
  model->version = "1";
  models::Description& description = model->description;
  description.name = "fruits";
  description.form = models::Form::picture;
  description.labels = {"Braeburn"};
  description.unknown = {{"en", "Not a fruit I know"}, {"fr", "Je ne connais pas ce fruit"}};
  models::LabelInformation apple{.group = "Apple", .facts = {}};
  apple.facts = {{"name", {{"en", "Braeburn <apple>"}, {"fr", "pomme"}}},
                 {"botanical_name", {{"", "Malus domestica"}}},
                 {"shelf_life", {{"en", "long"}, {"fr", "longue"}}},
                 {"about", {{"en", "Keeps well."}, {"fr", "Se garde bien."}}}};
  description.information = std::make_shared<models::Information>(
      models::Information{.languages = {"en", "fr"}, .labels = {{"Braeburn", apple}}});
  return models::Repository({model});
}

records::Prediction of_fruit(std::optional<std::string> result, std::string reason = "") {
  records::Prediction prediction;
  prediction.model = "fruits";
  prediction.version = "1";
  prediction.result = std::move(result);
  prediction.reason = std::move(reason);
  return prediction;
}

TEST(Languages, AreThoseOfTheQueryOrTheHeaderByTheirWeight) {
  EXPECT_THAT(asked_languages(ReadersRequest("de;q=0.5, fr-CH, en;q=0.9")), ElementsAre("fr-CH", "en", "de"));
  EXPECT_THAT(asked_languages(ReadersRequest("de", "zh")), ElementsAre("zh"));
  EXPECT_THAT(asked_languages(ReadersRequest("")), ElementsAre());
  for (const char* odd : {";", ",,", "*", "de;q=0", "de;q=x", ";q=1", "de;q="}) {
    EXPECT_THAT(asked_languages(ReadersRequest(odd)), ElementsAre()) << odd;
  }
}

TEST(InformationInJson, IsInEveryLanguageUnlessOneIsAskedFor) {
  const models::Repository models = fruits();
  const auto all = to_json(of_fruit("Braeburn"), models)["information"];
  EXPECT_EQ(all.dump(), R"({"group":"Apple","name":{"en":"Braeburn <apple>","fr":"pomme"},)"
                        R"("botanical_name":"Malus domestica","shelf_life":{"en":"long","fr":"longue"},)"
                        R"("about":{"en":"Keeps well.","fr":"Se garde bien."}})");
  const auto one = to_json(of_fruit("Braeburn"), models, "fr-CA")["information"];
  EXPECT_EQ(one.dump(), R"({"language":"fr","group":"Apple","name":"pomme","botanical_name":"Malus domestica",)"
                        R"("shelf_life":"longue","about":"Se garde bien."})");
  EXPECT_EQ(to_json(of_fruit("Braeburn"), models, "de")["information"]["language"], "en");
}

TEST(InformationInJson, IsAbsentWhereNothingIsKnown) {
  const models::Repository models = fruits();
  EXPECT_FALSE(to_json(of_fruit("Pear"), models).contains("information"));
  EXPECT_FALSE(to_json(of_fruit(std::nullopt), models).contains("information"));
  records::Prediction other = of_fruit("Braeburn");
  other.model = "gone";
  EXPECT_FALSE(to_json(other, models).contains("information"));
  other.model = "fruits";
  other.version = "7";
  EXPECT_TRUE(to_json(other, models).contains("information")) << "another version tells it too";
}

TEST(InformationInJson, TheReasonOfTheUnknownIsTranslated) {
  const models::Repository models = fruits();
  EXPECT_EQ(to_json(of_fruit(std::nullopt, "Not a fruit I know"), models)["reason"], "Not a fruit I know");
  EXPECT_EQ(to_json(of_fruit(std::nullopt, "Not a fruit I know"), models, "fr")["reason"],
            "Je ne connais pas ce fruit");
  EXPECT_EQ(to_json(of_fruit(std::nullopt, "the picture is blank"), models, "fr")["reason"], "the picture is blank");
}

TEST(InformationOnAPage, IsInTheReadersLanguageAndEscaped) {
  const models::Repository models = fruits();
  const auto page = [&](const records::Prediction& prediction, const char* languages) {
    return prediction_page(prediction, page_information(prediction, models, ReadersRequest(languages)));
  };
  const std::string english = page(of_fruit("Braeburn"), "");
  EXPECT_THAT(english, HasSubstr("<section class=\"known\" lang=\"en\">\n<h2>Braeburn &lt;apple&gt;</h2>"));
  EXPECT_THAT(english, HasSubstr("<dt>Botanical name</dt><dd>Malus domestica</dd>"));
  EXPECT_THAT(english, HasSubstr("<dt>Shelf life</dt><dd>long</dd>"));
  const std::string french = page(of_fruit("Braeburn"), "fr-FR,fr;q=0.8");
  EXPECT_THAT(french, HasSubstr("lang=\"fr\">\n<h2>pomme</h2>"));
  EXPECT_THAT(french, HasSubstr("<dt>Nom botanique</dt>"));
  EXPECT_THAT(french, HasSubstr("<p>Se garde bien.</p>"));
  EXPECT_THAT(page(of_fruit(std::nullopt, "Not a fruit I know"), "fr"),
              HasSubstr("<p class=\"reason\" lang=\"fr\">Je ne connais pas ce fruit</p>"));
  EXPECT_THAT(page(of_fruit("Pear"), "fr"), Not(HasSubstr("class=\"known\"")));
}

}  // namespace
}  // namespace vidi::api
