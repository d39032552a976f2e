// One record store, as vidi uses it: how many predictions a second it makes durable, and how long a page and statistics
// take among a million predictions.
//   records_benchmark append STORE [--count 20000] [--in-flight 64]
//   records_benchmark pages STORE [--count 1000000]   fills an empty store first; one that is full stays as it is
// STORE is an address as `vidi serve --records` takes it. Numbers come as one JSON object a line.

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/uuid.hpp"
#include "load.hpp"
#include "records/open.hpp"
#include "records/record_store.hpp"

namespace vidi {
namespace {

using records::Prediction;
using records::RecordStore;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kUsers = 100;
constexpr std::uint64_t kModels = 3;
constexpr std::chrono::days kSpread{60};
constexpr Timestamp kBegin{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};

// The number's bits, well mixed: who asked and what was seen have nothing to do with when.
std::uint64_t mixed(std::uint64_t number) {
  number = (number ^ (number >> 30U)) * 0xBF58476D1CE4E5B9U;
  number = (number ^ (number >> 27U)) * 0x94D049BB133111EBU;
  return number ^ (number >> 31U);
}

Prediction prediction_at(Timestamp time, std::uint64_t number) {
  const std::uint64_t random = mixed(number + 1);
  Prediction prediction;
  prediction.time = time;
  prediction.id = make_uuid(time);
  prediction.model = fmt::format("model-{}", random / 7 % kModels);
  prediction.version = "1";
  prediction.result = std::to_string(random % 10);
  prediction.confidence = 1.0 - static_cast<double>(random % 300) / 1000;
  for (int label = 0; label < 5; ++label) {
    prediction.candidates.push_back({.label = std::to_string(label), .probability = 0.1 * label});
  }
  prediction.filename = fmt::format("picture-{}.png", number);
  prediction.safe_filename = prediction.filename;
  prediction.user = fmt::format("user-{}", random / 101 % kUsers);
  prediction.image.emplace();
  for (std::size_t i = 0; i < prediction.image->bytes.size(); ++i) {
    prediction.image->bytes[i] = static_cast<std::byte>(mixed(random + i / 8) >> (8 * (i % 8)));
  }
  prediction.media_type = "image/png";
  prediction.latency = std::chrono::microseconds(200 + random % 2000);
  return prediction;
}

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// A cluster is looked for in the background.
void wait_until_ready(RecordStore& store) {
  for (int i = 0; i < 600; ++i) {
    if (run(store.check())) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw std::runtime_error("the store does not answer");
}

Task<bool> append(RecordStore& store, Prediction prediction) {
  const auto done = co_await store.append(std::move(prediction));
  if (!done) spdlog::error("{}", done.error().message);
  co_return done.has_value();
}

int measure_appends(const std::string& address, std::uint64_t count, std::size_t in_flight) {
  const auto store = records::open_record_store(address);
  wait_until_ready(*store);
  std::vector<Prediction> ready;
  ready.reserve(count);
  const Timestamp begin_time = now();
  for (std::uint64_t i = 0; i < count; ++i) {
    ready.push_back(prediction_at(begin_time + std::chrono::microseconds(i), i));
  }
  const auto begin = Clock::now();
  const double before = processor_seconds();
  Load load(count);
  load.run_tasks(in_flight, [&](std::uint64_t index) { return append(*store, std::move(ready[index])); });
  const double seconds = seconds_since(begin);
  fmt::print("{{\"records\": {}, \"seconds\": {:.4f}, \"processor_seconds\": {:.4f}}}\n", count, seconds,
             processor_seconds() - before);
  return load.failed() ? 1 : 0;
}

// Spread evenly over kSpread, the oldest first.
void fill(RecordStore& store, std::uint64_t count) {
  const auto begin = Clock::now();
  const auto step = std::chrono::duration_cast<std::chrono::microseconds>(kSpread) / static_cast<std::int64_t>(count);
  Load load(count);
  load.run_tasks(256, [&](std::uint64_t left) {
    const std::uint64_t number = count - 1 - left;
    return append(store, prediction_at(kBegin + static_cast<std::int64_t>(number) * step, number));
  });
  if (load.failed()) throw std::runtime_error("a prediction was refused");
  fmt::print("{{\"filled\": {}, \"seconds\": {:.1f}}}\n", count, seconds_since(begin));
}

struct NamedQuery {
  std::string name;
  records::Query query;
};

std::vector<NamedQuery> queries() {
  const std::string deep = to_string(first_uuid_of(kBegin + std::chrono::days(20)));
  const Timestamp middle = kBegin + std::chrono::days(30);
  return {
      {.name = "latest", .query = {}},
      {.name = "of a user", .query = {.user = "user-7"}},
      {.name = "of a model's result", .query = {.model = "model-1", .result = "7"}},
      {.name = "of a result", .query = {.result = "7"}},
      {.name = "of a model", .query = {.model = "model-1"}},
      {.name = "of a user and a result", .query = {.user = "user-7", .result = "7"}},
      {.name = "of a result that never occurs", .query = {.result = "Banana"}},
      {.name = "of a user who never asked", .query = {.user = "nobody"}},
      {.name = "of an hour in the middle", .query = {.from = middle, .to = middle + std::chrono::hours(1)}},
      {.name = "latest, 40 days deep", .query = {.cursor = deep}},
      {.name = "of a user, 40 days deep", .query = {.user = "user-7", .cursor = deep}},
      {.name = "of a model's result, 40 days deep", .query = {.model = "model-1", .result = "7", .cursor = deep}},
      {.name = "of a result, 40 days deep", .query = {.result = "7", .cursor = deep}},
  };
}

// True: as long as it was wanted.
bool measure_page(RecordStore& store, const NamedQuery& named) {
  constexpr std::size_t kTimes = 200;
  std::vector<double> milliseconds;
  std::size_t found = 0;
  for (std::size_t i = 0; i < kTimes; ++i) {
    const auto begin = Clock::now();
    const auto page = run(store.list(named.query));
    milliseconds.push_back(seconds_since(begin) * 1e3);
    if (!page) {
      spdlog::error("{}: {}", named.name, page.error().message);
      return false;
    }
    found = page->predictions.size();
  }
  std::ranges::sort(milliseconds);
  fmt::print("{{\"page\": \"{}\", \"found\": {}, \"median_ms\": {:.2f}, \"worst_ms\": {:.2f}}}\n", named.name, found,
             milliseconds[kTimes / 2], milliseconds.back());
  return true;
}

// The first time by itself: a store may keep what it has counted.
bool measure_tally(RecordStore& store, const std::string& name, const records::Hours& hours) {
  constexpr std::size_t kTimes = 50;
  std::vector<double> milliseconds;
  std::size_t found = 0;
  for (std::size_t i = 0; i <= kTimes; ++i) {
    const auto begin = Clock::now();
    const auto tallies = run(store.tally(hours));
    milliseconds.push_back(seconds_since(begin) * 1e3);
    if (!tallies) {
      spdlog::error("{}: {}", name, tallies.error().message);
      return false;
    }
    found = tallies->size();
  }
  const double first = milliseconds.front();
  milliseconds.erase(milliseconds.begin());
  std::ranges::sort(milliseconds);
  fmt::print("{{\"page\": \"{}\", \"found\": {}, \"first_ms\": {:.2f}, \"median_ms\": {:.2f}, \"worst_ms\": {:.2f}}}\n",
             name, found, first, milliseconds[kTimes / 2], milliseconds.back());
  return true;
}

bool measure_tallies(RecordStore& store) {
  const records::Hour middle = std::chrono::floor<std::chrono::hours>(kBegin + std::chrono::days(30));
  bool good = measure_tally(store, "statistics of a day", {.from = middle, .to = middle + std::chrono::hours(24)});
  good = measure_tally(store, "statistics of 30 days", {.from = middle}) && good;
  return measure_tally(store, "statistics of all", {}) && good;
}

int measure_pages(const std::string& address, std::uint64_t count) {
  const auto store = records::open_record_store(address);
  wait_until_ready(*store);
  const auto latest = run(store->list({.limit = 1}));
  if (!latest) throw std::runtime_error(latest.error().message);
  if (latest->predictions.empty()) fill(*store, count);
  bool good = true;
  for (const NamedQuery& named : queries()) good = measure_page(*store, named) && good;
  good = measure_tallies(*store) && good;
  return good ? 0 : 1;
}

int measure(int count, char** arguments) {
  CLI::App program("One record store under load");
  program.require_subcommand(1);
  std::string address;
  std::uint64_t records = 20'000;
  std::uint64_t filled = 1'000'000;
  std::size_t in_flight = 64;
  CLI::App* const appends = program.add_subcommand("append", "Predictions a second");
  appends->add_option("store", address, "Where they are recorded")->required();
  appends->add_option("--count", records, "How many")->capture_default_str();
  appends->add_option("--in-flight", in_flight, "Appended at the same time")->capture_default_str();
  CLI::App* const pages = program.add_subcommand("pages", "The time of a page and of statistics");
  pages->add_option("store", address, "Where they are recorded")->required();
  pages->add_option("--count", filled, "Predictions with which an empty store is filled")->capture_default_str();
  CLI11_PARSE(program, count, arguments);
  return appends->parsed() ? measure_appends(address, records, in_flight) : measure_pages(address, filled);
}

}  // namespace
}  // namespace vidi

int main(int count, char** arguments) {
  spdlog::set_level(spdlog::level::warn);
  try {
    return vidi::measure(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "records_benchmark: {}\n", error.what());
    return 2;
  }
}
