#include "core/uuid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>

namespace vidi {
namespace {

using std::chrono::microseconds;

TEST(Uuid, HasVersionSevenAndTheVariantOfRfc9562) {
  for (int i = 0; i < 100; ++i) {
    const std::string text = to_string(make_uuid(now()));
    ASSERT_EQ(text.size(), 36U);
    EXPECT_EQ(text[14], '7') << text;
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
  }
}

TEST(Uuid, KeepsItsTimeToTheMicrosecond) {
  const Timestamp start{microseconds(1'548'780'906'393'000)};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(time_of(make_uuid(start + microseconds(i))), start + microseconds(i));
}

TEST(Uuid, OrderIsTheOrderOfTime) {
  const Timestamp start{microseconds(1'548'780'906'393'000)};
  for (int i = 0; i < 2000; ++i) {
    const Timestamp time = start + microseconds(i);
    EXPECT_LT(make_uuid(time), make_uuid(time + microseconds(1)));
    EXPECT_LE(first_uuid_of(time), make_uuid(time));
    EXPECT_LT(make_uuid(time - microseconds(1)), first_uuid_of(time));
  }
}

TEST(Uuid, NeverTwiceTheSame) {
  std::set<Uuid> seen;
  const Timestamp time = now();
  for (int i = 0; i < 100'000; ++i) EXPECT_TRUE(seen.insert(make_uuid(time)).second);
}

TEST(Uuid, TheLastFourBytesAreNotTwiceTheSameInOneMicrosecond) {
  std::set<std::array<std::byte, 4>> seen;
  const Timestamp time = now();
  for (int i = 0; i < 100'000; ++i) {
    std::array<std::byte, 4> last{};
    const Uuid uuid = make_uuid(time);
    std::ranges::copy(std::span(uuid.bytes).last(4), last.begin());
    EXPECT_TRUE(seen.insert(last).second);
  }
}

TEST(Uuid, TheLastByteStaysFor128MillisecondsAndAllOccur) {
  const Timestamp start{microseconds(12'800'000'000)};
  std::set<std::byte> lanes;
  for (int lane = 0; lane < 1000; ++lane) {
    const Timestamp begin = start + lane * std::chrono::milliseconds(128);
    const std::byte byte = make_uuid(begin).bytes.back();
    EXPECT_EQ(make_uuid(begin + microseconds(127'999)).bytes.back(), byte);
    lanes.insert(byte);
  }
  EXPECT_GT(lanes.size(), 200U);
}

TEST(Uuid, ReadsBackWhatItPrints) {
  const Uuid uuid = make_uuid(now());
  EXPECT_EQ(parse_uuid(to_string(uuid)), uuid);
  EXPECT_EQ(parse_uuid("01890A5D-AC96-774B-BCCE-B302099A8057"), parse_uuid("01890a5d-ac96-774b-bcce-b302099a8057"));
}

TEST(Uuid, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "01890a5d", "01890a5dac96-774b-bcce-b302099a80570-", "01890a5d-ac96-774b-bcce-b302099a805g",
        "01890a5d-ac96-774b-bcce-b302099a80571", "../../../etc/passwd/0000/0000/000000"}) {
    EXPECT_FALSE(parse_uuid(text)) << text;
  }
}

}  // namespace
}  // namespace vidi
