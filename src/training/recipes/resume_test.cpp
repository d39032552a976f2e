// Trainings that are ended before their time, by a signal that nothing can catch.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <thread>

#include "recipes/cnn.hpp"
#include "recipes/job.hpp"
#include "recipes/silent.hpp"
#include "recipes/softmax.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::recipes {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// Trains the two-convolution network of the tutorial for a few steps on MNIST's test set, which stands in for the
// training set that is too large to commit.
class Resume : public testing::Test {
 protected:
  Resume() {
    fs::create_directories(folder_.path() / "data");
    for (const char* kind : {"images-idx3-ubyte.gz", "labels-idx1-ubyte.gz"}) {
      for (const char* prefix : {"train-", "t10k-"}) {
        fs::copy(fs::path(TEST_DATA "/mnist") / (std::string("t10k-") + kind),
                 folder_.path() / "data" / (std::string(prefix) + kind));
      }
    }
  }

  [[nodiscard]] Job job(const std::string& models) const {
    return {.data = folder_.path() / "data",
            .models = folder_.path() / models,
            .checkpoint_interval = std::chrono::seconds(0)};
  }
  [[nodiscard]] static std::unique_ptr<Recipe> recipe(std::uint64_t seed = 1) {
    return make_softmax_recipe({.steps = 600, .average = 0.5, .seed = seed});
  }
  Result<Report> start(const std::string& models, std::uint64_t seed = 1) {
    return run(job(models), *recipe(seed), progress_, stop_);
  }
  [[nodiscard]] fs::path checkpoint() const { return folder_.path() / "models/.digits-softmax-1.checkpoint"; }

  // Starts the training in a process of its own and kills it once a checkpoint is there.
  void kill_a_training() {
    const pid_t child = fork();
    if (child == 0) {
      _exit(start("models") ? 0 : 1);
    }
    for (int i = 0; i < 20'000 && !fs::exists(checkpoint()); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_EQ(kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the training ended before it could be killed";
  }

  FreshFolder folder_;
  Silent progress_;
  std::atomic<bool> stop_ = false;
};

TEST_F(Resume, GoesOnAfterAKillAndEndsAsIfNothingHadHappened) {
  kill_a_training();
  ASSERT_TRUE(fs::exists(checkpoint()));
  EXPECT_FALSE(fs::exists(folder_.path() / "models/digits-softmax"));
  const auto report = start("models");
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_THAT(progress_.notes, ElementsAre(HasSubstr("going on from the checkpoint after step")));
  EXPECT_FALSE(fs::exists(checkpoint())) << "the checkpoint of a finished training was left behind";
  ASSERT_TRUE(start("whole"));
  for (const char* file : {"/digits-softmax/1/model.onnx", "/digits-softmax/model.toml"}) {
    EXPECT_EQ(folder_.read(std::string("models") + file), folder_.read(std::string("whole") + file)) << file;
  }
}

TEST_F(Resume, RefusesTheCheckpointOfOtherOptions) {
  kill_a_training();
  const auto refused = start("models", 2);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--seed 1"));
  EXPECT_THAT(refused.error().message, HasSubstr("--seed 2"));
  EXPECT_TRUE(fs::exists(checkpoint())) << "somebody's work of hours was thrown away";
}

// Adam's memory and the order of the batches must come back too.
TEST_F(Resume, TheTutorialNetworkGoesOnWhereItWas) {
  const datasets::LabeledImages digits = *datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
  const CheckpointFile file(folder_.path() / "cnn", "cnn");
  const auto train = [&](const CheckpointFile* checkpoint, std::size_t stop_after) {
    class Stopper final : public ProgressReporter {
     public:
      Stopper(std::atomic<bool>& stop, std::size_t after) : stop_(stop), after_(after) {}
      void report(const Progress& progress) override { stop_ = progress.step == after_; }
      void note(std::string_view /*text*/) override {}
      void finish() override {}

     private:
      std::atomic<bool>& stop_;
      std::size_t after_;
    };
    std::atomic<bool> stop = false;
    Stopper stopper(stop, stop_after);
    const auto cnn = make_cnn_recipe({.steps = 6, .batch = 10, .average = 0.7, .threads = 1});
    EXPECT_TRUE(cnn->train({&digits, 0, 1000}, {}, {.progress = stopper, .stop = stop, .checkpoint = checkpoint}));
    return cnn->to_onnx().value_or(Bytes{});
  };
  const Bytes whole = train(nullptr, 0);
  const Bytes half = train(&file, 3);
  EXPECT_NE(half, whole);
  EXPECT_EQ(train(&file, 0), whole);
}

}  // namespace
}  // namespace vidi::recipes
