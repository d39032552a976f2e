#include "cassandra/cells.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace vidi::cassandra {
namespace {

using namespace std::chrono_literals;

TEST(Cells, GiveBackEveryKindOfValue) {
  const Uuid id = make_uuid(now());
  const Timestamp time = std::chrono::floor<std::chrono::milliseconds>(now());
  const auto day = std::chrono::floor<std::chrono::days>(time);
  CellWriter writer;
  writer.null().text("Zoë\0!").text_or_null(std::nullopt).text_or_null("x").blob({});
  writer.uuid(id).tinyint(-3).integer(-70'000).bigint(std::numeric_limits<std::int64_t>::min()).real(-1.0 / 3.0);
  writer.date(day).timestamp(time).timestamp(Timestamp(-1us)).null();
  CellReader reader(writer.bytes());
  EXPECT_EQ(reader.cell(), std::nullopt);
  EXPECT_EQ(reader.text(), "Zoë\0!");
  EXPECT_EQ(reader.text_or_null(), std::nullopt);
  EXPECT_EQ(reader.text_or_null(), "x");
  EXPECT_TRUE(reader.blob().empty());
  EXPECT_EQ(reader.uuid(), id);
  EXPECT_EQ(reader.tinyint(), -3);
  EXPECT_EQ(reader.integer(), -70'000);
  EXPECT_EQ(reader.bigint(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.real(), -1.0 / 3.0);
  EXPECT_EQ(reader.date(), day);
  EXPECT_EQ(reader.timestamp(), time);
  EXPECT_EQ(reader.timestamp_or_null(), Timestamp(-1ms));
  EXPECT_EQ(reader.timestamp_or_null(), std::nullopt);
  EXPECT_TRUE(reader.good());
  EXPECT_TRUE(reader.rest().empty());
}

// The protocol's own example of an int: 4 bytes of length, most significant byte first.
TEST(Cells, AreWrittenAsTheProtocolSays) {
  CellWriter writer;
  writer.integer(1).date(std::chrono::sys_days());
  EXPECT_EQ(to_hex(writer.bytes()),
            "0000000400000001"
            "0000000480000000");
}

TEST(Cells, DamageIsNoticed) {
  CellWriter writer;
  writer.bigint(7);
  const ByteView whole = writer.bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CellReader reader(whole.first(size));
    EXPECT_EQ(reader.bigint(), 0);
    EXPECT_FALSE(reader.good()) << size;
  }
  CellReader wrong(whole);
  wrong.uuid();
  EXPECT_FALSE(wrong.good());
  CellWriter nothing;
  nothing.null();
  CellReader null(nothing.bytes());
  null.text();
  EXPECT_FALSE(null.good());
}

}  // namespace
}  // namespace vidi::cassandra
