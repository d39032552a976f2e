#include "cassandra/access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace vidi::cassandra {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Secrets secrets_of(std::map<std::string, std::string, std::less<>> values) { return Secrets(std::move(values)); }

TEST(CassandraAccess, TakesOnlyItsOwnSecrets) {
  const Access access = access_from(secrets_of({{"cassandra-user", "ada"},
                                                {"cassandra-password", "secret"},
                                                {"cassandra-tls", "on"},
                                                {"cassandra-authorities", "a.pem"},
                                                {"cassandra-certificate", "vidi.pem"},
                                                {"cassandra-key", "vidi.key"},
                                                {"another-user", "bob"}}));
  EXPECT_EQ(access.user, "ada");
  EXPECT_EQ(access.password, "secret");
  EXPECT_TRUE(access.tls);
  EXPECT_EQ(access.authorities, "a.pem");
  EXPECT_EQ(access.certificate, "vidi.pem");
  EXPECT_EQ(access.key, "vidi.key");
}

TEST(CassandraAccess, NeedsNoSecrets) {
  const Access access = access_from({});
  EXPECT_EQ(access.user, "");
  EXPECT_FALSE(access.tls);
}

TEST(CassandraAccess, RefusesSecretsThatContradictEachOther) {
  const auto refuses = [](std::map<std::string, std::string, std::less<>> values, const char* because) {
    EXPECT_THAT([&] { access_from(secrets_of(values)); }, ThrowsMessage<std::runtime_error>(HasSubstr(because)));
  };
  refuses({{"cassandra-tls", "yes"}}, "cassandra-tls is \"yes\"; it must be on or off");
  refuses({{"cassandra-tls", "on"}, {"cassandra-certificate", "a.pem"}}, "belong together");
  refuses({{"cassandra-authorities", "a.pem"}}, "need cassandra-tls to be on");
  refuses({{"cassandra-certificate", "a.pem"}, {"cassandra-key", "a.key"}}, "need cassandra-tls to be on");
}

}  // namespace
}  // namespace vidi::cassandra
