#include "maintenance/record_listing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "maintenance/test_predictions.hpp"
#include "records/memory/memory_store.hpp"

namespace vidi::maintenance {
namespace {

using records::Prediction;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class Listings : public testing::Test {
 protected:
  void put(const Prediction& prediction) { check_done(run(store_->append(prediction))); }

  std::string list(const std::string& format, std::size_t most = 50, const std::string& file = {}) {
    std::string text;
    list_records(*store_, {.query = {}, .most = most, .format = format, .file = file},
                 [&](std::string_view part) { text += part; });
    return text;
  }

  std::vector<std::string> lines_of(const std::string& format, std::size_t most = 50) {
    std::istringstream text(list(format, most));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  const std::unique_ptr<records::RecordStore> store_ = records::memory::make_store();
};

// The fields of a text in CSV (RFC 4180), in rows.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      rows.back().back() += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ',') {
      rows.back().emplace_back();
    } else if (!quoted && c == '\n') {
      rows.push_back({""});
    } else {
      rows.back().back() += c;
    }
  }
  rows.pop_back();  // behind the last line's end
  return rows;
}

TEST_F(Listings, InCsvGiveBackWhatIsHostile) {
  Prediction hostile = prediction_of(1);
  hostile.model = "a,b";
  hostile.result = "4\n2";
  hostile.user = "\"al\"ice";
  hostile.correction = {.label = "\r", .user = {}, .time = hostile.time};
  put(hostile);
  const auto rows = parse_csv(list("csv"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_THAT(rows[0], ElementsAre("id", "time", "model", "version", "result", "reason", "confidence", "filename",
                                   "user", "image", "latency_ms", "label"));
  EXPECT_THAT(rows[1], ElementsAre(to_string(hostile.id), to_string(hostile.time), "a,b", "1", "4\n2", "", "0.500000",
                                   "a_b.png", "\"al\"ice", to_string(*hostile.image), "1.500", "\r"));
}

TEST_F(Listings, InJsonAreAnObjectALine) {
  Prediction hostile = prediction_of(2);
  hostile.user = "a\n\"b\xff";
  put(prediction_of(1));
  put(hostile);
  const auto lines = lines_of("json");
  ASSERT_EQ(lines.size(), 2U);
  const auto newest = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(newest["id"], to_string(hostile.id));
  EXPECT_EQ(newest["user"], "a\n\"b\xef\xbf\xbd") << "what is no UTF-8 is replaced";
  EXPECT_EQ(nlohmann::json::parse(lines[1])["result"], "1");
}

TEST_F(Listings, InATableAreALineEach) {
  Prediction hostile = prediction_of(1);
  hostile.result = "4\n2\x1b[2J";
  put(hostile);
  const auto lines = lines_of("table");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], testing::StartsWith("TIME"));
  EXPECT_THAT(lines[1], HasSubstr("4 2 [2J")) << "nothing that moves a terminal's cursor";
  EXPECT_THAT(lines[1], HasSubstr("0.5000"));
}

TEST_F(Listings, HoldTheNewestOnly) {
  for (int n = 0; n < 5; ++n) put(prediction_of(n));
  const auto lines = lines_of("json", 2);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["result"], "4");
  EXPECT_EQ(nlohmann::json::parse(lines[1])["result"], "3");
}

TEST_F(Listings, AsAFileSayWhetherTheyAreAll) {
  for (int n = 0; n < 3; ++n) put(prediction_of(n));
  const std::string file = (std::filesystem::path(testing::TempDir()) / "listing.parquet").string();
  EXPECT_THAT(list("parquet", 2, file), EndsWith("listing.parquet: 2 predictions, the newest; with --all every one\n"));
  EXPECT_THAT(list("parquet", 3, file), EndsWith("listing.parquet: 3 predictions\n"));
  EXPECT_THROW(list("parquet", 3, "/missing/folder/listing.parquet"), std::runtime_error);
  std::filesystem::remove(file);
}

}  // namespace
}  // namespace vidi::maintenance
