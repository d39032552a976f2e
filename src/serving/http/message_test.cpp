#include "http/message.hpp"

#include <gtest/gtest.h>

namespace vidi::http {
namespace {

TEST(Quoted, EscapesQuotesAndBackslashesAndDropsLineBreaks) {
  EXPECT_EQ(quoted("4.png"), "\"4.png\"");
  EXPECT_EQ(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(quoted("a\r\nSet-Cookie: x"), "\"a  Set-Cookie: x\"");
  EXPECT_EQ(quoted(std::string_view("a\0b", 3)), "\"a b\"");
  EXPECT_EQ(quoted("识别"), "\"识别\"");
}

TEST(AcceptQuality, TakesTheMostSpecificRange) {
  const std::string_view browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
  EXPECT_EQ(accept_quality(browser, "text/html"), 1);
  EXPECT_EQ(accept_quality(browser, "application/xml"), 0.9);
  EXPECT_EQ(accept_quality(browser, "application/json"), 0.8);
  EXPECT_EQ(accept_quality("text/*;q=0.5, text/plain;q=0, */*;q=0.1", "text/plain"), 0);
  EXPECT_EQ(accept_quality("text/*;q=0.5, text/plain;q=0, */*;q=0.1", "TEXT/HTML"), 0.5);
  EXPECT_EQ(accept_quality("text/*;q=0.5, text/plain;q=0, */*;q=0.1", "image/png"), 0.1);
}

TEST(AcceptQuality, AnAbsentOrEmptyHeaderAcceptsEverything) {
  EXPECT_EQ(accept_quality(std::nullopt, "application/json"), 1);
  EXPECT_EQ(accept_quality("", "application/json"), 1);
}

TEST(AcceptQuality, RefusesWhatIsNotNamed) {
  EXPECT_EQ(accept_quality("application/json", "text/html"), 0);
  EXPECT_EQ(accept_quality("application/json;charset=utf-8 ; Q=0.25", "application/json"), 0.25);
  EXPECT_EQ(accept_quality("application/json-seq", "application/json"), 0);
}

TEST(AcceptQuality, EndsOnAnyText) {
  for (const char* text : {";", ",", ",,;;==", "q=", "*/*;q", "*/*;q=nan", "*/*;q=-1", "*/*;q=1e999", "/", "*/"}) {
    const double quality = accept_quality(text, "text/plain");
    EXPECT_GE(quality, 0) << text;
    EXPECT_LE(quality, 1) << text;
  }
}

}  // namespace
}  // namespace vidi::http
