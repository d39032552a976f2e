#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "charts/features_plot.hpp"
#include "commands/commands.hpp"
#include "datasets/accuracy.hpp"
#include "features/batch_progress.hpp"
#include "features/job.hpp"
#include "files/program_folder.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;
using datasets::with_thousands;

struct FeaturesOptions {
  features::Job job;
  std::string size;
  std::string precision;
  double patience = 300;  // seconds
};

volatile std::sig_atomic_t signals = 0;

extern "C" void note_signal(int /*number*/) {
  if (signals != 0) ::_exit(130);  // asked twice
  signals = 1;
}

// Asks the job to stop when the program is told to.
class Signals {
 public:
  Signals() {
    std::signal(SIGINT, note_signal);
    std::signal(SIGTERM, note_signal);
  }

  [[nodiscard]] std::stop_token token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any ending_;
  std::jthread watcher_{[this](const std::stop_token& end) {
    while (!end.stop_requested()) {
      if (signals != 0) stop_.request_stop();
      std::unique_lock lock(mutex_);
      ending_.wait_for(lock, end, std::chrono::milliseconds(50), [] { return false; });
    }
  }};
};

void read_size(const std::string& size, backbones::Choice& choice) {
  if (size.empty()) return;
  const char* const end = size.data() + size.size();
  const auto width = std::from_chars(size.data(), end, choice.width);
  if (width.ec == std::errc() && width.ptr != end && *width.ptr == 'x') {
    const auto height = std::from_chars(width.ptr + 1, end, choice.height);
    if (height.ec == std::errc() && height.ptr == end && choice.width > 0 && choice.height > 0) return;
  }
  throw std::runtime_error(fmt::format("--size {} is not of the form WIDTHxHEIGHT, such as 224x224", size));
}

inference::Precision read_precision(const std::string& precision) {
  if (const auto named = inference::precision_named(precision)) return *named;
  throw std::runtime_error(
      fmt::format("--precision {} is not known: {} are", precision, inference::precision_list("and")));
}

fs::path cache_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
    return fs::path(value != nullptr ? value : "");
  };
  if (!variable("XDG_CACHE_HOME").empty()) return variable("XDG_CACHE_HOME") / "vidi";
  if (!variable("HOME").empty()) return variable("HOME") / ".cache" / "vidi";
  return fs::temp_directory_path() / "vidi";
}

void print_precision(const features::PrecisionCheck& check, inference::Precision precision) {
  fmt::print(
      "{} beside f32, {} pictures: cosine {:.6f} on average, {:.6f} at least; {:.2f} degrees between the first {} "
      "components\n",
      inference::precision_name(precision), check.pictures, check.mean_cosine, check.least_cosine, check.angle,
      check.components);
}

void print_summary(const features::Summary& summary, const FeaturesOptions& options) {
  const features::Job& job = options.job;
  const auto& totals = summary.totals;
  const std::uint64_t now = totals.done - summary.done_before;
  fmt::print("{} pictures of {}: {} done{}, {} rejected{}\n", with_thousands(totals.listed), job.source,
             with_thousands(totals.done),
             summary.done_before == 0 ? "" : fmt::format(" ({} of them before)", with_thousands(summary.done_before)),
             with_thousands(totals.rejected), totals.rejected == 0 ? "" : " (rejects.parquet says why)");
  if (summary.stopped) {
    fmt::print("stopped: the same command goes on from here\n");
    return;
  }
  fmt::print("{} rows of {} features in {}", with_thousands(summary.rows), with_thousands(summary.columns), job.out);
  if (summary.components != 0) {
    fmt::print("; {} components with {:.1f} % of the variance", summary.components, 100 * summary.explained);
  }
  fmt::print("\n");
  if (summary.check) print_precision(*summary.check, summary.precision);
  fmt::print("computed: {}\n", summary.execution);
  fmt::print("time: {:.1f} s, {:.1f} pictures a second\n", summary.seconds, static_cast<double>(now) / summary.seconds);
  fmt::print("  until the first picture {:.1f} s; reducing {:.1f} s\n", summary.starting, summary.reducing);
  fmt::print("  of all threads: reading {:.1f} s, decoding {:.1f} s, inference {:.1f} s, writing {:.1f} s\n",
             summary.reading, summary.decoding, summary.inferring, summary.writing);
}

struct DrawnFeatures {
  std::string out;
  std::string picture;
};

int run_features(FeaturesOptions& options) {
  features::Job& job = options.job;
  if (job.source.empty())
    throw std::runtime_error("no source is named: expected a folder of pictures, s3://BUCKET/PREFIX or a list");
  if (job.out.empty()) throw std::runtime_error("no output is named: --out FOLDER or --out s3://BUCKET/PREFIX");
  read_size(options.size, job.backbone);
  if (!options.precision.empty()) job.precision = read_precision(options.precision);
  job.version = VIDI_VERSION;
  job.cache = cache_folder();
  if (job.backbone.cache.empty()) job.backbone.cache = job.cache;
  job.backbone.folders = {"backbones", files::program_folder() / "../share/vidi/backbones"};
  job.reading.patience = std::chrono::milliseconds(static_cast<std::int64_t>(1000 * options.patience));
  const Signals stop;
  features::BatchProgress progress(::isatty(STDERR_FILENO) == 1, [](std::string_view text) {
    fmt::print(stderr, "{}", text);
    std::fflush(stderr);
  });
  const auto summary = features::run_job(job, progress, stop.token());
  progress.finish();
  if (!summary) {
    fmt::print(stderr, "vidi: {}\n", summary.error().message);
    const ErrorCode code = summary.error().code;
    return code == ErrorCode::invalid_argument || code == ErrorCode::conflict || code == ErrorCode::not_found ? 2 : 1;
  }
  if (summary->nothing_to_do) {
    fmt::print("nothing to do: the features of all {} pictures are in {}\n", with_thousands(summary->totals.listed),
               job.out);
    return 0;
  }
  print_summary(*summary, options);
  return summary->stopped ? 130 : 0;
}

int draw(const DrawnFeatures& options) {
  if (!options.picture.empty() && !charts::can_draw(options.picture)) {
    fmt::print(stderr, "vidi: {}: the picture's name must end in .svg or .png\n", options.picture);
    return 2;
  }
  try {
    for (const fs::path& picture : charts::plot_features(options.out, options.picture)) {
      fmt::print("wrote {}\n", picture.string());
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "vidi: {}\n", error.what());
    return 1;
  }
}

void add_backbone_options(Command command, FeaturesOptions& options) {
  backbones::Choice& choice = options.job.backbone;
  const char* const group = "Backbone";
  choice.backbone = "efficientnet-lite0";
  command.option("--backbone", &choice.backbone, "efficientnet-lite0, resnet50, or an ONNX file with a model.toml")
      .show_default()
      .group(group);
  command.option("--weights", &choice.weights, "Of resnet50: imagenet, none, or a file of Keras (.h5, .keras)")
      .group(group);
  command.option("--seed", &choice.seed, "Of --weights none").show_default().group(group);
  command.option("--pooling", &choice.pooling, "Of resnet50: max or avg").group(group);
  command.option("--size", &options.size, "Of resnet50: WIDTHxHEIGHT in pixels; 224x224 without").group(group);
  command.option("--weights-home", &choice.weights_home, "Where --weights imagenet is fetched from").group(group);
  command.option("--cache", &choice.cache, "Where it is kept; ~/.cache/vidi without").group(group);
  command
      .option("--precision", &options.precision,
              fmt::format("{}; without, f32, or that of --apply", inference::precision_list("or")))
      .group(group);
}

void add_limits(Command command, FeaturesOptions& options) {
  features::Job& job = options.job;
  const char* const group = "Limits";
  command.option("--limit", &job.limit, "Only so many pictures, the first ones; 0: all").show_default().group(group);
  command.option("--max-rejects", &job.max_rejects, "Stop when more pictures than this cannot be used").group(group);
  command.option("--max-bytes", &job.reading.max_bytes, "Of a picture's file").show_default().group(group);
  command.option("--max-pixels", &job.limits.max_pixels, "Of a picture: width times height")
      .show_default()
      .group(group);
  command.option("--patience", &options.patience, "Seconds to wait for a source or output that does not answer")
      .show_default()
      .group(group);
  command.option("--batch", &job.batch, "Pictures inferred together; 0: chosen").show_default().group(group);
  command.option("--streams", &job.streams, "Batches inferred at the same time; 0: chosen").show_default().group(group);
  command.option("--threads", &job.threads, "Processors to infer with; 0: all").show_default().group(group);
  command.option("--part-pictures", &job.part_pictures, "Pictures of one Parquet file; 0: as many as make 64 MB")
      .show_default()
      .group(group);
}

}  // namespace

Action add_features(Command program) {
  Command command = program.subcommand("features", "Turn the pictures of a folder or bucket into a table of features");
  auto options = std::make_shared<FeaturesOptions>();
  features::Job& job = options->job;
  command.option("source", &job.source,
                 "A folder, s3://BUCKET/PREFIX, the URL of a picture, or a file that names pictures, one a line");
  command.option("--out", &job.out, "Where the table goes: a folder or s3://BUCKET/PREFIX");
  command.option("--pca", &job.components, "Principal components; 0: none").show_default();
  command.option("--labels", &job.labels,
                 "A CSV or Parquet table with image and label; without, the picture's folder is its label");
  command.option("--apply", &job.apply, "Take backbone, scaler and components from this output; fit nothing");
  command.flag("--append", &job.append, "Add new pictures to an output that is finished");
  command.flag("--keep-scaled", &job.keep_scaled, "Write features_scaled too");
  command.option("--augment", &job.augment, "Variants of each picture, besides itself").show_default();
  command.option("--augment-seed", &job.augment_seed, "Seed for drawing the variants").show_default();
  add_backbone_options(command, *options);
  add_limits(command, *options);
  Command plot = command.subcommand("plot", "Draw explained variance, and the first two components by label");
  auto drawn = std::make_shared<DrawnFeatures>();
  plot.option("features", &drawn->out, "A folder that `vidi features` has written").required();
  plot.option("--out", &drawn->picture, "A file that ends in .svg or .png; without, plot.svg and plot.png there");
  return [=] { return plot.is_chosen() ? draw(*drawn) : run_features(*options); };
}

}  // namespace vidi::app
