#pragma once
// What every RecordStore must do. A test program includes this and instantiates the suite for its implementation.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <iterator>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "contract/sample_predictions.hpp"
#include "records/record_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::records {

// Makes an empty store, which may use the folder.
struct RecordStoreFactory {
  std::string name;
  std::function<std::unique_ptr<RecordStore>(const std::filesystem::path& folder)> make;
  // Several servers write to it, each again when it does not know what became of a write: what was forgotten stays so.
  bool shared = false;
};

// How a failed test names its store.
// NOLINTNEXTLINE(readability-identifier-naming): the name that GoogleTest looks for
inline void PrintTo(const RecordStoreFactory& factory, std::ostream* out) { *out << factory.name; }

class RecordStoreContract : public testing::TestWithParam<RecordStoreFactory> {
 protected:
  void append(const Prediction& prediction) {
    const auto appended = run(store_->append(prediction));
    ASSERT_TRUE(appended) << appended.error().message;
  }

  std::optional<Prediction> find(const Uuid& id) {
    auto found = run(store_->find(id));
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(std::nullopt);
  }

  Page list(const Query& query) {
    auto page = run(store_->list(query));
    EXPECT_TRUE(page) << page.error().message;
    return page.value_or(Page());
  }

  // Every prediction that a query finds, page by page.
  std::vector<Uuid> list_all(Query query) {
    std::vector<Uuid> ids;
    do {
      const Page page = list(query);
      EXPECT_LE(page.predictions.size(), query.limit);
      EXPECT_FALSE(page.next && page.predictions.empty());
      for (const Prediction& prediction : page.predictions) ids.push_back(prediction.id);
      query.cursor = page.next;
    } while (query.cursor && !HasFailure());
    return ids;
  }

  const FreshFolder folder_;
  std::unique_ptr<RecordStore> store_ = GetParam().make(folder_.path());
};

TEST_P(RecordStoreContract, GivesBackEveryFieldAsItWas) {
  Prediction prediction = sample_prediction(1);
  prediction.reason = "because";
  prediction.user = "Zoë";
  prediction.image = sha256(as_bytes("a picture"));
  prediction.digits = {{.label = "4", .probability = 0.75, .box = {1, -2, 300, 400}},
                       {.label = "0", .probability = 1.0 / 3.0, .box = {}}};
  prediction.correction = Correction{.label = "9", .user = "ann", .time = prediction.time + std::chrono::seconds(5)};
  append(prediction);
  EXPECT_EQ(find(prediction.id), prediction);
  EXPECT_THAT(list({}).predictions, testing::ElementsAre(prediction));
}

TEST_P(RecordStoreContract, GivesBackAPredictionWithoutAResultOrPicture) {
  Prediction prediction = sample_prediction(1);
  prediction.result.reset();
  prediction.reason = "the picture is blank";
  prediction.candidates.clear();
  append(prediction);
  EXPECT_EQ(find(prediction.id), prediction);
}

TEST_P(RecordStoreContract, KeepsAnyBytesInStrings) {
  Prediction prediction = sample_prediction(1);
  const std::string hostile = std::string("a\0b\xff\xfe\n'\"<script>", 16) + std::string(10'000, '\x80');
  prediction.filename = hostile;
  prediction.user = hostile;
  prediction.result = hostile;
  prediction.candidates[0].label = hostile;
  append(prediction);
  EXPECT_EQ(find(prediction.id), prediction);
  Query query;
  query.user = hostile;
  query.result = hostile;
  EXPECT_THAT(list(query).predictions, testing::ElementsAre(prediction));
  query.user = hostile.substr(0, 1);
  EXPECT_THAT(list(query).predictions, testing::IsEmpty());
}

TEST_P(RecordStoreContract, FindsNothingUnderAnUnknownIdentifier) {
  append(sample_prediction(1));
  EXPECT_EQ(find(make_uuid(now())), std::nullopt);
}

TEST_P(RecordStoreContract, AppendingTheSameIdentifierAgainChangesNothing) {
  Prediction first = sample_prediction(1);
  append(first);
  append(first);
  EXPECT_EQ(find(first.id), first);
  first.correction = Correction{.label = "9", .user = "ann", .time = first.time + std::chrono::hours(1)};
  EXPECT_EQ(run(store_->correct(first.id, *first.correction)), Result<bool>(true));
  Prediction again = first;
  again.correction.reset();
  append(again);
  EXPECT_EQ(find(first.id), first);
  if (!GetParam().shared) {
    again.result = "5";
    append(again);
    EXPECT_EQ(find(first.id), first);
  }
  EXPECT_EQ(list_all({}).size(), 1U);
}

TEST_P(RecordStoreContract, ListsTheNewestFirstWhateverTheOrderOfArrival) {
  std::vector<Uuid> expected;
  for (const std::int64_t when : {3, 1, 2, 5, 4}) {
    const Prediction prediction = sample_prediction(when);
    append(prediction);
    expected.push_back(prediction.id);
  }
  std::ranges::sort(expected, std::greater<>());
  EXPECT_EQ(list_all({}), expected);
}

TEST_P(RecordStoreContract, PagesMeetWithoutGapOrRepetition) {
  std::vector<Uuid> expected;
  for (int i = 0; i < 25; ++i) {
    const Prediction prediction = sample_prediction(i);
    append(prediction);
    expected.insert(expected.begin(), prediction.id);
  }
  for (const std::size_t limit : {1U, 5U, 24U, 25U, 26U, 1000U}) {
    Query query;
    query.limit = limit;
    EXPECT_EQ(list_all(query), expected) << "limit " << limit;
  }
}

TEST_P(RecordStoreContract, TheLastPageNamesNoNextOne) {
  append(sample_prediction(1));
  append(sample_prediction(2));
  Query query;
  query.limit = 2;
  EXPECT_EQ(list(query).next, std::nullopt);
  query.limit = 1;
  EXPECT_NE(list(query).next, std::nullopt);
}

TEST_P(RecordStoreContract, RefusesACursorThatIsNotOneAndALimitOutOfBounds) {
  Query query;
  query.cursor = "yesterday";
  auto page = run(store_->list(query));
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, ErrorCode::invalid_argument);
  query.cursor.reset();
  for (const std::size_t limit : {0U, 1001U}) {
    query.limit = limit;
    page = run(store_->list(query));
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ErrorCode::invalid_argument);
  }
}

TEST_P(RecordStoreContract, FiltersByEveryCombination) {
  std::vector<Prediction> all;
  for (int i = 0; i < 60; ++i) {
    Prediction prediction = sample_prediction(i);
    prediction.user = i % 2 == 0 ? "ann" : "";
    prediction.model = i % 3 == 0 ? "fruits" : "digits";
    if (i % 5 == 0) {
      prediction.result.reset();
    } else {
      prediction.result = std::to_string(i % 5);
    }
    append(prediction);
    all.insert(all.begin(), prediction);
  }
  using Filter = std::optional<std::string>;
  for (const Filter& user : {Filter(), Filter("ann"), Filter(""), Filter("bob")}) {
    for (const Filter& model : {Filter(), Filter("fruits"), Filter("digits"), Filter("none")}) {
      for (const Filter& result : {Filter(), Filter("1"), Filter(""), Filter("77")}) {
        Query query;
        query.user = user;
        query.model = model;
        query.result = result;
        query.limit = 7;
        std::vector<Uuid> expected;
        for (const Prediction& one : all) {
          if (user && one.user != *user) continue;
          if (model && one.model != *model) continue;
          if (result && one.result.value_or("") != *result) continue;
          expected.push_back(one.id);
        }
        EXPECT_EQ(list_all(query), expected)
            << user.value_or("-") << ' ' << model.value_or("-") << ' ' << result.value_or("-");
      }
    }
  }
}

TEST_P(RecordStoreContract, FiltersByTimeFromInclusiveToExclusive) {
  std::vector<Prediction> all;
  for (int i = 0; i < 10; ++i) {
    all.push_back(sample_prediction(i));
    append(all.back());
  }
  for (const bool with_user : {false, true}) {
    Query query;
    if (with_user) query.user = "";
    query.from = all[3].time;
    query.to = all[6].time;
    EXPECT_EQ(list_all(query), (std::vector<Uuid>{all[5].id, all[4].id, all[3].id}));
    query.to.reset();
    EXPECT_EQ(list_all(query).size(), 7U);
    query.from = Timestamp::min();
    query.to = Timestamp::max();
    EXPECT_EQ(list_all(query).size(), 10U);
    query.to = Timestamp::min();
    EXPECT_EQ(list_all(query).size(), 0U);
  }
}

TEST_P(RecordStoreContract, TalliesByHourModelVersionResultAndCorrection) {
  constexpr std::int64_t kHour = 3'600'000'000;
  const auto add = [&](std::int64_t when, const char* model, std::optional<std::string> result) {
    Prediction prediction = sample_prediction(when);
    prediction.model = model;
    prediction.result = std::move(result);
    append(prediction);
    append(prediction);  // as a retry does
    return prediction.id;
  };
  add(0, "digits", "4");
  const Uuid corrected = add(1, "digits", "4");
  const Uuid forgotten = add(2, "digits", "7");
  add(3, "digits", std::nullopt);
  add(4, "fruits", "4");
  add(24 * kHour, "digits", "4");
  const auto first = std::chrono::floor<std::chrono::hours>(sample_prediction(0).time);
  const Hour second = first + std::chrono::hours(24);
  const auto key = [](Hour hour, const char* model, std::optional<std::string> result,
                      std::optional<std::string> label) {
    return TallyKey{
        .hour = hour, .model = model, .version = "1", .result = std::move(result), .label = std::move(label)};
  };
  const auto counted = [](std::int64_t predictions) {
    return Tally{.predictions = predictions,
                 .latency = {{latency_bucket(std::chrono::microseconds(1234)), predictions}},
                 .confidence = {{confidence_bucket(0.9), predictions}}};
  };
  Tallies both{{key(first, "digits", std::nullopt, std::nullopt), counted(1)},
               {key(first, "digits", "4", std::nullopt), counted(2)},
               {key(first, "digits", "7", std::nullopt), counted(1)},
               {key(first, "fruits", "4", std::nullopt), counted(1)},
               {key(second, "digits", "4", std::nullopt), counted(1)}};
  EXPECT_EQ(run(store_->tally({})).value(), both);
  EXPECT_EQ(run(store_->tally({.to = second})).value(), Tallies(both.begin(), std::prev(both.end())));
  EXPECT_EQ(run(store_->tally({.from = second})).value(), Tallies(std::prev(both.end()), both.end()));
  EXPECT_EQ(run(store_->tally({.from = first + std::chrono::hours(1), .to = second})).value(), Tallies());

  ASSERT_TRUE(run(store_->forget(forgotten)));
  both.erase(key(first, "digits", "7", std::nullopt));
  EXPECT_EQ(run(store_->tally({})).value(), both);

  // A label in place of another one.
  for (const char* label : {"7", "9"}) {
    const auto time = sample_prediction(label[0]).time;
    ASSERT_TRUE(run(store_->correct(corrected, {.label = label, .user = "", .time = time})));
  }
  both[key(first, "digits", "4", std::nullopt)] = counted(1);
  both[key(first, "digits", "4", "9")] = counted(1);
  EXPECT_EQ(run(store_->tally({})).value(), both);
}

TEST_P(RecordStoreContract, ACorrectionStandsBesideTheAnswerAndReplacesAnEarlierOne) {
  Prediction prediction = sample_prediction(1);
  append(prediction);
  const Correction first{.label = "9", .user = "ann", .time = prediction.time};
  const Correction second{.label = "7", .user = "", .time = prediction.time + std::chrono::hours(1)};
  EXPECT_EQ(run(store_->correct(prediction.id, first)), Result<bool>(true));
  EXPECT_EQ(run(store_->correct(prediction.id, second)), Result<bool>(true));
  prediction.correction = second;
  EXPECT_EQ(find(prediction.id), prediction);
  EXPECT_EQ(run(store_->correct(make_uuid(now()), first)), Result<bool>(false));
}

TEST_P(RecordStoreContract, ForgettingTheLastReferenceNamesTheOrphanedPicture) {
  Prediction first = sample_prediction(1);
  Prediction second = sample_prediction(2);
  Prediction other = sample_prediction(3);
  first.image = second.image = sha256(as_bytes("shared"));
  other.image = sha256(as_bytes("other"));
  append(first);
  append(second);
  append(other);

  auto forgotten = run(store_->forget(first.id));
  ASSERT_TRUE(forgotten);
  EXPECT_TRUE(forgotten->existed);
  EXPECT_EQ(forgotten->orphan, std::nullopt);
  EXPECT_EQ(find(first.id), std::nullopt);

  forgotten = run(store_->forget(second.id));
  ASSERT_TRUE(forgotten);
  EXPECT_EQ(forgotten->orphan, first.image);
  Query query;
  query.result = "4";
  EXPECT_EQ(list_all(query), std::vector<Uuid>{other.id});

  forgotten = run(store_->forget(second.id));
  ASSERT_TRUE(forgotten);
  EXPECT_FALSE(forgotten->existed);
  EXPECT_EQ(forgotten->orphan, std::nullopt);
}

TEST_P(RecordStoreContract, ForgettingAPredictionWithoutAPictureOrphansNothing) {
  const Prediction with_none = sample_prediction(1);
  append(with_none);
  append(sample_prediction(2));
  const auto forgotten = run(store_->forget(with_none.id));
  ASSERT_TRUE(forgotten);
  EXPECT_TRUE(forgotten->existed);
  EXPECT_EQ(forgotten->orphan, std::nullopt);
}

TEST_P(RecordStoreContract, AForgottenPredictionMayBeRecordedAgain) {
  const Prediction prediction = sample_prediction(1);
  append(prediction);
  ASSERT_TRUE(run(store_->forget(prediction.id)));
  append(prediction);
  if (GetParam().shared) {
    EXPECT_EQ(find(prediction.id), std::nullopt) << "a write that was repeated late brought it back";
    EXPECT_TRUE(list_all({.model = "digits"}).empty());
    return;
  }
  EXPECT_EQ(find(prediction.id), prediction);
  EXPECT_EQ(list_all({.model = "digits"}), std::vector<Uuid>{prediction.id});
}

TEST_P(RecordStoreContract, IsReadyToTakePredictions) { EXPECT_TRUE(run(store_->check())); }

TEST_P(RecordStoreContract, LosesNothingFromManyTasksOnManyThreads) {
  constexpr int kThreads = 3;
  constexpr int kTasks = 40;
  constexpr int kEach = 25;
  std::atomic<int> appended = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      boost::asio::io_context context(1);
      for (int task = 0; task < kTasks; ++task) {
        const int first = (thread * kTasks + task) * kEach;
        boost::asio::co_spawn(context, append_many(*store_, first, kEach, appended), boost::asio::detached);
      }
      context.run();
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(run(store_->list({.model = "digits"})));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(appended, kThreads * kTasks * kEach);
  EXPECT_EQ(list_all({.limit = 1000}).size(), kThreads * kTasks * kEach);
  EXPECT_EQ(list_all({.user = "", .limit = 1000}).size(), kThreads * kTasks * kEach);
}

}  // namespace vidi::records
