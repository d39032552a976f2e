#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "cassandra/address.hpp"
#include "cassandra/session.hpp"
#include "contract/record_store_contract.hpp"
#include "contract/services.hpp"
#include "records/cassandra/cassandra_store.hpp"

namespace vidi::records {
namespace {

std::string address_of_keyspace(const std::string& name) {
  return "cassandra://" + test::address_of("cassandra") + "/" + name;
}

std::unique_ptr<RecordStore> open_keyspace(const std::string& name) {
  auto store = cassandra::open_store(address_of_keyspace(name), {});
  for (int i = 0; i < 1200; ++i) {
    if (run(store->check())) return store;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw std::runtime_error(run(store->check()).error().message);
}

// In a keyspace of its own.
std::unique_ptr<RecordStore> make_store(const std::filesystem::path&) { return open_keyspace(test::fresh_name()); }

INSTANTIATE_TEST_SUITE_P(Cassandra, RecordStoreContract,
                         testing::Values(RecordStoreFactory{.name = "cassandra", .make = make_store, .shared = true}));

// What is kept of statistics, and when it is not believed.
class CassandraTallies : public testing::Test {
 protected:
  void SetUp() override {
    auto address = vidi::cassandra::parse_address(address_of_keyspace(keyspace_));
    ASSERT_TRUE(address);
    auto connected = run(vidi::cassandra::Session::connect(address->cluster));
    ASSERT_TRUE(connected) << connected.error().message;
    session_ = std::move(*connected);
  }

  void append(Timestamp time) {
    Prediction prediction = sample_prediction(0);
    prediction.time = time;
    prediction.id = make_uuid(time);
    ASSERT_TRUE(run(store_->append(prediction)));
    latest_ = prediction.id;
  }

  std::int64_t count() {
    const auto tallies = run(store_->tally({}));
    EXPECT_TRUE(tallies) << tallies.error().message;
    std::int64_t sum = 0;
    for (const auto& [key, tally] : tallies.value_or(Tallies())) sum += tally.predictions;
    return sum;
  }

  std::size_t query(const std::string& before, const std::string& table) {
    const auto rows = run(session_->query(before + keyspace_ + "." + table));
    EXPECT_TRUE(rows) << rows.error().message;
    return rows ? rows->count : 0;
  }

  // As no server does: what is kept stays.
  void remove_predictions_behind_its_back() { query("TRUNCATE ", "prediction_by_day"); }

  const std::string keyspace_ = test::fresh_name();
  std::unique_ptr<RecordStore> store_ = open_keyspace(keyspace_);
  std::unique_ptr<vidi::cassandra::Session> session_;
  Uuid latest_;
  const Timestamp now_ = now();
};

TEST_F(CassandraTallies, OfADayThatIsOverAreKeptUntilSomethingChanges) {
  const Timestamp old = std::chrono::floor<std::chrono::days>(sample_prediction(0).time);
  for (int i = 0; i < 3; ++i) append(old + std::chrono::hours(i));
  EXPECT_EQ(count(), 3);
  EXPECT_EQ(query("SELECT hour FROM ", "tally_by_day"), 3U);
  ASSERT_TRUE(run(store_->correct(latest_, {.label = "9", .user = "", .time = now_})).value());
  EXPECT_EQ(count(), 3);
  EXPECT_TRUE(std::ranges::any_of(*run(store_->tally({})), [](const auto& entry) { return entry.first.label == "9"; }));
  remove_predictions_behind_its_back();
  EXPECT_EQ(count(), 3) << "it is not read from what is kept";
  append(old);
  EXPECT_EQ(count(), 1) << "a late one does not make it be counted anew";
}

TEST_F(CassandraTallies, OfAnHourAgoAreRememberedUntilSomethingChanges) {
  const Timestamp ago = now_ - std::chrono::minutes(10);
  for (int i = 0; i < 3; ++i) append(ago + std::chrono::microseconds(i));
  append(now_);
  EXPECT_EQ(count(), 4);
  append(now_);
  EXPECT_EQ(count(), 5);
  const Uuid newest = latest_;
  remove_predictions_behind_its_back();
  EXPECT_EQ(count(), 3) << "what is new is counted each time, what is older is remembered";
  append(ago);
  EXPECT_EQ(count(), 1);
  ASSERT_TRUE(run(store_->forget(latest_))->existed);
  EXPECT_EQ(count(), 0);
  EXPECT_FALSE(run(store_->forget(newest))->existed);
}

TEST_F(CassandraTallies, OfAnOlderKeyspaceGetTheirTables) {
  append(sample_prediction(0).time);
  store_.reset();
  query("DROP TABLE ", "tally_by_day");
  query("DROP TABLE ", "change_by_day");
  store_ = open_keyspace(keyspace_);
  EXPECT_EQ(count(), 1);
  EXPECT_EQ(query("SELECT hour FROM ", "tally_by_day"), 1U);
}

}  // namespace
}  // namespace vidi::records
