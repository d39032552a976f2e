#include "models/repository.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace vidi::models {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A copy of the softmax model in a folder of its own, whose model.toml a test changes.
class RepositoryTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) /
              ("models-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    fs::copy(MODELS_DIR "/digits-softmax", folder_ / "digits-softmax", fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(folder_); }

  void replace(const std::string& what, const std::string& by) const {
    const fs::path path = folder_ / "digits-softmax/model.toml";
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    std::string content = text.str();
    const auto position = content.find(what);
    ASSERT_NE(position, std::string::npos) << what;
    std::ofstream(path) << content.replace(position, what.size(), by);
  }

  [[nodiscard]] std::string error() const {
    const auto opened = Repository::open(folder_.string());
    return opened ? "no error" : opened.error().message;
  }

  fs::path folder_;
};

TEST_F(RepositoryTest, FindsWhatIsThereAndNamesItOtherwise) {
  const auto repository = Repository::open(folder_.string());
  ASSERT_TRUE(repository) << repository.error().message;
  EXPECT_THAT(repository->names(), testing::ElementsAre("digits-softmax"));
  const auto model = repository->find("digits-softmax");
  ASSERT_TRUE(model);
  EXPECT_EQ((*model)->version, "1");
  EXPECT_EQ((*model)->description.labels.size(), 10U);
  EXPECT_THAT(repository->find("digitz").error().message, HasSubstr("no model 'digitz'; there are: digits-softmax"));
}

TEST_F(RepositoryTest, TheGreatestVersionIsServed) {
  fs::copy(folder_ / "digits-softmax/1", folder_ / "digits-softmax/10", fs::copy_options::recursive);
  fs::copy(folder_ / "digits-softmax/1", folder_ / "digits-softmax/9", fs::copy_options::recursive);
  fs::create_directories(folder_ / "digits-softmax/draft");
  EXPECT_EQ((*Repository::open(folder_.string())->find("digits-softmax"))->version, "10");
}

TEST_F(RepositoryTest, SaysWhatIsWrongInTheDescription) {
  replace("form = \"digits\"", "form = \"words\"");
  EXPECT_THAT(error(), HasSubstr("'form' must be \"digits\""));
}

TEST_F(RepositoryTest, SaysThatLabelsAndOutputDisagree) {
  replace("\"8\", \"9\"", "\"8\"");
  EXPECT_THAT(error(), HasSubstr("9 labels"));
}

TEST_F(RepositoryTest, AModelThatNeverSaysNoneIsTakenAtItsWord) {
  const auto repository = Repository::open(folder_.string());
  ASSERT_TRUE(repository) << repository.error().message;
  const Description& description = (*repository->find("digits-softmax"))->description;
  EXPECT_FALSE(description.has_none);
  EXPECT_EQ(description.least_probability, 0);
}

TEST_F(RepositoryTest, ReadsHowSureADigitMustBe) {
  replace("[training]", "[rejection]\nleast_probability = 0.62\n\n[training]");
  const auto repository = Repository::open(folder_.string());
  ASSERT_TRUE(repository) << repository.error().message;
  EXPECT_EQ((*repository->find("digits-softmax"))->description.least_probability, 0.62);
}

// Ten labels and none are eleven columns, nine labels and none are ten.
TEST_F(RepositoryTest, CountsNoneAsOneMoreColumn) {
  replace("[training]", "[rejection]\nnone = true\n\n[training]");
  EXPECT_THAT(error(), HasSubstr("10 labels and none, but the output 'probabilities' has shape"));
  replace("\"8\", \"9\"", "\"8\"");
  const auto repository = Repository::open(folder_.string());
  ASSERT_TRUE(repository) << repository.error().message;
  EXPECT_EQ((*repository->find("digits-softmax"))->description.least_probability, 0.5) << "where none is said";
}

TEST_F(RepositoryTest, SaysWhatIsWrongInTheRejection) {
  replace("[training]", "[rejection]\nleast_probability = 1.5\n\n[training]");
  EXPECT_THAT(error(), HasSubstr("'rejection.least_probability' must be a number from 0 to 1"));
  replace("least_probability = 1.5", "none = \"yes\"");
  EXPECT_THAT(error(), HasSubstr("'rejection.none' must be true or false"));
}

TEST_F(RepositoryTest, ReadsHowExactlyTheNetworkIsComputed) {
  const auto precision = [&] {
    const auto repository = Repository::open(folder_.string());
    return (*repository->find("digits-softmax"))->description.precision;
  };
  EXPECT_EQ(precision(), inference::Precision::f32);
  replace("[training]", "[inference]\nprecision = \"bf16\"\n\n[training]");
  EXPECT_EQ(precision(), inference::Precision::bf16);
  replace("bf16", "half");
  EXPECT_THAT(error(), HasSubstr("'inference.precision' must be \"f32\" or \"bf16\""));
}

TEST_F(RepositoryTest, SaysWhichFileIsNotThere) {
  fs::remove(folder_ / "digits-softmax/1/model.onnx");
  EXPECT_THAT(error(), HasSubstr("model.onnx"));
  fs::remove_all(folder_ / "digits-softmax/1");
  EXPECT_THAT(error(), HasSubstr("no version"));
  fs::remove_all(folder_ / "digits-softmax");
  EXPECT_THAT(error(), HasSubstr("no model in"));
  EXPECT_THAT(Repository::open("no/such/folder").error().message, HasSubstr("no/such/folder"));
}

TEST_F(RepositoryTest, SaysWhereTheFileIsNoToml) {
  replace("format = 1", "format = = 1");
  EXPECT_THAT(error(), HasSubstr("line 1"));
}

}  // namespace
}  // namespace vidi::models
