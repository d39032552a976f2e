#include "core/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace vidi {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::vector<Setting> table() {
  return {
      {.key = "listen", .default_value = "0.0.0.0:4000", .help = "Where to listen."},
      {.key = "max-body-bytes", .type = SettingType::bytes, .default_value = "32MiB", .help = "", .minimum = 1024},
      {.key = "idle-timeout", .type = SettingType::duration, .default_value = "75s", .help = ""},
      {.key = "threads", .type = SettingType::count, .default_value = "0", .help = "", .maximum = 1024},
      {.key = "auth.mode", .default_value = "open", .help = ""},
  };
}

class SettingsFile : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    path_ = testing::TempDir() + "settings_test.toml";
    std::ofstream(path_) << text;
    return path_;
  }
  void TearDown() override {
    if (!path_.empty()) std::filesystem::remove(path_);
  }
  std::string path_;
};

TEST(Settings, NamesFollowFromTheKey) {
  const Setting setting{.key = "auth.max-keys", .default_value = "", .help = ""};
  EXPECT_EQ(flag_name(setting), "--auth-max-keys");
  EXPECT_EQ(environment_name(setting), "VIDI_AUTH_MAX_KEYS");
}

TEST(Settings, DefaultsAreParsed) {
  const Settings settings(table());
  EXPECT_EQ(settings.text("listen"), "0.0.0.0:4000");
  EXPECT_EQ(settings.bytes("max-body-bytes"), 32U << 20U);
  EXPECT_EQ(settings.duration("idle-timeout"), milliseconds(75'000));
  EXPECT_EQ(settings.source("listen"), "default");
}

TEST_F(SettingsFile, EachSourceBeatsTheOneBefore) {
  Settings settings(table());
  ASSERT_TRUE(
      settings.read_file(write("listen = '1.1.1.1:1'\nthreads = 3\nmax_body_bytes = '2KiB'\n[auth]\nmode = 'keys'\n")));
  ASSERT_TRUE(settings.read_environment({{"VIDI_THREADS", "4"}, {"VIDI_LISTEN", "2.2.2.2:2"}, {"HOME", "x"}}));
  ASSERT_TRUE(settings.set("listen", "3.3.3.3:3", "--listen"));
  EXPECT_EQ(settings.text("listen"), "3.3.3.3:3");
  EXPECT_EQ(settings.source("listen"), "--listen");
  EXPECT_EQ(settings.count("threads"), 4U);
  EXPECT_EQ(settings.source("threads"), "VIDI_THREADS");
  EXPECT_EQ(settings.bytes("max-body-bytes"), 2048U);
  EXPECT_EQ(settings.text("auth.mode"), "keys");
}

TEST_F(SettingsFile, AnUnknownNameIsAnErrorThatNamesTheNearest) {
  Settings settings(table());
  const auto file = settings.read_file(write("\nlisten = 'a'\nidle_timout = '3s'\n"));
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("line 3: unknown setting 'idle_timout'; did you mean 'idle_timeout'?"));
  const auto environment = settings.read_environment({{"VIDI_LISTE", "x"}});
  ASSERT_TRUE(environment);
  EXPECT_THAT(*environment, testing::ElementsAre(HasSubstr("did you mean 'VIDI_LISTEN'?")));
}

TEST_F(SettingsFile, WrongValuesAreNamedWithWhatWouldBeRight) {
  Settings settings(table());
  EXPECT_THAT(settings.set("idle-timeout", "soon", "--idle-timeout").error().message,
              HasSubstr("'soon' is not a value for idle-timeout; it takes a whole number with ms, s, min or h"));
  EXPECT_THAT(settings.set("threads", "-1", "--threads").error().message, HasSubstr("'-1'"));
  EXPECT_THAT(settings.set("threads", "2000", "--threads").error().message, HasSubstr("0 to 1024"));
  EXPECT_THAT(settings.set("max-body-bytes", "99999999999GiB", "x").error().message, HasSubstr("99999999999GiB"));
  EXPECT_THAT(settings.read_file(write("listen = ")).error().message, HasSubstr("line 1"));
  EXPECT_THAT(settings.read_file("no-such-file.toml").error().message, HasSubstr("no-such-file.toml"));
}

TEST(Settings, NearestIsAbsentWhenNothingIsNear) {
  EXPECT_EQ(nearest("lisetn", {"listen", "threads"}), "listen");
  EXPECT_FALSE(nearest("xyzzyxyzzy", {"listen", "threads"}));
}

}  // namespace
}  // namespace vidi
