#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "contract/killed_process.hpp"
#include "contract/sample_predictions.hpp"
#include "core/task.hpp"
#include "records/sqlite/sqlite_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records::sqlite {
namespace {

using Report = std::function<void(const std::array<std::byte, 16>&)>;

Task<void> append_for_ever(RecordStore& store, int& next, const Report& report) {
  while (true) {
    Prediction prediction = sample_prediction(next++);
    const Uuid id = prediction.id;
    const auto done = co_await store.append(std::move(prediction));
    if (done) report(id.bytes);
  }
}

void append_until_killed(const std::string& path, int first, const Report& report) {
  const auto store = open_store(path);
  boost::asio::io_context context(1);
  int next = first;
  for (int task = 0; task < 32; ++task) {
    spawn(context.get_executor(), append_for_ever(*store, next, report));
  }
  context.run();
}

TEST(SqliteStoreKilled, HasEveryPredictionThatWasAcknowledged) {
  const FreshFolder fresh;
  const std::filesystem::path& folder = fresh.path();
  const std::string path = (folder / "records.db").string();
  std::size_t acknowledged = 0;
  for (int round = 0; round < 8; ++round) {
    const auto work = [&](const Report& report) { append_until_killed(path, round * 10'000'000, report); };
    const auto reports = kill_in_the_middle<16>(std::chrono::milliseconds(20 + 37 * round), work);
    ASSERT_FALSE(reports.empty());
    acknowledged += reports.size();
    const auto store = open_store(path);
    for (const auto& bytes : reports) {
      const auto found = run(store->find(Uuid{bytes}));
      ASSERT_TRUE(found);
      ASSERT_TRUE(*found) << "lost in round " << round;
    }
    // Through the index too.
    std::size_t listed = 0;
    Query query{.model = "digits", .limit = 1000};
    do {
      const auto page = run(store->list(query));
      ASSERT_TRUE(page);
      listed += page->predictions.size();
      query.cursor = page->next;
    } while (query.cursor);
    EXPECT_GE(listed, acknowledged);
    const auto tallies = run(store->tally({}));
    ASSERT_TRUE(tallies);
    std::int64_t tallied = 0;
    for (const auto& [key, tally] : *tallies) tallied += tally.predictions;
    EXPECT_EQ(static_cast<std::size_t>(tallied), listed) << "of round " << round;
  }
  RecordProperty("acknowledged", static_cast<int>(acknowledged));
}

}  // namespace
}  // namespace vidi::records::sqlite
