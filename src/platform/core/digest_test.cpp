#include "core/digest.hpp"

#include <gtest/gtest.h>

namespace vidi {
namespace {

// FIPS 180-4 examples, as NIST publishes them.
TEST(Sha256, EqualsThePublishedExamples) {
  EXPECT_EQ(to_string(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_string(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_string(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Digest, ReadsBackWhatItPrints) {
  const Digest digest = sha256(as_bytes("abc"));
  EXPECT_EQ(parse_digest(to_string(digest)), digest);
}

TEST(Digest, RefusesWhatIsNotADigest) {
  const std::string good = to_string(sha256({}));
  EXPECT_FALSE(parse_digest(""));
  EXPECT_FALSE(parse_digest(good.substr(1)));
  EXPECT_FALSE(parse_digest(good + "0"));
  EXPECT_FALSE(parse_digest("g" + good.substr(1)));
}

}  // namespace
}  // namespace vidi
