#include "records/prediction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace vidi::records {
namespace {

TEST(PredictionFields, AreEachInTheTableOfTheDocumentation) {
  std::string table;
  for (const auto& file : std::filesystem::recursive_directory_iterator("docs")) {
    if (file.path().filename() != "prediction.md") continue;
    std::ifstream stream(file.path());
    table.assign(std::istreambuf_iterator<char>(stream), {});
  }
  for_each_field(
      [&](const auto& field) { EXPECT_THAT(table, testing::HasSubstr("\n| `" + std::string(field.name) + "` | ")); });
}

}  // namespace
}  // namespace vidi::records
