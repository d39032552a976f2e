#pragma once
// Counters, gauges and histograms that cost a few nanoseconds where they are counted, and their text for Prometheus.

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace vidi::telemetry {

using Clock = std::chrono::steady_clock;

// Threads count in different places, so that they do not wait for one another's cache line.
constexpr std::size_t kShards = 8;

// The place of the calling thread.
std::size_t shard_of_thread();

// Only grows. Any thread.
class Counter {
 public:
  void add(std::uint64_t count = 1) { shards_[shard_of_thread()].count.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const;

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> count = 0;
  };
  std::array<Shard, kShards> shards_;
};

// Upper limits of a histogram's buckets, in whole units, ascending; at most kMostBuckets.
struct Buckets {
  std::vector<std::uint64_t> limits;
  double unit = 1;  // what one of them is in the exposed unit: 1e-9 for nanoseconds that are shown in seconds
};
constexpr std::size_t kMostBuckets = 23;

const Buckets& request_buckets();  // 0.1 ms to 10 s
const Buckets& stage_buckets();    // 10 us to 10 s
const Buckets& row_buckets();      // 1 to 256 rows

// How often values of which size were observed. Any thread.
class Histogram {
 public:
  explicit Histogram(const Buckets& buckets);

  void observe(std::uint64_t units);
  void observe(Clock::duration time);  // of a histogram whose unit is a nanosecond

  struct Values {
    std::vector<std::uint64_t> cumulative;  // of each limit: how many were not above it
    std::uint64_t count = 0;
    double sum = 0;
  };
  [[nodiscard]] Values values() const;
  [[nodiscard]] const Buckets& buckets() const { return buckets_; }

 private:
  struct alignas(64) Shard {
    std::atomic<std::uint64_t> sum = 0;
    std::array<std::atomic<std::uint64_t>, kMostBuckets + 1> counts{};
  };
  const Buckets buckets_;
  std::array<Shard, kShards> shards_;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Description {
  std::string name;
  std::string help;
};

// A value that is read when it is asked for.
struct Sample {
  Labels labels;
  double value = 0;
};
enum class Kind { counter, gauge };

// Every metric of a process. Any thread; what it hands out lives as long as it does.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // The one with this name and these labels; made when it is asked for first. Looking it up takes a lock: keep it.
  // Throws std::logic_error for a name that is another kind's.
  Counter& counter(const Description& description, const Labels& labels = {});
  Histogram& histogram(const Description& description, const Buckets& buckets, const Labels& labels = {});

  // Asks `read` whenever the metrics are rendered, until what is returned is destroyed. `read` must not use the
  // registry.
  using Subscription = std::shared_ptr<void>;
  using Read = std::function<std::vector<Sample>()>;
  [[nodiscard]] Subscription watch(const Description& description, Kind kind, Read read);

  // In Prometheus' text format, version 0.0.4.
  [[nodiscard]] std::string render() const;

 private:
  class Implementation;
  const std::shared_ptr<Implementation> implementation_;
};

// The one of this process.
Registry& registry();

}  // namespace vidi::telemetry
