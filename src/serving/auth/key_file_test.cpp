#include "auth/key_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace vidi::auth {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class KeyFile : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string text() const {
    std::ostringstream read;
    read << std::ifstream(file_).rdbuf();
    return read.str();
  }
  [[nodiscard]] std::vector<Key> keys() const { return read_keys(file_).value().value(); }

  const fs::path folder_ = fs::path(testing::TempDir()) / "data";
  const fs::path file_ = folder_ / "keys.toml";
};

TEST_F(KeyFile, IsMadeWithTheFirstKeyAndKeepsEveryOne) {
  EXPECT_FALSE(read_keys(file_).value());
  const Timestamp before = now();
  const std::string alice = add_key(file_, {.name = "alice", .role = Role::user, .quota = Quota{100}}).value();
  const std::string root = add_key(file_, {.name = "root@example.org", .role = Role::admin, .quota = {}}).value();
  ASSERT_EQ(keys().size(), 2U);
  EXPECT_EQ(keys()[0].name, "alice");
  EXPECT_EQ(keys()[0].role, Role::user);
  EXPECT_EQ(keys()[0].quota, Quota{100});
  EXPECT_GE(keys()[0].created, before);
  EXPECT_EQ(keys()[0].digest, digest_of(alice));
  EXPECT_EQ(keys()[1].name, "root@example.org");
  EXPECT_EQ(keys()[1].role, Role::admin);
  EXPECT_EQ(keys()[1].quota, std::nullopt);
  EXPECT_EQ(keys()[1].digest, digest_of(root));
}

TEST_F(KeyFile, HoldsNoSecret) {
  const std::string secret = add_key(file_, {.name = "alice"}).value();
  EXPECT_EQ(text().find(secret), std::string::npos);
  EXPECT_EQ(text().find(secret.substr(5)), std::string::npos);
  EXPECT_THAT(text(), HasSubstr(to_string(*digest_of(secret))));
}

TEST_F(KeyFile, ANameHasOneValidKey) {
  ASSERT_TRUE(add_key(file_, {.name = "alice"}));
  const std::string before = text();
  const auto again = add_key(file_, {.name = "alice"});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(text(), before);
  ASSERT_TRUE(revoke_key(file_, "alice"));
  ASSERT_TRUE(add_key(file_, {.name = "alice"}));
  EXPECT_TRUE(keys()[0].revoked);
  EXPECT_FALSE(keys()[1].revoked);
}

TEST_F(KeyFile, RevokingSaysWhatIsNotThere) {
  ASSERT_TRUE(add_key(file_, {.name = "alice"}));
  const auto unknown = revoke_key(file_, "alise");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
  EXPECT_THAT(unknown.error().message, HasSubstr("did you mean 'alice'"));
  ASSERT_TRUE(revoke_key(file_, "alice"));
  const auto twice = revoke_key(file_, "alice");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().code, ErrorCode::conflict);
}

TEST_F(KeyFile, NamesThatWouldBreakSomethingAreRefused) {
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("a\nb"), std::string("\"x\""), std::string("-x"),
        std::string("naïve"), std::string("a\0b", 3), std::string(65, 'x')}) {
    const auto added = add_key(file_, {.name = bad});
    ASSERT_FALSE(added) << bad;
    EXPECT_EQ(added.error().code, ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(fs::exists(file_));
  EXPECT_TRUE(add_key(file_, {.name = std::string(64, 'x')}));
}

TEST_F(KeyFile, ThoseWhoChangeItAtOnceLoseNothing) {
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 5; ++i) EXPECT_TRUE(add_key(file_, {.name = std::to_string(t) + "." + std::to_string(i)}));
      });
    }
  }
  EXPECT_EQ(keys().size(), 20U);
}

TEST_F(KeyFile, ABrokenOneIsNotWrittenOver) {
  fs::create_directories(folder_);
  std::ofstream(file_) << "[[key]\n";
  EXPECT_FALSE(add_key(file_, {.name = "alice"}));
  EXPECT_EQ(text(), "[[key]\n");
}

TEST_F(KeyFile, AnEmptyOneIsBroken) {
  fs::create_directories(folder_);
  std::ofstream(file_).flush();
  const auto empty = read_keys(file_);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message, HasSubstr("keys.toml is empty"));
  std::ofstream(file_) << "# nobody\n";
  EXPECT_TRUE(read_keys(file_).value().value().empty());
}

std::string problem(const std::string& toml) {
  const auto parsed = parse_keys(toml);
  return parsed ? "" : parsed.error().message;
}

TEST(ParseKeys, SaysWhatIsWrongAndWhere) {
  const std::string digest(64, 'a');
  const std::string head = "[[key]]\nname = 'a'\nrole = 'user'\ncreated = '2026-11-22'\n";
  EXPECT_EQ(problem(head + "sha256 = '" + digest + "'\n"), "");
  EXPECT_EQ(problem(""), "");
  EXPECT_THAT(problem("\n[[key]\n"), HasSubstr("line 2"));
  EXPECT_THAT(problem("\n[key]\n"), HasSubstr("'key' is not [[key]]"));
  EXPECT_THAT(problem("keys = 4\n"), HasSubstr("'keys' is not [[key]]"));
  EXPECT_THAT(problem("key = [4]\n"), HasSubstr("must be a [[key]]"));
  EXPECT_THAT(problem(head), HasSubstr("no text 'sha256'"));
  EXPECT_THAT(problem(head + "sha256 = 'abc'\n"), HasSubstr("'abc' is not a SHA-256"));
  EXPECT_THAT(problem(head + "sha256 = '" + digest + "'\ncolor = 'red'\n"),
              HasSubstr("line 6: a key has no field 'color'"));
  EXPECT_THAT(problem(head + "sha256 = '" + digest + "'\nquota = '7'\n"), HasSubstr("'7' is not a quota"));
  EXPECT_THAT(problem(head + "sha256 = '" + digest + "'\nrevoked = 'soon'\n"), HasSubstr("'soon' is not a time"));
  EXPECT_THAT(problem("[[key]]\nname = 'a'\nrole = 'king'\n"), HasSubstr("'king' is not a role"));
  EXPECT_THAT(problem("[[key]]\nname = 'a b'\n"), HasSubstr("'a b' is not a name"));
  EXPECT_THAT(problem("[[key]]\nname = 4\n"), HasSubstr("no text 'name'"));
  const std::string one = head + "sha256 = '" + digest + "'\n";
  EXPECT_THAT(problem(one + one), HasSubstr("'a' has two valid keys"));
  const std::string other = "[[key]]\nname = 'b'\nrole = 'user'\ncreated = '2026-11-22'\nsha256 = '" + digest + "'\n";
  EXPECT_THAT(problem(one + other), HasSubstr("'b' is there twice"));
}

TEST(ParseKeys, ReadsWhatWasWritten) {
  std::vector<Key> keys(3);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i].name = "key" + std::to_string(i);
    keys[i].created = now();
    keys[i].digest = sha256(as_bytes(keys[i].name));
  }
  keys[1].role = Role::admin;
  keys[1].quota = Quota{7, std::chrono::minutes(1)};
  keys[2].revoked = now();
  EXPECT_EQ(parse_keys(format_keys(keys)), keys);
}

}  // namespace
}  // namespace vidi::auth
