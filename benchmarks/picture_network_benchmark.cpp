// Pictures a second through a network, and what int8 and bf16 cost in exactness.
//   picture_network_benchmark MODEL.onnx [--pictures FOLDER] [--precision f32 bf16 int8] [--rounds 5] [--seconds 2]
// In every round, one after the other: OpenVINO's own asynchronous loop on tensors of random numbers in several
// settings, the best of which is the limit, and ours from pictures of 8 bits. Prints the median of each over the
// rounds, by the clock and by processor time, and the median ratio of a round: other work on the machine changes the
// ratio least. Then the cosine of each picture's row with the one in f32; with random weights or without pictures it
// says little.

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <openvino/openvino.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "image/decode.hpp"
#include "image/resample.hpp"
#include "inference/load.hpp"

namespace {

using namespace vidi;
using inference::Precision;

struct Options {
  std::string file;
  std::string pictures;
  std::string output;
  std::vector<std::string> precisions{"f32", "bf16", "int8"};
  inference::PixelInput input;
  std::size_t count = 192;
  std::size_t calibration = 64;
  std::size_t batch = 0;
  std::size_t streams = 0;
  std::size_t threads = std::max(1U, std::thread::hardware_concurrency());
  std::size_t rounds = 5;
  bool no_loops = false;
  double seconds = 2;
};

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Of all threads.
double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Speed {
  double by_clock = 0;
  double by_processor = 0;  // as if every processor had worked for us all the time
};

// `step` begins another batch and returns how many pictures it has; `finish` waits for all of them.
Speed measure(const Options& options, const std::function<std::size_t()>& step, const std::function<void()>& finish) {
  const double begin = now();
  const double used = processor_seconds();
  std::size_t count = 0;
  while (now() - begin < options.seconds) count += step();
  finish();
  const auto done = static_cast<double>(count);
  return {done / (now() - begin), done / (processor_seconds() - used) * static_cast<double>(options.threads)};
}

// What OpenVINO's examples do: as many asynchronous requests as are best, each started again when it is done.
class AsynchronousLoop {
 public:
  AsynchronousLoop(const Options& options, const std::string& precision, std::size_t batch, std::size_t streams)
      : batch_(batch) {
    static ov::Core core;
    auto graph = core.read_model(options.file);
    const auto output = options.output.empty() ? graph->output(0) : graph->output(options.output);
    graph = std::make_shared<ov::Model>(ov::OutputVector{output.get_node()->input_value(0)}, graph->get_parameters());
    ov::PartialShape shape = graph->input().get_partial_shape();
    shape[0] = static_cast<std::int64_t>(batch);
    graph->reshape(shape);
    model_ =
        core.compile_model(graph, "CPU", ov::num_streams(static_cast<int>(streams)),
                           ov::inference_num_threads(static_cast<int>(options.threads)),
                           ov::hint::inference_precision(precision == "bf16" ? ov::element::bf16 : ov::element::f32),
                           ov::hint::enable_cpu_pinning(false));
    const std::size_t count = model_.get_property(ov::optimal_number_of_infer_requests);
    for (std::size_t i = 0; i < count; ++i) add_request();
  }

  Speed run(const Options& options) {
    return measure(
        options,
        [this] {
          ov::InferRequest& request = requests_[take()];
          request.start_async();
          return batch_;
        },
        [this] {
          for (ov::InferRequest& request : requests_) request.wait();
        });
  }

 private:
  void add_request() {
    const std::size_t index = requests_.size();
    ov::InferRequest request = model_.create_infer_request();
    ov::Tensor tensor = request.get_input_tensor();
    std::mt19937 random(7);
    std::uniform_real_distribution<float> uniform(-1, 1);
    std::generate_n(tensor.data<float>(), tensor.get_size(), [&] { return uniform(random); });
    request.set_callback([this, index](const std::exception_ptr&) {
      const std::scoped_lock lock(mutex_);
      idle_.push_back(index);
      changed_.notify_one();
    });
    requests_.push_back(std::move(request));
    idle_.push_back(index);
  }

  std::size_t take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !idle_.empty(); });
    const std::size_t index = idle_.back();
    idle_.pop_back();
    return index;
  }

  std::size_t batch_;
  ov::CompiledModel model_;
  std::vector<ov::InferRequest> requests_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> idle_;
};

// As many threads as the network has streams, each with batches of its own.
Speed run_ours(const Options& options, inference::PictureNetwork& network, std::span<const std::uint8_t> pictures) {
  const std::size_t bytes = pictures.size() / options.count;
  const std::size_t batch = std::min(network.batch(), options.count);
  const double used = processor_seconds();
  const double begin = now();
  std::vector<std::size_t> counts(network.streams());
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < network.streams(); ++i) {
      threads.emplace_back([&, i] {
        std::vector<float> rows(batch * network.columns());
        while (now() - begin < options.seconds) {
          const std::size_t first = (counts[i] * (i + 1)) % (options.count - batch + 1);
          if (!network.infer(pictures.subspan(first * bytes, batch * bytes), batch, rows)) std::abort();
          counts[i] += batch;
        }
      });
    }
  }
  double done = 0;
  for (const std::size_t count : counts) done += static_cast<double>(count);
  return {done / (now() - begin), done / (processor_seconds() - used) * static_cast<double>(options.threads)};
}

std::vector<std::uint8_t> read_pictures(const Options& options) {
  const auto& input = options.input;
  const std::size_t bytes = static_cast<std::size_t>(input.width) * static_cast<std::size_t>(input.height) * 3;
  std::vector<std::uint8_t> pixels;
  std::vector<std::string> files;
  if (!options.pictures.empty()) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options.pictures)) {
      if (entry.path().extension() == ".jpg") files.push_back(entry.path().string());
    }
    std::ranges::sort(files);
    std::ranges::shuffle(files, std::mt19937(7));
  }
  for (const std::string& file : files) {
    if (pixels.size() == options.count * bytes) break;
    std::ifstream stream(file, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    const auto picture = image::decode(as_bytes(text));
    if (!picture || picture->channels != 3) continue;
    const auto fitted = image::resample(*picture, input.width, input.height, image::Filter::bicubic);
    pixels.insert(pixels.end(), fitted.pixels.begin(), fitted.pixels.end());
  }
  std::mt19937 random(7);
  while (pixels.size() < options.count * bytes) pixels.push_back(static_cast<std::uint8_t>(random()));
  return pixels;
}

std::vector<float> rows_of(const Options& options, inference::PictureNetwork& network,
                           std::span<const std::uint8_t> pictures) {
  const std::size_t bytes = pictures.size() / options.count;
  std::vector<float> rows(options.count * network.columns());
  for (std::size_t first = 0; first < options.count; first += network.batch()) {
    const std::size_t count = std::min(network.batch(), options.count - first);
    const auto done = network.infer(pictures.subspan(first * bytes, count * bytes), count,
                                    std::span(rows).subspan(first * network.columns(), count * network.columns()));
    if (!done) fmt::print(stderr, "{}\n", done.error().message);
  }
  return rows;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  double product = 0;
  double left = 0;
  double right = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    left += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    right += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return product / std::sqrt(left * right);
}

// Of rows without the mean of all rows in `a`, which most of a row of features is.
void print_cosines(const std::vector<float>& exact, const std::vector<float>& rows, std::size_t columns) {
  const std::size_t count = exact.size() / columns;
  std::vector<float> means(columns);
  for (std::size_t i = 0; i < exact.size(); ++i) means[i % columns] += exact[i] / static_cast<float>(count);
  std::vector<double> whole;
  std::vector<double> centered;
  for (std::size_t row = 0; row < count; ++row) {
    std::vector<float> a(exact.begin() + static_cast<std::ptrdiff_t>(row * columns),
                         exact.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns));
    std::vector<float> b(rows.begin() + static_cast<std::ptrdiff_t>(row * columns),
                         rows.begin() + static_cast<std::ptrdiff_t>((row + 1) * columns));
    whole.push_back(cosine(a, b));
    for (std::size_t i = 0; i < columns; ++i) {
      a[i] -= means[i];
      b[i] -= means[i];
    }
    centered.push_back(cosine(a, b));
  }
  std::ranges::sort(whole);
  std::ranges::sort(centered);
  fmt::print("  cosine with f32: median {:.5f}, least {:.5f}; without the mean of all: {:.5f}, {:.5f}\n",
             whole[count / 2], whole.front(), centered[count / 2], centered.front());
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values.empty() ? 0 : values[values.size() / 2];
}

void print(const std::string& what, const std::vector<Speed>& speeds) {
  std::vector<double> clock;
  std::vector<double> processor;
  for (const Speed& speed : speeds) {
    clock.push_back(speed.by_clock);
    processor.push_back(speed.by_processor);
  }
  fmt::print("  {:<24} {:8.1f} pictures/s, {:8.1f} by processor time\n", what, median(clock), median(processor));
}

Precision precision_of(const std::string& name) { return inference::precision_named(name).value_or(Precision::f32); }

int run(const Options& options) {
  std::ifstream stream(options.file, std::ios::binary);
  const std::string onnx{std::istreambuf_iterator<char>(stream), {}};
  const std::vector<std::uint8_t> pictures = read_pictures(options);
  const std::size_t bytes = pictures.size() / options.count;
  std::vector<float> exact;
  for (const std::string& name : options.precisions) {
    const double begin = now();
    auto network = inference::compile_picture_network(
        as_bytes(onnx), options.input,
        {.precision = precision_of(name),
         .batch = options.batch,
         .streams = options.streams,
         .threads = options.threads,
         .output = options.output,
         .calibration = std::span(pictures).first(std::min(options.calibration, options.count) * bytes)});
    if (!network) {
      fmt::print(stderr, "{}\n", network.error().message);
      return EXIT_FAILURE;
    }
    fmt::print("{}: {} (compiled in {:.1f} s)\n", name, describe(**network), now() - begin);
    std::map<std::string, std::unique_ptr<AsynchronousLoop>> loops;
    if (name != "int8" && options.rounds > 0 && !options.no_loops) {
      for (const std::size_t batch : {1U, 4U}) {
        for (std::size_t streams = 1; streams <= options.threads;
             streams += std::max<std::size_t>(1, options.threads - 1)) {
          loops[fmt::format("loop of {} x {}", streams, batch)] =
              std::make_unique<AsynchronousLoop>(options, name, batch, streams);
        }
      }
    }
    std::map<std::string, std::vector<Speed>> speeds;
    std::vector<Speed> ours;
    std::vector<double> ratios;
    std::vector<double> ratios_by_processor;
    for (std::size_t round = 0; round < options.rounds; ++round) {
      Speed limit;
      for (auto& [what, loop] : loops) {
        speeds[what].push_back(loop->run(options));
        limit.by_clock = std::max(limit.by_clock, speeds[what].back().by_clock);
        limit.by_processor = std::max(limit.by_processor, speeds[what].back().by_processor);
      }
      ours.push_back(run_ours(options, **network, pictures));
      ratios.push_back(ours.back().by_clock / limit.by_clock);
      ratios_by_processor.push_back(ours.back().by_processor / limit.by_processor);
    }
    for (const auto& [what, each] : speeds) print(what, each);
    if (options.rounds > 0) print("ours", ours);
    if (!loops.empty()) {
      fmt::print("  ours, of the best loop   {:8.3f}             {:8.3f} by processor time\n", median(ratios),
                 median(ratios_by_processor));
    }
    const std::vector<float> rows = rows_of(options, **network, pictures);
    if (exact.empty()) exact = rows;
    print_cosines(exact, rows, (*network)->columns());
    std::fflush(stdout);
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.input.width = 224;
  options.input.height = 224;
  CLI::App app("Pictures a second through a network, and how exact");
  app.add_option("file", options.file, "an ONNX network")->required()->check(CLI::ExistingFile);
  app.add_option("--pictures", options.pictures, "a folder with JPEG files; random pixels without")
      ->check(CLI::ExistingDirectory);
  app.add_option("--count", options.count, "pictures that are read");
  app.add_option("--calibration", options.calibration, "of them, for int8");
  app.add_option("--output", options.output);
  app.add_option("--precision", options.precisions)->check(CLI::IsMember({"f32", "bf16", "int8"}));
  app.add_option("--width", options.input.width);
  app.add_option("--height", options.input.height);
  app.add_flag("--channels-first", options.input.channels_first);
  app.add_flag("--reversed", options.input.reversed);
  app.add_option("--mean", options.input.mean)->expected(3);
  app.add_option("--deviation", options.input.deviation)->expected(3);
  app.add_option("--scale", options.input.scale);
  app.add_option("--offset", options.input.offset);
  app.add_option("--batch", options.batch);
  app.add_option("--streams", options.streams);
  app.add_option("--threads", options.threads);
  app.add_flag("--no-loops", options.no_loops, "ours alone");
  app.add_option("--rounds", options.rounds, "0: no times");
  app.add_option("--seconds", options.seconds, "for each measurement");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
