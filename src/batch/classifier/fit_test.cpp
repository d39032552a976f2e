#include "classifier/fit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "classifier/feature_table.hpp"
#include "classifier/test_output.hpp"
#include "core/task.hpp"
#include "inference/load.hpp"
#include "models/description.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::classifier {
namespace {

using testing::HasSubstr;

std::vector<test::Picture> pictures_from(std::uint32_t first, std::uint32_t each) {
  std::vector<test::Picture> pictures;
  for (std::uint32_t i = 0; i < each; ++i) {
    for (std::uint32_t label = 0; label < 4; ++label) pictures.push_back(test::make_picture(first + i, label, 0.3F));
  }
  return pictures;
}

class Fit : public testing::Test {
 protected:
  Fit() {
    const auto pictures = pictures_from(0, 60);
    reduction_.emplace(test::fit_reduction(pictures));
    test::write_output(path("out"), pictures, *reduction_);
    test::write_output(path("test"), test_pictures_, *reduction_);
  }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  [[nodiscard]] FitJob job() const {
    return {.features = path("out"),
            .test = path("test"),
            .destination = {.root = path("models"), .name = "tiny"},
            .command = "vidi fit out"};
  }
  static std::string message_of(const FitJob& job) {
    const auto result = fit(job);
    return result ? "" : result.error().message;
  }
  // What the served network says of pictures.
  [[nodiscard]] std::vector<float> answers(const std::vector<test::Picture>& pictures) const {
    const auto model = inference::load_model(path("models/tiny/1/model.onnx").string(), {});
    EXPECT_TRUE(model) << model.error().message;
    inference::Tensor input{.shape = {static_cast<std::int64_t>(pictures.size()), 2, 2, 3}, .values = {}};
    for (const auto& picture : pictures) {
      input.values.insert(input.values.end(), picture.pixels.begin(), picture.pixels.end());
    }
    const auto output = run((*model)->infer(std::move(input)));
    EXPECT_TRUE(output) << output.error().message;
    return output->values;
  }

  FreshFolder folder_;
  std::vector<test::Picture> test_pictures_ = pictures_from(1000, 25);
  std::optional<test::Fitted> reduction_;
};

TEST_F(Fit, TheNetworkThatIsWrittenAnswersAsTheClassifier) {
  auto pictures = test_pictures_;
  for (std::uint32_t i = 0; i < 20; ++i) pictures.push_back(test::make_picture(i, 1, 0.2F, true));
  test::write_output(path("more"), pictures, *reduction_);
  for (const bool half : {false, true}) {
    FitJob wanted = job();
    wanted.half = half;
    wanted.destination.force = true;
    const auto result = fit(wanted);
    ASSERT_TRUE(result) << result.error().message;
    const auto reduction = read_reduction(path("out"));
    const auto table = read_table(path("more"), *reduction);
    ASSERT_TRUE(table);
    const auto expected = probabilities_of(result->trained.classifier, *table);
    ASSERT_TRUE(expected);
    const auto found = answers(pictures);
    ASSERT_EQ(found.size(), expected->size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_NEAR(found[i], (*expected)[i], half ? 0.02 : 2e-4) << i << (half ? " in half precision" : "");
    }
  }
}

TEST_F(Fit, WritesAModelThatTheServerReads) {
  test::write_text(path("groups.csv"), "# varieties\na1,a\na2,a\n");
  test::write_text(path("facts.json"),
                   R"({"a1":{"group":"a","name":"A 1"},"a2":{"group":"a","name":"A 2"},"b":{"name":"B"},)"
                   R"("c":{"name":"C"}})");
  FitJob wanted = job();
  wanted.information = path("facts.json");
  wanted.unknown = "Not one I know";
  const auto result = fit(wanted);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_THAT(folder_.files(),
              testing::IsSupersetOf({"models/tiny/model.toml", "models/tiny/1/model.onnx", "models/tiny/facts.json",
                                     "models/tiny/report/report.md", "models/tiny/report/confusion.png"}));
  const auto description = models::read_description(path("models/tiny/model.toml").string());
  ASSERT_TRUE(description) << description.error().message;
  EXPECT_THAT(description->warnings, testing::IsEmpty());
  EXPECT_EQ(description->labels, (std::vector<std::string>{"a1", "a2", "b", "c"}));
  EXPECT_TRUE(description->has_none);
  EXPECT_EQ(description->input.width, 2);
  EXPECT_EQ(description->output.name, "probabilities");
  EXPECT_GE(result->test->groups.correct, result->test->labels.correct);
  const std::string report = folder_.read("models/tiny/report/report.md");
  EXPECT_THAT(report, HasSubstr("| test, the group of the label |"));
  EXPECT_THAT(report, HasSubstr("| a1 | 25 |"));
  wanted.information.reset();
  wanted.groups = path("groups.csv");
  wanted.destination.name = "other";
  const auto grouped = fit(wanted);
  ASSERT_TRUE(grouped);
  EXPECT_EQ(grouped->groups, result->groups);
}

TEST_F(Fit, RefusesWhatDoesNotBelongTogether) {
  test::write_output(path("alien"), test_pictures_, *reduction_, "a11e4");
  FitJob wanted = job();
  wanted.test = path("alien");
  EXPECT_THAT(message_of(wanted), HasSubstr("make it with --apply"));
  // Components of its own: features_pca means something else.
  test::write_output(path("alone"), test_pictures_, test::fit_reduction(test_pictures_));
  wanted.test = path("alone");
  EXPECT_THAT(message_of(wanted), HasSubstr("is not what the training's scaler and components make of its features"));
  wanted.test = path("nowhere");
  EXPECT_THAT(message_of(wanted), HasSubstr("manifest.json"));
  wanted = job();
  std::filesystem::remove(path("out/features/part-00001.parquet"));
  EXPECT_THAT(message_of(wanted), HasSubstr("row 100 of features"));
  test::write_text(path("out/manifest.json"), R"({"state":"running","settings":{}})");
  EXPECT_THAT(message_of(wanted), HasSubstr("has not finished"));
  EXPECT_FALSE(std::filesystem::exists(path("models"))) << "something was written";
}

TEST_F(Fit, NamesALineOfGroupsThatIsNone) {
  test::write_text(path("groups.csv"), "a1,a\n\na2\n");
  FitJob wanted = job();
  wanted.groups = path("groups.csv");
  EXPECT_THAT(message_of(wanted), HasSubstr("groups.csv, line 3: \"a2\" must be LABEL,GROUP"));
}

TEST_F(Fit, TheSameTableMakesTheSameModel) {
  ASSERT_TRUE(fit(job()));
  FitJob again = job();
  again.destination.name = "again";
  again.training.threads = 3;
  ASSERT_TRUE(fit(again));
  EXPECT_EQ(folder_.read("models/tiny/1/model.onnx"), folder_.read("models/again/1/model.onnx"));
}

}  // namespace
}  // namespace vidi::classifier
