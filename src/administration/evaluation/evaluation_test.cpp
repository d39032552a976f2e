#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "evaluation/contact_sheet.hpp"
#include "evaluation/evaluate_digits.hpp"
#include "evaluation/evaluate_folders.hpp"
#include "image/encode.hpp"
#include "inference/fake.hpp"

namespace vidi::evaluation {
namespace {

namespace fs = std::filesystem;
using datasets::LabeledFile;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Answers with the label whose place is the gray of the picture; 3 is none of them.
std::shared_ptr<models::LoadedModel> fruits() {
  auto information = std::make_shared<models::Information>();
  information->languages = {"en"};
  information->labels = {{"Apple Red", {.group = "Apple"}}, {"Apple Green", {.group = "Apple"}}, {"Kiwi", {}}};
  auto model = std::make_shared<models::LoadedModel>();
  model->version = "7";
  models::Description& description = model->description;
  description.name = "fruits";
  description.form = models::Form::picture;
  description.labels = {"Apple Red", "Apple Green", "Kiwi"};
  description.has_none = true;
  description.information = information;
  description.input = {.name = "image", .width = 1, .height = 1, .channels = 1, .scale = 1};
  model->network = inference::make_fake_model(1, 1, 4);
  return model;
}

class Folders : public testing::Test {
 protected:
  ~Folders() override { fs::remove_all(folder_); }
  Folders() = default;
  Folders(const Folders&) = delete;
  Folders& operator=(const Folders&) = delete;
  Folders(Folders&&) = delete;
  Folders& operator=(Folders&&) = delete;

  void add(const std::string& label, const std::string& content) {
    const fs::path path = folder_ / label / std::to_string(files_.size());
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    files_.push_back({.path = path, .label = label});
  }

  void add_picture(const std::string& label, std::uint8_t answer) {
    image::Image picture = image::make_image(1, 1, 1);
    picture.pixels.front() = answer;
    add(label, std::string(as_text(image::encode_png(picture))));
  }

  MeasuredFolders evaluate() {
    models::Repository models({model_});
    recognition::Recognizer recognizer(models, {});
    return evaluate_folders(recognizer, *model_, files_, [this](const fs::path& file, const std::string& why) {
      unreadable_.emplace_back(file, why);
    });
  }

  const std::shared_ptr<models::LoadedModel> model_ = fruits();
  const fs::path folder_ = fs::path(testing::TempDir()) / "evaluation";
  std::vector<LabeledFile> files_;
  std::vector<std::pair<fs::path, std::string>> unreadable_;
};

TEST_F(Folders, AreCountedByLabelAndByGroup) {
  add_picture("Apple Red", 0);
  add_picture("Apple Red", 1);  // another variety
  add_picture("Apple Red", 2);
  add_picture("Apple", 1);  // of a group any variety is right
  add_picture("Kiwi", 3);
  add_picture("none", 3);
  const MeasuredFolders measured = evaluate();
  EXPECT_EQ(measured.unreadable, 0U);
  EXPECT_EQ(measured.evaluation.accuracy().count, 6U);
  EXPECT_EQ(measured.evaluation.accuracy().correct, 3U);
  EXPECT_EQ(measured.evaluation.group_accuracy().correct, 4U);
  EXPECT_EQ(measured.evaluation.none(), 2U);
  const auto& red = measured.evaluation.rows().at("Apple Red");
  EXPECT_EQ(red.pictures, 3U);
  EXPECT_EQ(red.right, 1U);
  EXPECT_EQ(red.right_group, 2U);
}

TEST_F(Folders, OfWhatIsNoPictureAreCountedApart) {
  add_picture("Kiwi", 2);
  for (int i = 0; i < 12; ++i) add("Kiwi", "no picture");
  const MeasuredFolders measured = evaluate();
  EXPECT_EQ(measured.unreadable, 12U);
  EXPECT_EQ(unreadable_.size(), kNamed) << "the others are only counted";
  EXPECT_EQ(measured.evaluation.accuracy().count, 1U);
}

TEST_F(Folders, ThatCannotBeReadAreNotTakenForAnAnswer) {
  files_.push_back({.path = folder_ / "missing", .label = "Kiwi"});
  const MeasuredFolders measured = evaluate();
  EXPECT_EQ(measured.unreadable, 1U);
  EXPECT_TRUE(measured.evaluation.rows().empty());
  ASSERT_EQ(unreadable_.size(), 1U);
  EXPECT_EQ(unreadable_[0].second, "cannot be opened");
}

TEST_F(Folders, OfAnotherNameAreRefusedWithTheNearest) {
  add_picture("Kivi", 2);
  EXPECT_THAT([&] { evaluate(); },
              ThrowsMessage<std::runtime_error>(testing::AllOf(HasSubstr("Kivi"), HasSubstr("did you mean 'Kiwi'?"))));
}

TEST_F(Folders, AreDescribedForPeopleAndForPrograms) {
  add_picture("Kiwi", 2);
  add_picture("Kiwi", 0);
  add_picture("Apple", 3);
  const MeasuredFolders measured = evaluate();
  const std::string text = to_text(measured);
  EXPECT_THAT(text, HasSubstr("no answer: 1\nunreadable, not counted: 0\n"));
  EXPECT_THAT(text, HasSubstr("     1  Apple  ->  no answer\n     1  Kiwi  ->  Apple Red\n"));
  const auto json = nlohmann::json::parse(to_json(measured, *model_));
  EXPECT_EQ(json["model"], "fruits");
  EXPECT_EQ(json["version"], "7");
  EXPECT_EQ(json["accuracy"]["right"], 1);
  EXPECT_EQ(json["accuracy"]["pictures"], 3);
  EXPECT_EQ(json["none"], 1);
  EXPECT_EQ(json["labels"]["Kiwi"]["answers"], nlohmann::json({{"Apple Red", 1}, {"Kiwi", 1}}));
}

class Digits : public testing::Test {
 protected:
  static std::shared_ptr<models::LoadedModel> digits() {
    auto model = std::make_shared<models::LoadedModel>();
    model->version = "1";
    model->description.name = "digits";
    model->description.labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    model->description.input = {.name = "image", .width = 28, .height = 28, .channels = 1, .scale = 1.0 / 255};
    model->network = inference::make_fake_model(28, 28, 10);
    return model;
  }

  // The first pictures of MNIST.
  static datasets::LabeledImages some_digits() {
    datasets::LabeledImages images = *datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
    images.labels.resize(20);
    images.pixels.resize(20 * images.image_size());
    return images;
  }

  models::Repository models_{{digits()}};
  recognition::Recognizer recognizer_{models_, {}};
};

TEST_F(Digits, AreCountedByLabelAndAnswer) {
  datasets::LabeledImages images = some_digits();
  const MeasuredDigits measured = evaluate_digits(recognizer_, images, "digits");
  std::size_t right = 0;
  std::size_t all = 0;
  for (std::size_t label = 0; label < kDigits; ++label) {
    right += measured.confusion[label][label];
    for (const std::size_t count : measured.confusion[label]) all += count;
  }
  EXPECT_EQ(all, 20U);
  ASSERT_EQ(measured.misreadings.size(), all - right);
  // Where each misread picture is labeled as it was answered, all are right.
  for (const Misreading& each : measured.misreadings) {
    EXPECT_EQ(each.label, images.labels[each.index]);
    ASSERT_EQ(each.answer.size(), 1U);
    images.labels[each.index] = static_cast<std::uint8_t>(each.answer[0] - '0');
  }
  const MeasuredDigits again = evaluate_digits(recognizer_, images, "digits");
  EXPECT_TRUE(again.misreadings.empty());
  EXPECT_THAT(to_text(again.confusion), HasSubstr("20"));
}

TEST_F(Digits, WithoutAnAnswerStandInTheLastColumn) {
  datasets::LabeledImages images = some_digits();
  std::ranges::fill(images.pixels, std::uint8_t{0});
  images.labels.resize(1);
  images.labels[0] = 4;
  images.pixels.resize(images.image_size());
  const MeasuredDigits measured = evaluate_digits(recognizer_, images, "digits");
  EXPECT_EQ(measured.confusion[4][kDigits], 1U);
  ASSERT_EQ(measured.misreadings.size(), 1U);
  EXPECT_EQ(measured.misreadings[0].answer, "");
}

TEST_F(Digits, OfAnUnknownModelAreNotMeasured) {
  EXPECT_THAT([&] { evaluate_digits(recognizer_, some_digits(), "letters"); },
              ThrowsMessage<std::runtime_error>(HasSubstr("picture 0: ")));
}

TEST_F(Digits, AreDescribedInATable) {
  Confusion confusion{};
  confusion[3][3] = 8;
  confusion[3][kDigits] = 2;
  const std::string text = to_text(confusion);
  EXPECT_THAT(text, HasSubstr("accuracy: 80"));
  EXPECT_THAT(text, HasSubstr("    3     0     0     0     8     0     0     0     0     0     0     2\n"));
}

TEST(ContactSheet, HasAPlaceForEachPictureUpTo500) {
  datasets::LabeledImages images;
  images.rows = images.columns = 28;
  images.labels = {7};
  images.pixels.assign(std::size_t{28} * 28, 200);
  const std::vector<Misreading> one(1, {.index = 0, .label = 7, .answer = "1"});
  const image::Image small = draw_contact_sheet(images, one);
  EXPECT_EQ(small.channels, 3);
  const image::Image row = draw_contact_sheet(images, std::vector<Misreading>(10, one.front()));
  EXPECT_EQ(row.height, small.height) << "ten fit in a row";
  EXPECT_EQ(row.width, small.width);
  EXPECT_NE(row.pixels, small.pixels);
  EXPECT_GT(draw_contact_sheet(images, std::vector<Misreading>(11, one.front())).height, small.height);
  EXPECT_EQ(draw_contact_sheet(images, std::vector<Misreading>(501, one.front())).height,
            draw_contact_sheet(images, std::vector<Misreading>(500, one.front())).height);
  EXPECT_TRUE(std::ranges::count(small.pixels, std::uint8_t{200}) >= std::ptrdiff_t{112} * 112 * 3)
      << "the picture, enlarged";
}

}  // namespace
}  // namespace vidi::evaluation
