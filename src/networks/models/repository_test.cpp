#include "models/repository.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <thread>

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

// Versions of the one model, and waiting for what the repository does on a thread of its own.
class LiveRepositoryTest : public RepositoryTest {
 protected:
  void add_version(const std::string& version) const {
    // Under a hidden name until it is whole, as a careful person copies.
    fs::copy(MODELS_DIR "/digits-softmax/1", model() / ".new", fs::copy_options::recursive);
    fs::rename(model() / ".new", model() / version);
  }
  void add_broken_version(const std::string& version) const {
    fs::create_directories(model() / version);
    std::ofstream(model() / version / "model.onnx") << "this is no network";
  }
  [[nodiscard]] fs::path model() const { return folder_ / "digits-softmax"; }

  Repository& open() {
    auto opened = Repository::open(folder_.string());
    EXPECT_TRUE(opened) << opened.error().message;
    return repository_.emplace(std::move(*opened));
  }
  Repository& open_and_watch() {
    Repository& repository = open();
    repository.watch({.settle = std::chrono::milliseconds(20), .poll = std::chrono::milliseconds(0)});
    return repository;
  }

  [[nodiscard]] std::string served() const {
    const auto found = repository_->find("digits-softmax");
    return found ? (*found)->version : "none";
  }
  [[nodiscard]] IndexEntry entry(const std::string& version) const {
    for (const IndexEntry& each : repository_->index()) {
      if (each.name == "digits-softmax" && each.version == version) return each;
    }
    return {.name = "none", .version = "", .reason = "not in the index"};
  }
  [[nodiscard]] std::string state(const std::string& version) const {
    const IndexEntry found = entry(version);
    return found.name == "none" ? "none" : std::string(name(found.state));
  }

  static bool comes_true(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  std::optional<Repository> repository_;
};

TEST_F(LiveRepositoryTest, OnlyTheLatestVersionIsServedUnlessMoreAreAskedFor) {
  add_version("2");
  Repository& repository = open();
  EXPECT_EQ(state("1"), "none");
  EXPECT_EQ(state("2"), "READY");
  EXPECT_THAT(repository.find("digits-softmax", "1").error().message,
              HasSubstr("the model 'digits-softmax' has no version '1'; there are: 2"));
  EXPECT_EQ((*repository.find("digits-softmax", "2"))->platform, "onnx");
}

TEST_F(LiveRepositoryTest, AllVersionsOrThoseOfAListAreServed) {
  add_version("2");
  add_version("10");
  replace("[training]", "[versions]\nserve = \"all\"\n[training]");
  EXPECT_EQ((*open().find("digits-softmax", "1"))->version, "1");
  EXPECT_EQ(served(), "10");
  replace("serve = \"all\"", "serve = [1, 2, 7]");
  Repository& repository = open();
  EXPECT_EQ(served(), "2");
  EXPECT_FALSE(repository.find("digits-softmax", "10"));
  EXPECT_EQ(state("7"), "UNAVAILABLE");
  EXPECT_THAT(entry("7").reason, HasSubstr("[versions] names 7"));
}

TEST_F(LiveRepositoryTest, ABrokenVersionLeavesTheOneBelow) {
  add_broken_version("2");
  open();
  EXPECT_EQ(served(), "1");
  EXPECT_EQ(state("2"), "UNAVAILABLE");
  EXPECT_THAT(entry("2").reason, HasSubstr("digits-softmax/2/model.onnx is not a network"));
  EXPECT_THAT(entry("2").reason, testing::Not(HasSubstr(folder_.string()))) << "paths are the server's own business";
}

TEST_F(LiveRepositoryTest, ABrokenModelDoesNotStopTheOthers) {
  fs::copy(MODELS_DIR "/digits-softmax", folder_ / "other", fs::copy_options::recursive);
  const Repository& repository = open();
  EXPECT_THAT(repository.names(), testing::ElementsAre("digits-softmax"));
  EXPECT_THAT(repository.index()[1].reason, HasSubstr("other/model.toml: 'name' is \"digits-softmax\""));
}

TEST_F(LiveRepositoryTest, AFolderWithoutADescriptionIsShownOne) {
  fs::create_directories(folder_ / "fruits/1");
  fs::copy(TEST_DATA "/networks/fruits-saved-model", folder_ / "fruits/1", fs::copy_options::recursive);
  const auto index = open().index();
  ASSERT_EQ(index.size(), 2U);
  EXPECT_THAT(index[1].reason, testing::AllOf(HasSubstr("there is no fruits/model.toml"), HasSubstr("width = 32"),
                                              HasSubstr("form = \"picture\""), HasSubstr("name = \"picture\""),
                                              HasSubstr("name = \"output_0\""), HasSubstr("kind = \"scores\"")));
}

TEST_F(LiveRepositoryTest, ANewVersionTakesOverAndTheOldOneStaysForWhomItHas) {
  Repository& repository = open_and_watch();
  auto old = *repository.find("digits-softmax");
  add_version("2");
  ASSERT_TRUE(comes_true([&] { return served() == "2"; }));
  EXPECT_EQ(state("1"), "UNLOADING");
  inference::Tensor picture{{1, 28, 28, 1}, std::vector<float>(784)};
  EXPECT_TRUE(run(old->network->infer(std::move(picture)))) << "for as long as it is held";
  old.reset();
  EXPECT_TRUE(comes_true([&] { return state("1") == "none"; }));
}

TEST_F(LiveRepositoryTest, WhatIsTakenAwayIsServedNoMore) {
  add_version("2");
  Repository& repository = open_and_watch();
  fs::remove_all(model() / "2");
  ASSERT_TRUE(comes_true([&] { return served() == "1"; }));
  fs::remove_all(model());
  ASSERT_TRUE(comes_true([&] { return served() == "none"; }));
  EXPECT_TRUE(repository.names().empty());
}

TEST_F(LiveRepositoryTest, WhatIsBrokenByAChangeAnswersAsBeforeUntilItIsRepaired) {
  open_and_watch();
  const auto before = *repository_->find("digits-softmax");
  std::ofstream(model() / "1/model.onnx") << "this is no network";
  ASSERT_TRUE(comes_true([&] { return !entry("1").reason.empty(); }));
  EXPECT_EQ(state("1"), "READY");
  EXPECT_EQ(*repository_->find("digits-softmax"), before);
  fs::copy(MODELS_DIR "/digits-softmax/1/model.onnx", model() / "1/model.onnx", fs::copy_options::overwrite_existing);
  ASSERT_TRUE(comes_true([&] { return entry("1").reason.empty(); }));
  EXPECT_NE(*repository_->find("digits-softmax"), before);
}

TEST_F(LiveRepositoryTest, AChangedDescriptionIsTakenOver) {
  open_and_watch();
  replace("[training]", "[rejection]\nleast_probability = 2\n\n[training]");
  ASSERT_TRUE(comes_true([&] { return !entry("1").reason.empty(); }));
  EXPECT_THAT(entry("1").reason, HasSubstr("must be a number from 0 to 1"));
  EXPECT_EQ(served(), "1");
  replace("least_probability = 2", "least_probability = 0.25");
  EXPECT_TRUE(
      comes_true([&] { return (*repository_->find("digits-softmax"))->description.least_probability == 0.25; }));
  EXPECT_EQ(entry("1").reason, "");
}

TEST_F(LiveRepositoryTest, AModelThatAppearsIsServed) {
  open_and_watch();
  fs::create_directories(folder_ / "digits-cnn");
  fs::create_directories(folder_ / "digits-cnn/1");
  fs::copy(MODELS_DIR "/digits-cnn/1/model.onnx", folder_ / "digits-cnn/1/model.onnx");
  fs::copy(MODELS_DIR "/digits-cnn/model.toml", folder_ / "digits-cnn/model.toml");
  EXPECT_TRUE(comes_true([&] { return repository_->find("digits-cnn").has_value(); }));
}

TEST_F(LiveRepositoryTest, WithoutNoticesTheFolderIsLookedAt) {
  Repository& repository = open();
  repository.watch({.settle = std::chrono::milliseconds(1), .poll = std::chrono::milliseconds(20)});
  add_version("3");
  EXPECT_TRUE(comes_true([&] { return served() == "3"; }));
}

TEST_F(LiveRepositoryTest, WhatIsUnloadedStaysSoUntilItIsLoadedOrChanged) {
  Repository& repository = open_and_watch();
  ASSERT_TRUE(repository.unload("digits-softmax"));
  EXPECT_EQ(served(), "none");
  EXPECT_EQ(state("1"), "UNAVAILABLE");
  EXPECT_EQ(entry("1").reason, "unloaded on request");
  ASSERT_TRUE(repository.load("digits-softmax"));
  EXPECT_EQ(served(), "1");
  ASSERT_TRUE(repository.unload("digits-softmax"));
  add_version("2");
  EXPECT_TRUE(comes_true([&] { return served() == "2"; }));
}

TEST_F(LiveRepositoryTest, LoadSaysWhyItCannot) {
  Repository& repository = open();
  add_broken_version("2");
  EXPECT_THAT(repository.load("digits-softmax").error().message, HasSubstr("digits-softmax/2/model.onnx is not"));
  EXPECT_EQ(served(), "1");
  for (const char* name : {"none", "", ".", "..", "../models", "digits-softmax/1"}) {
    EXPECT_EQ(repository.load(name).error().code, ErrorCode::not_found) << name;
    EXPECT_EQ(repository.unload(name).error().code, ErrorCode::not_found) << name;
  }
  EXPECT_THAT(repository.load("none").error().message,
              HasSubstr("there is no model 'none'; there are: digits-softmax"));
}

}  // namespace
}  // namespace vidi::models
