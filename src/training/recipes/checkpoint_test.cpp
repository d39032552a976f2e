#include "recipes/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "support/fresh_folder.hpp"

namespace vidi::recipes {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Checkpoint : public testing::Test {
 protected:
  [[nodiscard]] CheckpointFile file(const std::string& training = "vidi train x --seed 1") const {
    return {folder_.path() / "models" / ".x-1.checkpoint", training};
  }
  std::vector<NamedValues> state() { return {{"weights", weights_}, {"biases", biases_}}; }

  FreshFolder folder_;
  std::array<float, 3> weights_{1.5F, -2.0F, 0.0F};
  std::array<float, 1> biases_{7.0F};
};

TEST_F(Checkpoint, GivesBackWhatWasSaved) {
  ASSERT_TRUE(file().save(42, state()));
  weights_ = {};
  biases_ = {};
  EXPECT_EQ(file().load(state()), 42U);
  EXPECT_THAT(weights_, ElementsAre(1.5F, -2.0F, 0.0F));
  EXPECT_THAT(biases_, ElementsAre(7.0F));
  EXPECT_THAT(folder_.files(), ElementsAre("models/.x-1.checkpoint")) << "a temporary file was left behind";
}

TEST_F(Checkpoint, IsAbsentBeforeItIsSavedAndAfterItIsRemoved) {
  EXPECT_EQ(file().load(state()), std::nullopt);
  ASSERT_TRUE(file().save(1, state()));
  file().remove();
  EXPECT_EQ(file().load(state()), std::nullopt);
}

TEST_F(Checkpoint, TidiesUpAfterAKillInTheMiddleOfWriting) {
  ASSERT_TRUE(file().save(1, state()));
  folder_.write("models/.x-1.checkpoint.new", "half of");
  EXPECT_EQ(file().load(state()), 1U);
  ASSERT_TRUE(file().save(2, state()));
  folder_.write("models/.x-1.checkpoint.new", "half of");
  file().remove();
  EXPECT_TRUE(folder_.files().empty());
}

TEST_F(Checkpoint, RefusesThatOfAnotherTrainingAndNamesBoth) {
  ASSERT_TRUE(file("vidi train x --seed 1").save(1, state()));
  const auto refused = file("vidi train x --seed 2").load(state());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("it is of:  vidi train x --seed 1"));
  EXPECT_THAT(refused.error().message, HasSubstr("this is:   vidi train x --seed 2"));
}

TEST_F(Checkpoint, RefusesAFileThatIsDamagedAnywhere) {
  ASSERT_TRUE(file().save(1, state()));
  const std::string good = folder_.read("models/.x-1.checkpoint");
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] + 1);
    folder_.write("models/.x-1.checkpoint", bad);
    EXPECT_FALSE(file().load(state())) << "byte " << at;
    folder_.write("models/.x-1.checkpoint", good.substr(0, at));
    EXPECT_FALSE(file().load(state())) << "cut after " << at;
  }
  EXPECT_THAT(weights_, ElementsAre(1.5F, -2.0F, 0.0F)) << "a refused file changed the state";
}

TEST_F(Checkpoint, RefusesValuesOfAnotherCount) {
  ASSERT_TRUE(file().save(1, state()));
  std::array<float, 2> more{};
  const std::array<NamedValues, 2> other{{{"weights", weights_}, {"biases", more}}};
  EXPECT_FALSE(file().load(other));
}

}  // namespace
}  // namespace vidi::recipes
