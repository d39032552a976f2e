#include "core/base64.hpp"

#include <gtest/gtest.h>

namespace vidi {
namespace {

// The test vectors of RFC 4648, section 10.
constexpr std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};

TEST(Base64, EncodesAndDecodesTheVectorsOfTheStandard) {
  for (const auto& [plain, text] : kVectors) {
    EXPECT_EQ(encode_base64(as_bytes(plain)), text);
    EXPECT_EQ(decode_base64(text), to_bytes(std::string_view(plain)));
  }
}

TEST(Base64, TakesTheEndWithoutPaddingAndTheAlphabetOfAddresses) {
  EXPECT_EQ(decode_base64("Zm9vYg"), to_bytes(std::string_view("foob")));
  EXPECT_EQ(decode_base64("-_8="), decode_base64("+/8="));
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const char* text :
       {"Z", "Zg=", "Zg===", "Z===", "====", "Zm9v Zm9v", "Zm9v\n", "Zm=v", "Zh==", "Zm9=", "\xC3\xA9=="}) {
    EXPECT_FALSE(decode_base64(text)) << text;
  }
}

}  // namespace
}  // namespace vidi
