#include "auth/authorizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace vidi::auth {
namespace {

using namespace std::chrono_literals;

struct Holder {
  std::string secret = make_secret();
  Key key;
};

Holder holder(std::string name, Role role = Role::user, std::optional<Quota> quota = std::nullopt) {
  Holder made;
  made.key = {
      .name = std::move(name), .role = role, .quota = quota, .created = now(), .digest = *digest_of(made.secret)};
  return made;
}

ErrorCode refusal(Authorizer& authorizer, std::optional<std::string_view> secret, Access access = Access::user) {
  const auto admitted = authorizer.admit(secret, access);
  return admitted ? ErrorCode::internal : admitted.error().code;
}

TEST(Secret, IsLongRandomAndKnownByItsDigestOnly) {
  const std::string secret = make_secret();
  EXPECT_THAT(secret, testing::MatchesRegex("vidi_[0-9A-Za-z]{43}"));
  EXPECT_NE(make_secret(), secret);
  EXPECT_EQ(digest_of(secret), sha256(as_bytes(secret)));
  EXPECT_FALSE(digest_of(secret.substr(1)));
  EXPECT_FALSE(digest_of("v" + secret));
  EXPECT_FALSE(digest_of(""));
}

TEST(Authorizer, LetsEveryValidKeyIn) {
  Authorizer authorizer(Mode::keys);
  std::vector<Holder> holders;
  std::vector<Key> keys;
  for (int i = 0; i < 500; ++i) {
    holders.push_back(holder("user-" + std::to_string(i), i % 7 == 0 ? Role::admin : Role::user));
    keys.push_back(holders.back().key);
  }
  authorizer.replace(keys);
  for (const Holder& each : holders) {
    const Identity expected{.name = each.key.name, .role = each.key.role};
    EXPECT_EQ(authorizer.admit(each.secret, Access::user), expected);
  }
}

TEST(Authorizer, TurnsAwayWithoutAKeyAndWithAWrongOne) {
  Authorizer authorizer(Mode::keys);
  EXPECT_EQ(refusal(authorizer, std::nullopt), ErrorCode::unauthorized);
  EXPECT_EQ(refusal(authorizer, make_secret()), ErrorCode::unauthorized);
  const Holder alice = holder("alice");
  authorizer.replace({alice.key});
  EXPECT_EQ(refusal(authorizer, std::nullopt), ErrorCode::unauthorized);
  EXPECT_EQ(refusal(authorizer, ""), ErrorCode::unauthorized);
  EXPECT_EQ(refusal(authorizer, "alice"), ErrorCode::unauthorized);
  EXPECT_EQ(refusal(authorizer, to_string(alice.key.digest)), ErrorCode::unauthorized);
  EXPECT_EQ(refusal(authorizer, std::string(1'000'000, 'x')), ErrorCode::unauthorized);
  for (std::size_t i = 0; i < alice.secret.size(); ++i) {
    std::string changed = alice.secret;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_EQ(refusal(authorizer, changed), ErrorCode::unauthorized) << i;
  }
}

// Digests that begin alike share a bucket.
TEST(Authorizer, ComparesTheWholeDigest) {
  Authorizer authorizer(Mode::keys);
  const Holder alice = holder("alice");
  Key neighbor = alice.key;
  neighbor.name = "neighbour";
  neighbor.digest.bytes.back() ^= std::byte{1};
  authorizer.replace({neighbor});
  EXPECT_EQ(refusal(authorizer, alice.secret), ErrorCode::unauthorized);
  authorizer.replace({neighbor, alice.key});
  EXPECT_EQ(authorizer.admit(alice.secret, Access::user)->name, "alice");
}

TEST(Authorizer, AdministratorsMayDoWhatUsersMayNot) {
  Authorizer authorizer(Mode::keys);
  const Holder alice = holder("alice");
  const Holder root = holder("root", Role::admin);
  authorizer.replace({alice.key, root.key});
  EXPECT_EQ(refusal(authorizer, alice.secret, Access::admin), ErrorCode::forbidden);
  EXPECT_EQ(refusal(authorizer, std::nullopt, Access::admin), ErrorCode::unauthorized);
  EXPECT_TRUE(authorizer.admit(root.secret, Access::admin));
  EXPECT_TRUE(authorizer.admit(root.secret, Access::user));
}

TEST(Authorizer, WhatIsOpenIsOpenToNobodyInParticular) {
  Authorizer authorizer(Mode::keys);
  const Holder root = holder("root", Role::admin, Quota{1, 3600s});
  authorizer.replace({root.key});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(authorizer.admit(root.secret, Access::open), Identity());
  EXPECT_EQ(authorizer.admit("wrong", Access::open), Identity());
  EXPECT_TRUE(authorizer.admit(root.secret, Access::user)) << "its quota was used where none counts";
}

TEST(Authorizer, WithoutKeysEverybodyIsANamelessAdministrator) {
  Authorizer authorizer(Mode::open);
  const Identity nameless{.name = "", .role = Role::admin};
  EXPECT_EQ(authorizer.admit(std::nullopt, Access::admin), nameless);
  EXPECT_EQ(authorizer.admit("wrong", Access::user), nameless);
}

TEST(Authorizer, RevokedKeysAreTurnedAwayFromTheNextRequestOn) {
  Authorizer authorizer(Mode::keys);
  Holder alice = holder("alice");
  authorizer.replace({alice.key});
  EXPECT_TRUE(authorizer.admit(alice.secret, Access::user));
  alice.key.revoked = now();
  authorizer.replace({alice.key});
  EXPECT_EQ(refusal(authorizer, alice.secret), ErrorCode::unauthorized);
}

TEST(Authorizer, CountsEachKeyAgainstItsOwnQuota) {
  Authorizer authorizer(Mode::keys);
  const Holder alice = holder("alice", Role::user, Quota{3, 3600s});
  const Holder bob = holder("bob", Role::user, Quota{2, 3600s});
  const Holder free = holder("free");
  authorizer.replace({alice.key, bob.key, free.key});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(authorizer.admit(alice.secret, Access::user)) << i;
  const auto refused = authorizer.admit(alice.secret, Access::user);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::too_many_requests);
  EXPECT_GT(refused.error().retry_after, 1190s);
  EXPECT_LE(refused.error().retry_after, 1200s);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("3/h"));
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(authorizer.admit(bob.secret, Access::user)) << i;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(authorizer.admit(free.secret, Access::user)) << i;
}

TEST(Authorizer, ANewKeyOfAnotherGivesNobodyHisQuotaBack) {
  Authorizer authorizer(Mode::keys);
  Holder alice = holder("alice", Role::user, Quota{1, 3600s});
  authorizer.replace({alice.key});
  EXPECT_TRUE(authorizer.admit(alice.secret, Access::user));
  authorizer.replace({holder("bob").key, alice.key});
  EXPECT_EQ(refusal(authorizer, alice.secret), ErrorCode::too_many_requests);
  alice.key.quota = Quota{2, 3600s};
  authorizer.replace({alice.key});
  EXPECT_TRUE(authorizer.admit(alice.secret, Access::user)) << "a changed quota is a new one";
}

TEST(Authorizer, KeysAreReplacedWhileOthersAreLetIn) {
  Authorizer authorizer(Mode::keys);
  const Holder alice = holder("alice", Role::user, Quota{kMaxRequests, 1s});
  authorizer.replace({alice.key});
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(2);
    for (int t = 0; t < 2; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 20'000; ++i) wrong += authorizer.admit(alice.secret, Access::user) ? 0 : 1;
      });
    }
    for (int i = 0; i < 200; ++i) authorizer.replace({holder("bob").key, alice.key});
  }
  EXPECT_EQ(wrong, 0);
}

TEST(BearerToken, StandsBehindTheScheme) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bEARER   abc"), "abc");
  for (const char* other : {"", "Bearer", "Bearer ", "Bearerabc", "Basic abc", "abc", "Bearer\tabc"}) {
    EXPECT_EQ(bearer_token(other), std::nullopt) << other;
  }
  EXPECT_EQ(bearer_token(std::nullopt), std::nullopt);
}

}  // namespace
}  // namespace vidi::auth
