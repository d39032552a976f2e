#include "net/url.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace vidi::net {
namespace {

TEST(Url, HasParts) {
  struct Case {
    std::string text, host, port, authority, target;
  };
  for (const Case& each :
       {Case{"http://a", "a", "80", "a", "/"}, Case{"https://a.b/c/d?e=f/g", "a.b", "443", "a.b", "/c/d?e=f/g"},
        Case{"http://a:8080?x", "a", "8080", "a:8080", "/?x"},
        Case{"https://[::1]:9/x#part", "::1", "9", "[::1]:9", "/x"},
        Case{"http://[::1]/", "::1", "80", "[::1]", "/"}}) {
    const auto url = parse_url(each.text);
    ASSERT_TRUE(url) << each.text;
    EXPECT_EQ(std::tie(url->host, url->port, url->authority, url->target),
              std::tie(each.host, each.port, each.authority, each.target))
        << each.text;
    EXPECT_EQ(url->is_secure, each.text.starts_with("https"));
  }
}

TEST(Url, MayBeNone) {
  for (const char* text : {"", "a", "http:", "http://", "https:///x", "ftp://a/", "HTTP//a", "http://a:b/",
                           "http://a:/", "http://a:123456/", "http://a:0/", "http://a:65536/", "http://[::1/",
                           "http://user:password@a/", "http://a/b c", "http://a/\r\nHost: b"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Authority, IsAHostAndAPort) {
  struct Case {
    std::string text, host, port;
  };
  for (const Case& each : {Case{"a", "a", ""}, Case{"a:1", "a", "1"}, Case{"[::1]:1", "::1", "1"},
                           Case{"[::1]", "::1", ""}, Case{":1", "", "1"}, Case{"", "", ""}}) {
    const HostAndPort split = split_authority(each.text);
    EXPECT_EQ(std::tie(split.host, split.port), std::tie(each.host, each.port)) << each.text;
  }
}

TEST(Url, LeadsToAnother) {
  const auto led = [](const std::string& location) {
    const auto url = follow(*parse_url("https://a:9/b/c?d=/e"), location);
    return url ? (url->is_secure ? "https " : "http ") + url->authority + " " + url->target : "none";
  };
  EXPECT_EQ(led("http://x/y"), "http x /y");
  EXPECT_EQ(led("//x/y"), "https x /y");
  EXPECT_EQ(led("/y?u=http://z"), "https a:9 /y?u=http://z");
  EXPECT_EQ(led("y"), "https a:9 /b/y");
  EXPECT_EQ(led("file:///etc/hostname"), "none");
}

}  // namespace
}  // namespace vidi::net
