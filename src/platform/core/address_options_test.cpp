#include "core/address_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vidi {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string refusal(std::string_view text) {
  const auto options = parse_address_options(text);
  EXPECT_FALSE(options) << text;
  return options ? "" : options.error().message;
}

TEST(Address, HasParts) {
  struct Case {
    std::string_view url, authority, path, options;
  };
  for (const Case& each : {Case{"s3://b", "b", "", ""}, Case{"s3://b/", "b", "", ""},
                           Case{"s3://b/p/q?a=1/2&c=?", "b", "p/q", "a=1/2&c=?"}, Case{"s3://?a=1", "", "", "a=1"},
                           Case{"s3:///p", "", "p", ""}, Case{"s3://h:1,i:2/k?", "h:1,i:2", "k", ""}}) {
    const auto parts = split_address(each.url, "s3");
    ASSERT_TRUE(parts) << each.url;
    EXPECT_EQ(parts->authority, each.authority) << each.url;
    EXPECT_EQ(parts->path, each.path) << each.url;
    EXPECT_EQ(parts->options, each.options) << each.url;
  }
}

TEST(Address, MayBeOfAnotherScheme) {
  for (const char* url : {"", "s3", "s3:/b", "s3x://b", "S3://b", "cassandra://h"}) {
    const auto parts = split_address(url, "s3");
    ASSERT_FALSE(parts) << url;
    EXPECT_EQ(parts.error().message, std::string("\"") + url + "\" does not begin with s3://");
  }
}

TEST(AddressOptions, AreNamesAndDecodedValues) {
  EXPECT_THAT(parse_address_options("b=2&a=x%26y%3D&c=&d=e=f").value(),
              ElementsAre(Pair("a", "x&y="), Pair("b", "2"), Pair("c", ""), Pair("d", "e=f")));
  EXPECT_TRUE(parse_address_options("").value().empty());
}

TEST(AddressOptions, SayWhatIsWrong) {
  for (const char* text : {"a", "=1", "a=1&", "&a=1", "a=%", "a=%4", "a=%4g", "a=%+4"}) {
    EXPECT_THAT(refusal(text), HasSubstr("NAME=VALUE")) << text;
  }
  EXPECT_THAT(refusal("a=1&b=2&a=1"), HasSubstr("the option a stands there twice"));
}

TEST(AddressOptions, AreTakenOnce) {
  AddressOptions options{{"colour", "red"}, {"count", "7"}};
  EXPECT_EQ(take_option(options, "colour"), "red");
  EXPECT_EQ(take_option(options, "colour"), std::nullopt);
  EXPECT_EQ(take_number(options, "count", 1, 7).value(), 7);
  EXPECT_EQ(take_number(options, "count", 1, 7).value(), std::nullopt);
  EXPECT_TRUE(options.empty());
}

TEST(AddressOptions, NumbersHaveBounds) {
  for (const char* text : {"0", "8", "", "x", "7x", " 7", "+7", "7.0", "99999999999999999999"}) {
    AddressOptions options{{"count", text}};
    const auto number = take_number(options, "count", 1, 7);
    ASSERT_FALSE(number) << text;
    EXPECT_EQ(number.error().message, std::string("count=") + text + " is not a number from 1 to 7");
    EXPECT_EQ(number.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace vidi
