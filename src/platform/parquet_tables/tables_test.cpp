#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parquet_tables/table_reader.hpp"
#include "parquet_tables/table_writer.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::parquet_tables {
namespace {

const auto kOld = arrow::schema({arrow::field("name", arrow::utf8())});
const auto kNew = arrow::schema({arrow::field("more", arrow::utf8()), arrow::field("name", arrow::utf8())});

void write_old_table(const std::filesystem::path& path) {
  arrow::StringBuilder builder;
  ASSERT_TRUE(builder.Append("a").ok());
  auto writer = TableWriter::create(path, kOld);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->write(arrow::RecordBatch::Make(kOld, 1, {builder.Finish().ValueOrDie()})));
  ASSERT_TRUE(writer->finish());
}

TEST(TableReader, GivesNullsForAnAddedColumnThatAnOlderFileLacks) {
  const FreshFolder folder;
  write_old_table(folder.path() / "old.parquet");
  auto reader = TableReader::open(folder.path() / "old.parquet", kNew, {"more"});
  ASSERT_TRUE(reader);
  const auto rows = reader->next();
  ASSERT_TRUE(rows);
  EXPECT_TRUE((*rows)->column(0)->IsNull(0));
  EXPECT_EQ(static_cast<const arrow::StringArray&>(*(*rows)->column(1)).GetString(0), "a");
}

TEST(TableReader, NamesAnyOtherColumnThatIsMissing) {
  const FreshFolder folder;
  write_old_table(folder.path() / "old.parquet");
  const auto reader = TableReader::open(folder.path() / "old.parquet", kNew);
  ASSERT_FALSE(reader);
  EXPECT_THAT(reader.error().message, testing::HasSubstr("no column \"more\""));
}

}  // namespace
}  // namespace vidi::parquet_tables
