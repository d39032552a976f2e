#include "telemetry/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>

namespace vidi::telemetry {
namespace {

Buckets nanoseconds(std::vector<std::uint64_t> microseconds) {
  for (std::uint64_t& limit : microseconds) limit *= 1000;
  return {.limits = std::move(microseconds), .unit = 1e-9};
}

prometheus::ClientMetric with_labels(const Labels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels) metric.label.push_back({name, value});
  return metric;
}

prometheus::ClientMetric describe(const Labels& labels, const Histogram& histogram) {
  prometheus::ClientMetric metric = with_labels(labels);
  const Histogram::Values values = histogram.values();
  metric.histogram.sample_count = values.count;
  metric.histogram.sample_sum = values.sum;
  const Buckets& buckets = histogram.buckets();
  for (std::size_t i = 0; i < buckets.limits.size(); ++i) {
    prometheus::ClientMetric::Bucket bucket;
    bucket.cumulative_count = values.cumulative[i];
    bucket.upper_bound = static_cast<double>(buckets.limits[i]) * buckets.unit;
    metric.histogram.bucket.push_back(bucket);
  }
  return metric;
}

}  // namespace

std::size_t shard_of_thread() {
  static std::atomic<std::size_t> threads = 0;
  thread_local const std::size_t shard = threads.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

std::uint64_t Counter::value() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) sum += shard.count.load(std::memory_order_relaxed);
  return sum;
}

const Buckets& request_buckets() {
  static const Buckets buckets = nanoseconds({100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000, 100'000,
                                              250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000});
  return buckets;
}

const Buckets& stage_buckets() {
  static const Buckets buckets = nanoseconds({10, 25, 50, 100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 50'000,
                                              100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000});
  return buckets;
}

const Buckets& row_buckets() {
  static const Buckets buckets{.limits = {1, 2, 4, 8, 16, 32, 64, 128, 256}, .unit = 1};
  return buckets;
}

Histogram::Histogram(const Buckets& buckets) : buckets_(buckets) {
  if (buckets_.limits.size() > kMostBuckets || !std::ranges::is_sorted(buckets_.limits)) {
    throw std::logic_error("a histogram's buckets are too many, or not in order");
  }
}

void Histogram::observe(std::uint64_t units) {
  const auto bucket = std::ranges::lower_bound(buckets_.limits, units) - buckets_.limits.begin();
  Shard& shard = shards_[shard_of_thread()];
  shard.counts[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  shard.sum.fetch_add(units, std::memory_order_relaxed);
}

void Histogram::observe(Clock::duration time) {
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
  observe(static_cast<std::uint64_t>(std::max<decltype(nanoseconds)>(nanoseconds, 0)));
}

Histogram::Values Histogram::values() const {
  Values values;
  std::uint64_t sum = 0;
  values.cumulative.resize(buckets_.limits.size());
  for (const Shard& shard : shards_) {
    sum += shard.sum.load(std::memory_order_relaxed);
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < values.cumulative.size(); ++i) {
      count += shard.counts[i].load(std::memory_order_relaxed);
      values.cumulative[i] += count;
    }
    values.count += count + shard.counts[values.cumulative.size()].load(std::memory_order_relaxed);
  }
  values.sum = static_cast<double>(sum) * buckets_.unit;
  return values;
}

class Registry::Implementation {
 public:
  Counter& counter(const Description& description, const Labels& labels) {
    const std::scoped_lock lock(mutex_);
    auto& counter = family(description, prometheus::MetricType::Counter).counters[labels];
    if (!counter) counter = std::make_unique<Counter>();
    return *counter;
  }

  Histogram& histogram(const Description& description, const Buckets& buckets, const Labels& labels) {
    const std::scoped_lock lock(mutex_);
    auto& histogram = family(description, prometheus::MetricType::Histogram).histograms[labels];
    if (!histogram) histogram = std::make_unique<Histogram>(buckets);
    return *histogram;
  }

  std::list<Read>::iterator add(const Description& description, Kind kind, Read read) {
    const std::scoped_lock lock(mutex_);
    auto& watched = family(description, type_of(kind)).watched;
    return watched.insert(watched.end(), std::move(read));
  }

  void remove(const std::string& name, std::list<Read>::iterator place) {
    const std::scoped_lock lock(mutex_);
    families_.find(name)->second.watched.erase(place);
  }

  [[nodiscard]] std::string render() const {
    const std::scoped_lock lock(mutex_);
    std::vector<prometheus::MetricFamily> families;
    for (const auto& [name, family] : families_) {
      prometheus::MetricFamily described = describe_family(name, family);
      if (!described.metric.empty()) families.push_back(std::move(described));
    }
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  struct Family {
    std::string help;
    prometheus::MetricType type = prometheus::MetricType::Untyped;
    std::map<Labels, std::unique_ptr<Counter>> counters;
    std::map<Labels, std::unique_ptr<Histogram>> histograms;
    std::list<Read> watched;
  };

  static prometheus::MetricType type_of(Kind kind) {
    return kind == Kind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  }

  Family& family(const Description& description, prometheus::MetricType type) {
    auto [found, made] = families_.try_emplace(description.name);
    if (made) {
      found->second.help = description.help;
      found->second.type = type;
    } else if (found->second.type != type) {
      throw std::logic_error("the metric " + description.name + " is of another kind already");
    }
    return found->second;
  }

  static prometheus::MetricFamily describe_family(const std::string& name, const Family& family) {
    prometheus::MetricFamily described;
    described.name = name;
    described.help = family.help;
    described.type = family.type;
    for (const auto& [labels, counter] : family.counters) {
      prometheus::ClientMetric metric = with_labels(labels);
      metric.counter.value = static_cast<double>(counter->value());
      described.metric.push_back(std::move(metric));
    }
    for (const auto& [labels, histogram] : family.histograms) described.metric.push_back(describe(labels, *histogram));
    for (const Read& read : family.watched) {
      for (const Sample& sample : read()) {
        prometheus::ClientMetric metric = with_labels(sample.labels);
        metric.counter.value = sample.value;
        metric.gauge.value = sample.value;
        described.metric.push_back(std::move(metric));
      }
    }
    return described;
  }

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
};

Registry::Registry() : implementation_(std::make_shared<Implementation>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(const Description& description, const Labels& labels) {
  return implementation_->counter(description, labels);
}

Histogram& Registry::histogram(const Description& description, const Buckets& buckets, const Labels& labels) {
  return implementation_->histogram(description, buckets, labels);
}

Registry::Subscription Registry::watch(const Description& description, Kind kind, Read read) {
  const auto place = implementation_->add(description, kind, std::move(read));
  // The subscription may outlive the registry.
  return {nullptr, [implementation = implementation_, name = description.name, place](void*) {
            implementation->remove(name, place);
          }};
}

std::string Registry::render() const { return implementation_->render(); }

Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace vidi::telemetry
