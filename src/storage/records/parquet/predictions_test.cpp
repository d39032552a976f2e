#include "records/parquet/predictions.hpp"

#include <arrow/array.h>
#include <arrow/compute/cast.h>
#include <arrow/io/file.h>
#include <arrow/table.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/file_reader.h>

#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <limits>

#include "contract/sample_predictions.hpp"
#include "records/packing/packing.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records::parquet {
namespace {

using testing::HasSubstr;

void write(const std::filesystem::path& path, const std::vector<Prediction>& predictions) {
  auto writer = PredictionWriter::create(path);
  ASSERT_TRUE(writer) << writer.error().message;
  for (const Prediction& prediction : predictions) ASSERT_TRUE(writer->add(prediction));
  const auto finished = writer->finish();
  ASSERT_TRUE(finished) << finished.error().message;
}

Result<std::vector<Prediction>> read(const std::filesystem::path& path) {
  auto reader = PredictionReader::open(path);
  if (!reader) return forward_error(reader);
  std::vector<Prediction> all;
  while (true) {
    auto some = reader->next();
    if (!some) return some;
    if (some->empty()) return all;
    all.insert(all.end(), some->begin(), some->end());
  }
}

// What == cannot tell, such as the sign of a zero.
Bytes bits_of(const Prediction& prediction) {
  Bytes bits;
  pack(prediction, bits);
  return bits;
}

// Everything that a prediction can hold, and the ends of what each field can be.
std::vector<Prediction> strange_predictions() {
  std::vector<Prediction> all(5, sample_prediction(1));
  for (Prediction& each : all) each.id = make_uuid(each.time);
  all[0] = Prediction{};
  all[1].result.reset();
  all[1].reason = "nothing was found";
  all[1].image = sha256(as_bytes("a picture"));
  all[1].correction = Correction{.label = "", .user = "", .time = Timestamp()};
  all[2].digits = {{"1", 0.1, {-1, 0, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}}, {"", 1, {}}};
  all[2].candidates.clear();
  all[2].correction = Correction{.label = "7", .user = "Zoë", .time = now()};
  all[3].filename = "not UTF-8: \xff\xfe";
  all[3].user = std::string("\0 and \1", 7);
  all[3].safe_filename =
      "\x01"
      "6162";
  all[3].result = "";
  all[3].candidates = {{.label = "\xc3", .probability = 5e-324}};
  all[4].confidence = -0.0;
  all[4].latency = std::chrono::microseconds((std::int64_t{1} << 51U) - 1);
  all[4].time = Timestamp(std::chrono::microseconds(std::numeric_limits<std::int64_t>::min()));
  all[4].result = std::string(1'000'000, '4');
  return all;
}

TEST(Predictions, ComeBackBitForBit) {
  const FreshFolder folder;
  std::vector<Prediction> written = strange_predictions();
  for (int i = 0; i < 70'000; ++i) {
    written.push_back(sample_prediction(i));
    written.back().latency = std::chrono::microseconds(i * 7919);
    written.back().confidence = 1.0 / (i + 3);
  }
  write(folder.path() / "all.parquet", written);
  const auto again = read(folder.path() / "all.parquet");
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(again->size(), written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    ASSERT_EQ((*again)[i], written[i]) << i;
    ASSERT_EQ(bits_of((*again)[i]), bits_of(written[i])) << i;
  }
  const auto file = ::parquet::ParquetFileReader::OpenFile(folder.path() / "all.parquet");
  EXPECT_EQ(file->metadata()->num_row_groups(), 2);
}

TEST(Predictions, NoneAreATableToo) {
  const FreshFolder folder;
  write(folder.path() / "none.parquet", {});
  EXPECT_EQ(read(folder.path() / "none.parquet"), Result<std::vector<Prediction>>(std::vector<Prediction>{}));
}

TEST(Predictions, WhatIsNotFinishedLeavesNothingAndTheOlderFileInPlace) {
  const FreshFolder folder;
  const std::vector<Prediction> before{sample_prediction(1)};
  write(folder.path() / "all.parquet", before);
  {
    auto writer = PredictionWriter::create(folder.path() / "all.parquet");
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->add(sample_prediction(2)));
  }
  EXPECT_EQ(read(folder.path() / "all.parquet"), Result<std::vector<Prediction>>(before));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Predictions, AFileThatCannotBeWrittenIsNamed) {
  const FreshFolder folder;
  const auto writer = PredictionWriter::create(folder.path() / "missing" / "all.parquet");
  ASSERT_FALSE(writer);
  EXPECT_THAT(writer.error().message, HasSubstr("missing/all.parquet"));
}

// The limit on a file's size stands for a disk that has so much room.
TEST(Predictions, AFullDiskIsSaidAndLeavesNothing) {
  const FreshFolder folder;
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit little{.rlim_cur = 100, .rlim_max = before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &little);
  Result<void> finished;
  {
    auto writer = PredictionWriter::create(folder.path() / "all.parquet");
    EXPECT_TRUE(writer);
    EXPECT_TRUE(writer->add(sample_prediction(1)));
    finished = writer->finish();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  static_cast<void>(std::signal(SIGXFSZ, handler));
  ASSERT_FALSE(finished);
  EXPECT_THAT(finished.error().message, HasSubstr("full"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Predictions, AFileThatIsNoTableOfPredictionsIsRefused) {
  const FreshFolder folder;
  EXPECT_THAT(read(folder.path() / "absent.parquet").error().message, HasSubstr("absent.parquet"));
  EXPECT_FALSE(read(folder.path()));
  std::ofstream(folder.path() / "text.parquet") << "this is no Parquet, but long enough to look for its end";
  EXPECT_THAT(read(folder.path() / "text.parquet").error().message, HasSubstr("cannot be read as Parquet"));
}

std::shared_ptr<arrow::Table> table_of(const std::filesystem::path& path) {
  const auto file = arrow::io::ReadableFile::Open(path).ValueOrDie();
  return ::parquet::arrow::OpenFile(file, arrow::default_memory_pool()).ValueOrDie()->ReadTable().ValueOrDie();
}

void write_table(const std::filesystem::path& path, const arrow::Table& table) {
  const auto file = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  ASSERT_TRUE(::parquet::arrow::WriteTable(table, arrow::default_memory_pool(), file).ok());
  ASSERT_TRUE(file->Close().ok());
}

TEST(Predictions, ColumnsMayBeInAnotherOrderWithOthersAndOfLikeTypes) {
  const FreshFolder folder;
  const std::vector<Prediction> written{sample_prediction(1), sample_prediction(2)};
  write(folder.path() / "all.parquet", written);
  auto table = table_of(folder.path() / "all.parquet");
  const auto time = table->GetColumnByName("time");
  const auto text = arrow::compute::Cast(table->GetColumnByName("model"), arrow::large_utf8()).ValueOrDie();
  const auto nanoseconds = arrow::compute::Cast(time, arrow::timestamp(arrow::TimeUnit::NANO, "UTC")).ValueOrDie();
  const int model = table->schema()->GetFieldIndex("model");
  table = table->RemoveColumn(model).ValueOrDie();
  table = table->RemoveColumn(table->schema()->GetFieldIndex("time")).ValueOrDie();
  table = table->AddColumn(0, arrow::field("model", arrow::large_utf8()), text.chunked_array()).ValueOrDie();
  table = table->AddColumn(0, arrow::field("time", nanoseconds.type()), nanoseconds.chunked_array()).ValueOrDie();
  table = table->AddColumn(0, arrow::field("more", time->type()), time).ValueOrDie();
  write_table(folder.path() / "other.parquet", *table);
  EXPECT_EQ(read(folder.path() / "other.parquet"), Result<std::vector<Prediction>>(written));
}

TEST(Predictions, AMissingColumnAndARowThatMakesNoSenseAreNamed) {
  const FreshFolder folder;
  write(folder.path() / "all.parquet", {sample_prediction(1), sample_prediction(2)});
  auto table = table_of(folder.path() / "all.parquet");
  write_table(folder.path() / "less.parquet", *table->RemoveColumn(2).ValueOrDie());
  EXPECT_THAT(read(folder.path() / "less.parquet").error().message, HasSubstr("no column \"model\""));
  const auto wrong = table->SetColumn(0, arrow::field("id", arrow::utf8()), table->GetColumnByName("filename"));
  write_table(folder.path() / "wrong.parquet", **wrong);
  EXPECT_THAT(read(folder.path() / "wrong.parquet").error().message, HasSubstr("row 1 makes no sense: its id"));
}

// Cut anywhere, or with any byte changed, a file is refused or says the same; it never ends the program.
TEST(Predictions, ADamagedFileIsRefused) {
  const FreshFolder folder;
  const std::vector<Prediction> written = {sample_prediction(1), sample_prediction(2)};
  write(folder.path() / "all.parquet", written);
  std::ifstream stream(folder.path() / "all.parquet", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  std::size_t refused = 0;
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    for (const bool cut : {true, false}) {
      std::string damaged = cut ? whole.substr(0, i) : whole;
      if (!cut) damaged[i] = static_cast<char>(damaged[i] ^ 0x55);
      std::ofstream(folder.path() / "damaged.parquet", std::ios::binary | std::ios::trunc) << damaged;
      const auto again = read(folder.path() / "damaged.parquet");
      refused += again ? 0 : 1;
      if (cut) {
        EXPECT_FALSE(again) << "cut at " << i;
      }
    }
  }
  EXPECT_GT(refused, whole.size() / 3);
}

}  // namespace
}  // namespace vidi::records::parquet
