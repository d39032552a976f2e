#include "tables/features.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tables/feature_statistics.hpp"
#include "tables/source_pictures.hpp"

namespace vidi::tables {
namespace {

class FeatureTables : public testing::Test {
 protected:
  FeatureTables() { std::filesystem::create_directories(folder_); }
  ~FeatureTables() override { std::filesystem::remove_all(folder_); }
  FeatureTables(const FeatureTables&) = delete;
  FeatureTables& operator=(const FeatureTables&) = delete;
  FeatureTables(FeatureTables&&) = delete;
  FeatureTables& operator=(FeatureTables&&) = delete;

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "feature_tables";
};

FeatureRows three_rows() {
  return {.images = {"Banana/1.jpg", "Kiwi/2.jpg", "Kiwi/3.jpg"},
          .labels = {"Banana", "Kiwi", "Kiwi"},
          .columns = 2,
          .values = {1, 2, 3, 4, 5, 6}};
}

TEST_F(FeatureTables, GiveBackWhatWasWritten) {
  const auto path = folder_ / part_name(0);
  auto writer = FeatureWriter::create(path, {.name = kReducedFeatures, .columns = 2});
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->add(three_rows()));
  EXPECT_FALSE(std::filesystem::exists(path)) << "before it is whole";
  ASSERT_TRUE(writer->finish());

  auto reader = FeatureReader::open(path, kReducedFeatures);
  ASSERT_TRUE(reader);
  const auto rows = reader->next();
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->images, three_rows().images);
  EXPECT_EQ(rows->labels, three_rows().labels);
  EXPECT_EQ(rows->columns, 2U);
  EXPECT_EQ(rows->values, three_rows().values);
  EXPECT_TRUE(rows->variants.empty());
  EXPECT_EQ(reader->next()->rows(), 0U);
}

TEST_F(FeatureTables, KeepVariantsWhereThereAreSome) {
  FeatureRows varied = three_rows();
  varied.variants = {0, 0, 1};
  const auto path = folder_ / part_name(3);
  auto writer = FeatureWriter::create(path, {.columns = 2, .has_variants = true});
  ASSERT_TRUE(writer->add(varied));
  ASSERT_TRUE(writer->finish());
  EXPECT_EQ(FeatureReader::open(path, kFeatures)->next()->variants, varied.variants);
}

TEST_F(FeatureTables, SayWhatIsMissing) {
  auto writer = FeatureWriter::create(folder_ / part_name(0), {.columns = 2});
  ASSERT_TRUE(writer->add(three_rows()));
  ASSERT_TRUE(writer->finish());
  const auto other = FeatureReader::open(folder_ / part_name(0), kReducedFeatures);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("no column \"features_pca\""), std::string::npos) << other.error().message;
  EXPECT_FALSE(FeatureReader::open(folder_ / part_name(1), kFeatures));
  std::ofstream(folder_ / part_name(1)) << "no Parquet";
  EXPECT_FALSE(FeatureReader::open(folder_ / part_name(1), kFeatures));
}

TEST_F(FeatureTables, AreListedInTheirOrder) {
  EXPECT_FALSE(list_parts(folder_ / "none"));
  for (const std::size_t number : {10U, 2U, 0U}) std::ofstream(folder_ / part_name(number)) << "";
  std::ofstream(folder_ / ".part-00001.parquet.7.tmp") << "";
  const auto parts = list_parts(folder_);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ(parts->at(1).filename(), "part-00002.parquet");
}

TEST_F(FeatureTables, KeepScalerAndComponentsToTheLastBit) {
  auto scaler = statistics::StandardScaler::from({0.1, 1e9, -3}, {1.0 / 3, 0, 2}, {});
  ASSERT_TRUE(write_scaler(folder_ / "scaler.parquet", *scaler));
  const auto scaler_again = read_scaler(folder_ / "scaler.parquet");
  ASSERT_TRUE(scaler_again) << scaler_again.error().message;
  EXPECT_TRUE(std::ranges::equal(scaler_again->means(), scaler->means()));
  EXPECT_TRUE(std::ranges::equal(scaler_again->deviations(), scaler->deviations()));

  auto pca = statistics::Pca::from({.components = {0.6, 0.8, 0, 0.8, -0.6, 0},
                                    .means = {0, 0, 0},
                                    .explained_variance = {2.0 / 3, 0.1},
                                    .explained_variance_ratio = {0.5, 0.1}});
  ASSERT_TRUE(write_pca(folder_ / "pca.parquet", *pca));
  const auto pca_again = read_pca(folder_ / "pca.parquet");
  ASSERT_TRUE(pca_again) << pca_again.error().message;
  EXPECT_TRUE(std::ranges::equal(pca_again->components(), pca->components()));
  EXPECT_TRUE(std::ranges::equal(pca_again->explained_variance(), pca->explained_variance()));
  EXPECT_FALSE(read_pca(folder_ / "scaler.parquet"));
}

TEST_F(FeatureTables, KeepThePicturesOfTheSource) {
  const std::vector<SourcePicture> pictures{
      {.sequence = 7, .image = "a.jpg", .label = "a", .size = 12, .version = "\"etag\""},
      {.sequence = 9, .image = "b.jpg", .label = "b", .reason = "undecodable", .detail = "the JPEG ends too early"}};
  ASSERT_TRUE(write_source_pictures(folder_ / "pictures.parquet", pictures));
  EXPECT_EQ(*read_source_pictures(folder_ / "pictures.parquet"), pictures);
}

}  // namespace
}  // namespace vidi::tables
