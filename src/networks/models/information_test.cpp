#include "models/information.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace vidi::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class InformationTest : public testing::Test {
 protected:
  Result<Information> read(const std::string& content) {
    std::ofstream(path_) << content;
    warnings_.clear();
    return read_information(path_, {"Braeburn", "Plum"}, warnings_);
  }

  std::string error(const std::string& content) {
    const auto found = read(content);
    return found ? "no error" : found.error().message;
  }

  const std::string path_ = testing::TempDir() + "information.json";
  std::vector<std::string> warnings_;
};

TEST_F(InformationTest, TellsOfEachLabel) {
  const auto found = read(R"({"Braeburn": {"group": "Apple", "name": {"en": "apple", "fr": "pomme"}, "genus": "Malus"},
                              "Plum": {"name": {"fr": "prune", "en": "plum"}}})");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_THAT(found->languages, ElementsAre("en", "fr"));
  EXPECT_EQ(found->group_of("Braeburn"), "Apple");
  EXPECT_EQ(found->group_of("Plum"), "Plum");
  const LabelInformation* const apple = found->find("Braeburn");
  ASSERT_NE(apple, nullptr);
  EXPECT_EQ(text_in(apple->find("name")->texts, "fr"), "pomme");
  EXPECT_EQ(text_in(apple->find("name")->texts, "zh"), "apple");
  EXPECT_EQ(text_in(apple->find("genus")->texts, "fr"), "Malus");
  EXPECT_EQ(apple->find("season"), nullptr);
  EXPECT_EQ(found->find("Pear"), nullptr);
}

TEST_F(InformationTest, WarnsOfAnEntryForNoLabel) {
  ASSERT_TRUE(read(R"({"Braeburn": {"name": "a"}, "Plum": {"name": "b"}, "Plumm": {"name": "c"}})"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("'Plumm' is no label of the model")));
}

TEST_F(InformationTest, SaysWhatIsWrong) {
  EXPECT_THAT(error("{"), HasSubstr("information.json is no JSON"));
  EXPECT_THAT(error("[]"), HasSubstr("must be an object with an entry for each label"));
  EXPECT_THAT(error(R"({"Braeburn": {"name": "a"}})"), HasSubstr("'Plum' is a label of the model, and has no entry"));
  EXPECT_THAT(error(R"({"Plum": "a plum"})"), HasSubstr("'Plum' must be an object of facts"));
  EXPECT_THAT(error(R"({"Plum": {"group": "Plum"}})"), HasSubstr("'Plum' has no 'name'"));
  EXPECT_THAT(error(R"({"Plum": {"name": 7}})"), HasSubstr("'Plum' has a 'name' that is 7; it must be a text"));
  EXPECT_THAT(error(R"({"Plum": {"name": {"en": ""}}})"), HasSubstr("'name.en' that is \"\""));
  EXPECT_THAT(error(R"({"Plum": {"name": {"english": "plum"}}})"), HasSubstr("has a 'name' in 'english'"));
  EXPECT_THAT(error(R"({"Plum": {"name": {}}})"), HasSubstr("has its 'name' in the languages []"));
  EXPECT_THAT(error(R"({"Braeburn": {"name": {"en": "a", "fr": "b"}}, "Plum": {"name": {"en": "a"}}})"),
              HasSubstr("'Plum' has its 'name' in the languages [en], and the file's first text is in [en, fr]"));
}

// The file that ships: models/fruits.
TEST(Fruits, AreToldOfInThreeLanguages) {
  const std::string path = TEST_DATA "/../../models/fruits/fruits.json";
  std::vector<std::string> warnings;
  const auto found = read_information(path, {}, warnings);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_THAT(found->languages, ElementsAre("en", "fr", "zh"));
  EXPECT_EQ(found->labels.size(), 33U);
  for (const auto& [label, information] : found->labels) {
    EXPECT_NE(information.group, "") << label;
    ASSERT_NE(information.find("botanical_name"), nullptr) << label;
    for (const char* fact : {"name", "family", "season", "storage", "about"}) {
      ASSERT_NE(information.find(fact), nullptr) << label << ' ' << fact;
      EXPECT_EQ(information.find(fact)->texts.size(), 3U) << label << ' ' << fact;
    }
  }
  EXPECT_EQ(found->group_of("Golden 2"), "Apple");
  EXPECT_EQ(found->group_of("Avocado ripe"), found->group_of("Avocado"));
  EXPECT_EQ(found->find("Quince")->find("botanical_name")->texts.front().second, "Cydonia oblonga");
}

TEST(Language, IsATag) {
  for (const char* tag : {"en", "zh-hant", "yue", "de-1996", "es-419"}) EXPECT_TRUE(is_language_tag(tag)) << tag;
  for (const char* text : {"", "e", "english", "EN", "en-", "en--us", "-en", "en us", "en-abcdefghi", "12"}) {
    EXPECT_FALSE(is_language_tag(text)) << text;
  }
}

TEST(Language, SuitsTheReader) {
  const std::vector<std::string> languages{"en", "fr", "zh-hant", "zh"};
  EXPECT_EQ(suitable_language(languages, {}), "en");
  EXPECT_EQ(suitable_language(languages, {"fr-CA"}), "fr");
  EXPECT_EQ(suitable_language(languages, {"zh-Hant-TW"}), "zh-hant");
  EXPECT_EQ(suitable_language(languages, {"zh-CN"}), "zh");
  EXPECT_EQ(suitable_language(languages, {"de", "fr"}), "fr");
  EXPECT_EQ(suitable_language(languages, {"fr-x-a"}), "fr");
  EXPECT_EQ(suitable_language(languages, {"", "-", "--", "*"}), "en");
}

}  // namespace
}  // namespace vidi::models
