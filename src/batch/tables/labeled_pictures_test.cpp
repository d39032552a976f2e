#include "tables/labeled_pictures.hpp"

#include <arrow/array.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>

#include "support/fresh_folder.hpp"

namespace vidi::tables {
namespace {

TEST(LabeledPictures, AreReadByOthersByteForByte) {
  const FreshFolder folder;
  const auto path = folder.path() / "pictures.parquet";
  std::vector<LabeledPicture> pictures;
  for (int i = 0; i < 40; ++i) {
    pictures.push_back({.id = make_uuid(now()), .label = std::to_string(i), .media_type = "image/png", .image = {}});
    pictures.back().image.resize(static_cast<std::size_t>(i) * 100'000, static_cast<std::byte>(i));
  }
  auto writer = LabeledPictureWriter::create(path);
  ASSERT_TRUE(writer) << writer.error().message;
  for (const LabeledPicture& picture : pictures) ASSERT_TRUE(writer->add(picture));
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(writer->finish());

  const auto file = arrow::io::ReadableFile::Open(path).ValueOrDie();
  const auto reader = parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie();
  EXPECT_EQ(reader->num_row_groups(), 2) << "78 MB are two groups";
  const auto table = reader->ReadTable().ValueOrDie()->CombineChunks().ValueOrDie();
  ASSERT_EQ(table->num_rows(), 40);
  const auto cell = [&](const char* column, std::int64_t row) {
    return std::string(static_cast<const arrow::BinaryArray&>(*table->GetColumnByName(column)->chunk(0)).GetView(row));
  };
  for (std::int64_t i = 0; i < 40; ++i) {
    const LabeledPicture& picture = pictures[static_cast<std::size_t>(i)];
    EXPECT_EQ(cell("id", i), to_string(picture.id));
    EXPECT_EQ(cell("label", i), picture.label);
    EXPECT_EQ(cell("media_type", i), "image/png");
    EXPECT_EQ(cell("image", i), as_text(picture.image));
  }
}

}  // namespace
}  // namespace vidi::tables
