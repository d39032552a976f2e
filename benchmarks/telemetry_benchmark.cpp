// What watching one request costs the thread that answers it.

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "telemetry/log_lines.hpp"
#include "telemetry/log_writer.hpp"
#include "telemetry/otlp_json.hpp"
#include "telemetry/request_metrics.hpp"

namespace {

using namespace vidi::telemetry;

RequestRecord recognized_picture() {
  RequestRecord record;
  record.method = "POST";
  record.path = "/predict";
  record.route = "/predict";
  record.remote_address = "127.0.0.1";
  record.user_agent = "benchmark";
  record.arrived = vidi::now();
  record.begin = Clock::now();
  record.end = record.begin + std::chrono::microseconds(850);
  record.status = 200;
  record.model = "digits";
  record.version = "1";
  record.user = "alice";
  record.id = vidi::make_uuid(record.arrived);
  record.predictions = 1;
  record.trace = start_trace(std::nullopt, 1);
  for (std::size_t i = 0; i < kStages; ++i) {
    record.stages.add(static_cast<Stage>(i), record.begin, record.begin + std::chrono::microseconds(100 * (i + 1)));
  }
  return record;
}

// The clock is read twice a stage, and the trace begins.
void measure_request(benchmark::State& state) {
  for (auto _ : state) {
    RequestRecord record;
    record.trace = start_trace(std::nullopt, 0);
    for (std::size_t i = 0; i < kStages; ++i) const Stopwatch watch(&record.stages, static_cast<Stage>(i));
    benchmark::DoNotOptimize(record);
  }
}
BENCHMARK(measure_request);

void count_request(benchmark::State& state) {
  const RequestRecord record = recognized_picture();
  for (auto _ : state) count(record);
}
BENCHMARK(count_request)->Threads(1)->Threads(2)->UseRealTime();

// The write of the log's thread is in the processor time of the process.
void log_request(benchmark::State& state) {
  const RequestRecord record = recognized_picture();
  const auto format = state.range(0) == 0 ? LogFormat::text : LogFormat::json;
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  {
    LogWriter writer(null, std::size_t{64} << 20U);
    std::string line;
    for (auto _ : state) {
      line.clear();
      append_request(line, record, format);
      writer.write(line);
    }
    state.counters["dropped"] = static_cast<double>(writer.dropped());
  }
  ::close(null);
}
BENCHMARK(log_request)->Arg(0)->Arg(1)->MeasureProcessCPUTime();

void export_request(benchmark::State& state) {
  const RequestRecord record = recognized_picture();
  for (auto _ : state) {
    const FinishedRequest request = finished(record);
    benchmark::DoNotOptimize(to_otlp_json({&request, 1}, {}));
  }
}
BENCHMARK(export_request);

}  // namespace

BENCHMARK_MAIN();
