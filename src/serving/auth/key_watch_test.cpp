#include "auth/key_watch.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "auth/key_file.hpp"

namespace vidi::auth {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Watched : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }

  [[nodiscard]] bool is_let_in(const std::string& secret) {
    return authorizer_.admit(secret, Access::user).has_value();
  }
  static bool becomes(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(5ms);
    return condition();
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "watched";
  const fs::path file_ = folder_ / "keys.toml";
  Authorizer authorizer_{Mode::keys};
};

TEST_F(Watched, KeysComeAndGoWhileItRuns) {
  const KeyWatch watch(file_, authorizer_, 5ms);
  const std::string alice = add_key(file_, {.name = "alice"}).value();
  EXPECT_TRUE(becomes([&] { return is_let_in(alice); }));
  const std::string bob = add_key(file_, {.name = "bob"}).value();
  EXPECT_TRUE(becomes([&] { return is_let_in(bob); }));
  EXPECT_TRUE(is_let_in(alice));
  ASSERT_TRUE(revoke_key(file_, "alice"));
  EXPECT_TRUE(becomes([&] { return !is_let_in(alice); }));
  EXPECT_TRUE(is_let_in(bob));
}

TEST_F(Watched, KeysThatAreThereAreValidAtOnce) {
  const std::string alice = add_key(file_, {.name = "alice"}).value();
  const KeyWatch watch(file_, authorizer_, 1h);
  EXPECT_TRUE(is_let_in(alice));
}

TEST_F(Watched, ABrokenOrMissingFileKeepsTheKeys) {
  const std::string alice = add_key(file_, {.name = "alice"}).value();
  const KeyWatch watch(file_, authorizer_, 5ms);
  std::ofstream(file_) << "[[key]\n";
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(is_let_in(alice));
  fs::remove(file_);
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(is_let_in(alice));
  const std::string bob = add_key(file_, {.name = "bob"}).value();
  EXPECT_TRUE(becomes([&] { return is_let_in(bob); }));
  EXPECT_FALSE(is_let_in(alice));
}

TEST_F(Watched, ABrokenFileAtTheStartIsRefusedByName) {
  fs::create_directories(folder_);
  std::ofstream(file_) << "[[key]\n";
  try {
    const KeyWatch watch(file_, authorizer_);
    ADD_FAILURE() << "it was read";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("keys.toml, line 1"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace vidi::auth
