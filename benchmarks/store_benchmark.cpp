// What recording costs: predictions and pictures made durable, and pages found among a million predictions.
// VIDI_BENCHMARK_FOLDER names the folder that is used (a disk, not a tmpfs); the system's temporary one otherwise.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/uuid.hpp"
#include "load.hpp"
#include "objects/object_store.hpp"
#include "objects/open.hpp"
#include "records/open.hpp"
#include "records/record_store.hpp"

namespace vidi {
namespace {

std::filesystem::path fresh_folder(const std::string& name) {
  const char* wanted = std::getenv("VIDI_BENCHMARK_FOLDER");  // NOLINT(concurrency-mt-unsafe): before any thread
  auto folder = wanted != nullptr ? std::filesystem::path(wanted) : std::filesystem::temp_directory_path();
  folder /= "vidi_store_benchmark_" + name;
  std::filesystem::remove_all(folder);
  return folder;
}

std::unique_ptr<records::RecordStore> open_records(const std::filesystem::path& folder) {
  return records::open_record_store("sqlite:" + (folder / "records.db").string());
}

std::unique_ptr<objects::ObjectStore> open_objects(const std::filesystem::path& folder) {
  return objects::open_object_store("file:" + (folder / "objects").string());
}

// A prediction as the softmax model makes them: ten users, ten results, a picture of its own.
records::Prediction prediction_number(std::uint64_t number) {
  records::Prediction prediction;
  prediction.time = Timestamp(std::chrono::microseconds(1'700'000'000'000'000 + number));
  prediction.id = make_uuid(prediction.time);
  prediction.model = "digits-softmax";
  prediction.version = "1";
  prediction.result = std::to_string(number % 10);
  prediction.confidence = 0.987;
  for (int label = 0; label < 10; ++label) {
    prediction.candidates.push_back({.label = std::to_string(label), .probability = 0.1 * label});
  }
  prediction.filename = "picture-" + std::to_string(number) + ".png";
  prediction.safe_filename = prediction.filename;
  // A user always gets the same result, so that most combinations of the two never occur.
  prediction.user = "user-" + std::to_string(number % 20);
  prediction.image.emplace();
  for (std::size_t i = 0; i < prediction.image->bytes.size(); ++i) {
    prediction.image->bytes[i] =
        static_cast<std::byte>((number * 0x9E3779B97F4A7C15U + i * 0x632BE59BD9B4E019U) >> 40U);
  }
  prediction.media_type = "image/png";
  prediction.latency = std::chrono::microseconds(250);
  return prediction;
}

// A picture of about the size of an MNIST digit as PNG.
Bytes picture_number(std::uint64_t number) {
  Bytes picture(300);
  for (std::size_t i = 0; i < picture.size(); ++i) {
    picture[i] = static_cast<std::byte>((number + 1) * (i + 1) * 0x9E3779B97F4A7C15U >> 56U);
  }
  return picture;
}

constexpr std::uint64_t kRowsAtOnce = 20'000;

Task<bool> append_one(records::RecordStore& store, std::uint64_t number) {
  auto prediction = prediction_number(number);
  const auto done = co_await store.append(std::move(prediction));
  co_return done.has_value();
}

Task<bool> append_ready(records::RecordStore& store, std::vector<records::Prediction>& ready, std::uint64_t index) {
  const auto done = co_await store.append(std::move(ready[index]));
  co_return done.has_value();
}

void append_predictions(benchmark::State& state) {
  const auto folder = fresh_folder("append");
  auto store = open_records(folder);
  std::uint64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<records::Prediction> ready;
    ready.reserve(kRowsAtOnce);
    for (std::uint64_t i = 0; i < kRowsAtOnce; ++i) ready.push_back(prediction_number(next++));
    state.ResumeTiming();
    Load load(kRowsAtOnce);
    load.run_tasks(static_cast<std::size_t>(state.range(0)),
                   [&](std::uint64_t index) { return append_ready(*store, ready, index); });
    if (load.failed()) state.SkipWithError("a prediction was refused");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRowsAtOnce));
  store.reset();
  std::filesystem::remove_all(folder);
}
BENCHMARK(append_predictions)->Arg(1)->Arg(8)->Arg(64)->Arg(512)->UseRealTime()->MeasureProcessCPUTime();

struct Picture {
  Bytes bytes;
  Digest digest;
};

Task<bool> put_ready(objects::ObjectStore& store, const Picture& picture) {
  const auto done = co_await store.put(picture.digest, picture.bytes);
  co_return done.has_value();
}

std::vector<Picture> make_pictures(std::uint64_t& next, std::uint64_t count) {
  std::vector<Picture> pictures;
  for (std::uint64_t i = 0; i < count; ++i) {
    Picture& picture = pictures.emplace_back();
    picture.bytes = picture_number(next++);
    picture.digest = sha256(picture.bytes);
  }
  return pictures;
}

void put_pictures(benchmark::State& state) {
  const auto folder = fresh_folder("put");
  auto store = open_objects(folder);
  std::uint64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto pictures = make_pictures(next, kRowsAtOnce);
    state.ResumeTiming();
    Load load(kRowsAtOnce);
    load.run_tasks(static_cast<std::size_t>(state.range(0)),
                   [&](std::uint64_t index) { return put_ready(*store, pictures[index]); });
    if (load.failed()) state.SkipWithError("a picture was refused");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRowsAtOnce));
  store.reset();
  std::filesystem::remove_all(folder);
}
BENCHMARK(put_pictures)->Arg(1)->Arg(8)->Arg(64)->Arg(512)->UseRealTime()->MeasureProcessCPUTime();

struct Stores {
  std::unique_ptr<objects::ObjectStore> objects;
  std::unique_ptr<records::RecordStore> records;
};

// What a request does: the picture, then the prediction.
Task<bool> keep_both(Stores& stores, const Picture& picture, records::Prediction& prediction) {
  const auto put = co_await stores.objects->put(picture.digest, picture.bytes);
  if (!put) co_return false;
  const auto appended = co_await stores.records->append(std::move(prediction));
  co_return appended.has_value();
}

void keep_pictures_and_predictions(benchmark::State& state) {
  const auto folder = fresh_folder("both");
  Stores stores{.objects = open_objects(folder), .records = open_records(folder)};
  std::uint64_t next = 0;
  std::uint64_t next_picture = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto pictures = make_pictures(next_picture, kRowsAtOnce);
    std::vector<records::Prediction> ready;
    ready.reserve(kRowsAtOnce);
    for (std::uint64_t i = 0; i < kRowsAtOnce; ++i) ready.push_back(prediction_number(next++));
    state.ResumeTiming();
    Load load(kRowsAtOnce);
    load.run_tasks(static_cast<std::size_t>(state.range(0)),
                   [&](std::uint64_t index) { return keep_both(stores, pictures[index], ready[index]); });
    if (load.failed()) state.SkipWithError("something was refused");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kRowsAtOnce));
  stores = {};
  std::filesystem::remove_all(folder);
}
BENCHMARK(keep_pictures_and_predictions)->Arg(1)->Arg(8)->Arg(64)->UseRealTime()->MeasureProcessCPUTime();

// A million predictions, made once and kept for every query.
records::RecordStore& a_million() {
  static const std::unique_ptr<records::RecordStore> store = [] {
    auto filled = open_records(fresh_folder("million"));
    Load load(1'000'000);
    load.run_tasks(512, [&](std::uint64_t index) { return append_one(*filled, index); });
    if (load.failed()) std::abort();
    return filled;
  }();
  return *store;
}

struct NamedQuery {
  const char* name;
  records::Query query;
};

void page_among_a_million(benchmark::State& state, const records::Query& query) {
  records::RecordStore& store = a_million();
  std::size_t found = 0;
  for (auto _ : state) {
    const auto page = run(store.list(query));
    if (!page) state.SkipWithError("the query failed");
    found = page ? page->predictions.size() : 0;
  }
  state.counters["found"] = static_cast<double>(found);
}

const std::string& cursor_in_the_middle() {
  static const std::string cursor = to_string(prediction_number(500'000).id);
  return cursor;
}

const int kRegistered = [] {
  const auto middle = prediction_number(500'000).time;
  const std::vector<NamedQuery> queries = {
      {.name = "newest", .query = {}},
      {.name = "newest_1000", .query = {.limit = 1000}},
      {.name = "by_user", .query = {.user = "user-7"}},
      {.name = "by_model", .query = {.model = "digits-softmax"}},
      {.name = "by_result", .query = {.result = "7"}},
      {.name = "by_all", .query = {.user = "user-7", .model = "digits-softmax", .result = "7"}},
      {.name = "by_user_and_result_that_never_meet", .query = {.user = "user-7", .result = "8"}},
      {.name = "by_result_that_never_occurs", .query = {.result = "Banana"}},
      {.name = "without_result_none_such", .query = {.result = ""}},
      {.name = "by_user_from_the_middle", .query = {.user = "user-7", .cursor = cursor_in_the_middle()}},
      {.name = "by_result_in_a_millisecond",
       .query = {.result = "7", .from = middle, .to = middle + std::chrono::milliseconds(1)}},
  };
  for (const NamedQuery& query : queries) {
    const std::string name = std::string("page_among_a_million/") + query.name;
    benchmark::RegisterBenchmark(name.c_str(), page_among_a_million, query.query)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  return 0;
}();

void forget_among_a_million(benchmark::State& state) {
  records::RecordStore& store = a_million();
  const auto page = run(store.list({.user = "user-3", .limit = 1000}));
  std::size_t next = 0;
  for (auto _ : state) {
    const auto forgotten = run(store.forget(page->predictions[next++].id));
    if (!forgotten || !forgotten->existed) state.SkipWithError("not forgotten");
  }
}
BENCHMARK(forget_among_a_million)->UseRealTime()->Iterations(200)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vidi

BENCHMARK_MAIN();
