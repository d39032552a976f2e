#include "statistics/moments.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "core/digest.hpp"
#include "statistics/test_tables.hpp"

namespace vidi::statistics {
namespace {

using test::make_table;
using test::moments_of;
using test::Table;
using testing::HasSubstr;

// Within `tolerance` of the deviations' product, which is what a cross-product can be large beside.
void expect_same(const Moments& a, const Moments& b, double tolerance) {
  ASSERT_EQ(a.rows(), b.rows());
  ASSERT_EQ(a.columns(), b.columns());
  for (std::size_t i = 0; i < a.columns(); ++i) {
    ASSERT_NEAR(a.means()[i], b.means()[i], tolerance * (1 + std::abs(b.means()[i]))) << i;
    for (std::size_t j = i; j < a.columns(); ++j) {
      const double size = std::sqrt(b.cross_product(i, i) * b.cross_product(j, j));
      ASSERT_NEAR(a.cross_product(i, j), b.cross_product(i, j), tolerance * (1 + size)) << i << ' ' << j;
    }
  }
}

std::string error_of(const Result<Moments>& result) { return result ? "no error" : result.error().message; }

// Any digest, over bytes that were changed.
Bytes signed_again(Bytes bytes) {
  const Digest digest = sha256(ByteView(bytes).first(bytes.size() - 32));
  std::memcpy(bytes.data() + bytes.size() - 32, digest.bytes.data(), 32);
  return bytes;
}

TEST(Moments, AreWhatTheDefinitionSays) {
  const Table table = make_table(700, 61);  // several blocks, and tiles that are cut at every edge
  const Moments moments = moments_of(table.view());
  EXPECT_EQ(moments.rows(), 700);
  for (std::size_t i = 0; i < table.columns; ++i) {
    ASSERT_NEAR(moments.means()[i], test::mean_of(table, i), 1e-9);
    for (std::size_t j = 0; j < table.columns; ++j) {
      const double size = std::sqrt(moments.cross_product(i, i) * moments.cross_product(j, j));
      ASSERT_NEAR(moments.cross_product(i, j), test::cross_product_of(table, i, j), 1e-12 * size) << i << ' ' << j;
    }
  }
  EXPECT_EQ(moments.cross_product(3, 3), 0);  // a constant column, exactly
  EXPECT_EQ(moments.cross_product(3, 4), moments.cross_product(4, 3));
}

TEST(Moments, OneThreadCountsAsSeveralDo) {
  const Table table = make_table(520, 200);
  auto moments = Moments::create(200).value();
  ASSERT_TRUE(moments.update(table.view(), 1));
  auto threaded = Moments::create(200).value();
  ASSERT_TRUE(threaded.update(table.view(), 5));
  expect_same(moments, threaded, 0);
}

TEST(Moments, MergedInAnySplitAreThoseOfOnePass) {
  const Table table = make_table(600, 30);
  const Moments whole = moments_of(table.view());
  for (std::size_t split : {0, 1, 2, 254, 255, 256, 300, 599, 600}) {
    Moments first = moments_of(table.part(0, split));
    const Moments second = moments_of(table.part(split, 600 - split));
    Moments other_order = second;
    ASSERT_TRUE(other_order.merge(first));
    ASSERT_TRUE(first.merge(second));
    expect_same(first, whole, 1e-13);
    expect_same(other_order, whole, 1e-13);
  }
}

TEST(Moments, RowsOneByOneAreThoseOfOnePass) {
  const Table table = make_table(300, 13);
  auto moments = Moments::create(13).value();
  for (std::size_t i = 0; i < table.rows; ++i) ASSERT_TRUE(moments.update(table.part(i, 1)));
  expect_same(moments, moments_of(table.view()), 1e-13);
}

TEST(Moments, MergingIsAssociative) {
  const Table table = make_table(900, 8);
  const Moments a = moments_of(table.part(0, 10));
  const Moments b = moments_of(table.part(10, 500));
  const Moments c = moments_of(table.part(510, 390));
  Moments left = a;
  ASSERT_TRUE(left.merge(b));
  ASSERT_TRUE(left.merge(c));
  Moments right = b;
  ASSERT_TRUE(right.merge(c));
  Moments all = a;
  ASSERT_TRUE(all.merge(right));
  expect_same(all, left, 1e-13);
}

// Two million rows whose deviation is a millionth of their mean: sums of squares would keep no digit of it.
TEST(Moments, MillionsOfRowsFarFromZeroKeepTheirVariance) {
  constexpr std::size_t kRows = 10'000;
  Table table{.rows = kRows, .columns = 2, .values = std::vector<float>(2 * kRows)};
  for (std::size_t i = 0; i < kRows; ++i) {
    table.values[2 * i] = 8'000'000.0F + static_cast<float>(i % 17);
    table.values[2 * i + 1] = -8'000'000.0F - static_cast<float>(i % 5);
  }
  auto moments = Moments::create(2).value();
  for (int repeat = 0; repeat < 200; ++repeat) ASSERT_TRUE(moments.update(table.view(), 1));
  EXPECT_EQ(moments.rows(), 200 * kRows);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(moments.means()[i], test::mean_of(table, i), 1e-8);
    for (std::size_t j = 0; j < 2; ++j) {
      const double wanted = 200 * test::cross_product_of(table, i, j);
      const double size = 200 * std::sqrt(test::cross_product_of(table, i, i) * test::cross_product_of(table, j, j));
      EXPECT_NEAR(moments.cross_product(i, j), wanted, 1e-10 * size);
    }
  }
}

TEST(Moments, ValueThatIsNotFiniteIsNamedAndNothingIsAdded) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                    -std::numeric_limits<float>::infinity()}) {
    Table table = make_table(600, 10);
    auto moments = moments_of(table.part(0, 100));
    const Bytes before = moments.to_bytes();
    table.values[577 * 10 + 4] = bad;
    const auto updated = moments.update(table.view());
    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(updated.error().message, HasSubstr("row 577, column 4"));
    EXPECT_EQ(moments.to_bytes(), before);
  }
}

TEST(Moments, LargestFloatsAreFinite) {
  Table table = make_table(300, 7);
  for (std::size_t i = 0; i < 300; ++i) table.values[i * 7] = std::numeric_limits<float>::max();
  EXPECT_EQ(moments_of(table.view()).cross_product(0, 0), 0);
}

TEST(Moments, AnotherNumberOfColumnsIsRefused) {
  auto moments = Moments::create(4).value();
  EXPECT_THAT(moments.update(make_table(3, 7).view()).error().message, HasSubstr("7 columns, and there must be 4"));
  EXPECT_FALSE(moments.merge(Moments::create(5).value()));
  EXPECT_FALSE(Moments::create(0));
  EXPECT_FALSE(Moments::create(Moments::kMaxColumns + 1));
}

TEST(Moments, ComeBackFromBytes) {
  const Moments moments = moments_of(make_table(50, 9).view());
  const Bytes bytes = moments.to_bytes();
  EXPECT_EQ(bytes.size(), 32 + 8 * (9 + 45) + 32);
  const auto back = Moments::from_bytes(bytes);
  ASSERT_TRUE(back) << error_of(back);
  expect_same(*back, moments, 0);
  EXPECT_EQ(back->to_bytes(), bytes);
  EXPECT_TRUE(Moments::from_bytes(Moments::create(1).value().to_bytes()));
}

TEST(Moments, BytesThatAreCutAnywhereAreRefused) {
  const Bytes bytes = moments_of(make_table(50, 6).view()).to_bytes();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(Moments::from_bytes(ByteView(bytes).first(size))) << size;
  }
  Bytes longer = bytes;
  longer.push_back(std::byte{0});
  EXPECT_THAT(error_of(Moments::from_bytes(longer)), HasSubstr("6 columns take"));
}

TEST(Moments, BytesWithAnyByteChangedAreRefused) {
  const Bytes bytes = moments_of(make_table(50, 3).view()).to_bytes();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    Bytes changed = bytes;
    changed[at] ^= std::byte{0x10};
    EXPECT_FALSE(Moments::from_bytes(changed)) << at;
  }
}

TEST(Moments, RefusedBytesAreToldWhy) {
  const Bytes bytes = moments_of(make_table(50, 3).view()).to_bytes();
  auto with = [&](std::size_t at, std::uint64_t number) {
    Bytes changed = bytes;
    std::memcpy(changed.data() + at, &number, sizeof number);
    return error_of(Moments::from_bytes(signed_again(changed)));
  };
  EXPECT_THAT(error_of(Moments::from_bytes(as_bytes("vidi"))), HasSubstr("there are 4, fewer than the 32 of a header"));
  EXPECT_THAT(with(0, 1), HasSubstr("do not begin with vidimoms"));
  EXPECT_THAT(with(8, 2), HasSubstr("version is 2"));
  EXPECT_THAT(with(24, 0), HasSubstr("claim 0 columns"));
  EXPECT_THAT(with(24, std::numeric_limits<std::uint64_t>::max()), HasSubstr("columns"));
  EXPECT_THAT(with(24, 4), HasSubstr("4 columns take"));
  EXPECT_THAT(with(32, 0x7FF8'0000'0000'0000), HasSubstr("not a finite number"));
  EXPECT_THAT(with(32 + 3 * 8, 0xBFF0'0000'0000'0000), HasSubstr("column 0 sum up to -1"));
  Bytes damaged = bytes;
  damaged[40] ^= std::byte{1};
  EXPECT_THAT(error_of(Moments::from_bytes(damaged)), HasSubstr("damaged"));
}

}  // namespace
}  // namespace vidi::statistics
