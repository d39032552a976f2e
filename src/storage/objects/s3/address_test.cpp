#include "objects/s3/address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi::objects::s3 {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(S3Address, NamesBucketPrefixAndOptions) {
  const auto address = parse_address(
      "s3://pictures/of/vidi/?endpoint=http://127.0.0.1:7070&region=eu-west-1&timeout_ms=500&attempts=2&connections=4");
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->bucket, "pictures");
  EXPECT_EQ(address->prefix, "of/vidi");
  EXPECT_EQ(address->scheme, "http");
  EXPECT_EQ(address->endpoint, "127.0.0.1:7070");
  EXPECT_EQ(address->region, "eu-west-1");
  EXPECT_EQ(address->request_timeout, 500ms);
  EXPECT_EQ(address->attempts, 2);
  EXPECT_EQ(address->connections, 4);
  EXPECT_EQ(parse_address("s3://pictures")->prefix, "");
}

TEST(S3Address, SaysWhatIsWrong) {
  const auto refusal = [](std::string_view url) {
    const auto address = parse_address(url);
    EXPECT_FALSE(address) << url;
    return address ? "" : address.error().message;
  };
  EXPECT_THAT(refusal("http://pictures"), HasSubstr("s3://"));
  EXPECT_THAT(refusal("s3://"), HasSubstr("3 to 63"));
  EXPECT_THAT(refusal("s3://Pictures"), HasSubstr("small letters"));
  EXPECT_THAT(refusal("s3://pictures?endpoint=127.0.0.1"), HasSubstr("http://HOST"));
  EXPECT_THAT(refusal("s3://pictures?endpoint=http://"), HasSubstr("names no host"));
  EXPECT_THAT(refusal("s3://pictures?timeout_ms=0"), HasSubstr("timeout_ms=0"));
  EXPECT_THAT(refusal("s3://pictures?attempts=x"), HasSubstr("attempts=x"));
  EXPECT_THAT(refusal("s3://pictures?colour=red"), HasSubstr("colour=red"));
  EXPECT_THAT(refusal("s3://pictures?region"), HasSubstr("NAME=VALUE"));
}

TEST(Presign, NeedsCredentialsAndATimeWithinBounds) {
  const Address address{.bucket = "pictures"};
  const std::chrono::sys_seconds now{};
  EXPECT_THAT(presign(address, "k", {}, 1h, now).error().message, HasSubstr("AWS_ACCESS_KEY_ID"));
  const Credentials credentials{.access_key = "a", .secret_key = "b"};
  EXPECT_THAT(presign(address, "k", credentials, 0s, now).error().message, HasSubstr("1 to 604800"));
  EXPECT_THAT(presign(address, "k", credentials, 604'801s, now).error().message, HasSubstr("604801"));
  EXPECT_TRUE(presign(address, "k", credentials, 604'800s, now));
}

// What a link says, in the order in which it is signed; whether an S3 server takes it is for the system tests.
TEST(Presign, SignsHostPathTimeAndScope) {
  const Address address{.bucket = "pictures", .scheme = "http", .endpoint = "127.0.0.1:7070", .region = "eu-west-1"};
  const Credentials credentials{.access_key = "AKID", .secret_key = "secret", .session_token = "token/+"};
  const std::chrono::sys_seconds now = std::chrono::sys_days(2013y / 5 / 24);
  const auto link = presign(address, "a b/ü", credentials, 86400s, now);
  ASSERT_TRUE(link);
  EXPECT_THAT(*link, testing::StartsWith("http://127.0.0.1:7070/pictures/a%20b/%C3%BC?X-Amz-Algorithm=AWS4-HMAC-SHA256&"
                                         "X-Amz-Credential=AKID%2F20130524%2Feu-west-1%2Fs3%2Faws4_request&"
                                         "X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
                                         "X-Amz-Security-Token=token%2F%2B&X-Amz-SignedHeaders=host&X-Amz-Signature="));
  EXPECT_EQ(link->substr(link->rfind('=') + 1).size(), 64U);
  EXPECT_NE(*link, *presign(address, "a b/u", credentials, 86400s, now));
}

}  // namespace
}  // namespace vidi::objects::s3
