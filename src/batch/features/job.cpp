#include "features/job.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>
#include <utility>

#include "core/digest.hpp"
#include "core/time.hpp"
#include "features/feature_table.hpp"
#include "features/manifest.hpp"
#include "features/network.hpp"
#include "features/output.hpp"
#include "features/patience.hpp"
#include "features/reduction.hpp"
#include "files/file.hpp"
#include "tables/labels.hpp"

namespace vidi::features {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kPartBytes = std::size_t{64} << 20U;

double seconds_since(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

double seconds(const std::atomic<std::int64_t>& nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

bool is_bucket(const std::string& name) { return name.starts_with("s3://"); }

class JobRun {
 public:
  JobRun(const Job& job, Observer& observer, std::stop_token stop)
      : job_(job), observer_(observer), stop_(std::move(stop)) {}

  Result<Summary> run() {
    for (const auto step : {&JobRun::open_output_folder, &JobRun::choose_backbone, &JobRun::compare_with_before,
                            &JobRun::open_notes, &JobRun::make_table}) {
      if (auto done = (this->*step)(); !done) return forward_error(done);
      if (summary_.nothing_to_do || summary_.stopped) break;
    }
    summary_.seconds = seconds_since(began_);
    return std::move(summary_);
  }

 private:
  [[nodiscard]] std::size_t variants() const { return 1 + job_.augment; }
  [[nodiscard]] bool stopping() const { return stop_.stop_requested() || ended_; }

  void note(const std::string& text) {
    const std::scoped_lock lock(observing_);
    observer_.note(text);
  }

  Result<void> open_output_folder() {
    if (job_.out.empty())
      return fail(ErrorCode::invalid_argument, "no output is named: expected a folder or s3://BUCKET/PREFIX");
    if (!is_bucket(job_.out) && !is_bucket(job_.source) && !job_.source.starts_with("http")) {
      const std::string source = fs::weakly_canonical(job_.source).string() + "/";
      if ((fs::weakly_canonical(job_.out).string() + "/").starts_with(source) && fs::is_directory(job_.source)) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("the output {} lies in the source {}, and would be taken for pictures", job_.out, job_.source));
      }
    }
    auto source = sources::open_source(job_.source);
    if (!source) return forward_error(source);
    source_ = std::move(*source);
    work_ = is_bucket(job_.out) ? job_.cache / "features" / to_string(sha256(as_bytes(job_.out))).substr(0, 16)
                                : fs::path(job_.out) / ".vidi";
    auto output = open_output(job_.out, work_);
    if (!output) return forward_error(output);
    output_ = std::move(*output);
    if (auto checked = output_->check(); !checked) return checked;
    std::error_code error;
    fs::create_directories(work_, error);
    if (error) return fail(ErrorCode::internal, fmt::format("{} cannot be made: {}", work_.string(), error.message()));
    return lock_notes();
  }

  Result<void> lock_notes() {
    auto file = files::File::open(work_ / "lock", O_RDWR | O_CREAT);
    if (!file) return std::unexpected(files::explain(file.error(), "the notes of the job"));
    lock_ = std::move(*file);
    if (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) == 0) return {};
    if (errno != EWOULDBLOCK) return {};  // a file system without locks
    return fail(ErrorCode::conflict, fmt::format("another process works on {} now", job_.out));
  }

  Result<void> choose_backbone() {
    backbones::Choice choice = job_.backbone;
    if (!job_.apply.empty()) {
      auto taken = take_from_other(choice);
      if (!taken) return taken;
    }
    auto backbone = backbones::open_backbone(choice);
    if (!backbone) return forward_error(backbone);
    backbone_ = std::move(*backbone);
    digest_ = to_string(sha256(backbone_.onnx));
    return {};
  }

  // The backbone and the reduction of another job.
  Result<void> take_from_other(backbones::Choice& choice) {
    auto other = open_output(job_.apply, work_ / "apply");
    if (!other) return forward_error(other);
    other_ = std::move(*other);
    auto manifest = read_manifest(*other_);
    if (!manifest) return forward_error(manifest);
    if (!*manifest || (**manifest)["state"] != "finished") {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{} holds no finished job whose scaler and components could be applied", job_.apply));
    }
    const std::string precision = (**manifest)["settings"].value("precision", "f32");
    if (!job_.precision) job_.precision = inference::precision_named(precision);
    if (inference::precision_name(precision_of(job_)) != precision) {
      return fail(ErrorCode::invalid_argument, fmt::format("the features of {} were made in {}; give --precision {}",
                                                           job_.apply, precision, precision));
    }
    const auto network = other_->fetch("backbone/1/model.onnx");
    if (!network) return forward_error(network);
    const auto description = other_->fetch("backbone/model.toml");
    if (!description) return forward_error(description);
    choice = {};
    choice.backbone = description->parent_path().string();
    auto reduction = read_reduction(*other_);
    if (!reduction) return forward_error(reduction);
    reduction_ = std::move(*reduction);
    return {};
  }

  [[nodiscard]] std::int64_t part_pictures() const {
    if (job_.part_pictures > 0) return job_.part_pictures;
    const std::size_t row = backbone_.columns * sizeof(float) * variants();
    return static_cast<std::int64_t>(std::clamp<std::size_t>(kPartBytes / row, 64, 16'384));
  }

  Result<void> compare_with_before() {
    auto manifest = read_manifest(*output_);
    if (!manifest) return forward_error(manifest);
    if (*manifest) {
      manifest_ = std::move(**manifest);
      was_finished_ = manifest_["state"] == "finished";
      return compare_settings(manifest_["settings"], settings_of(job_, backbone_, digest_, part_pictures()));
    }
    for (const char* folder : {"features", "pictures"}) {
      const auto names = output_->list(folder);
      if (!names) return forward_error(names);
      if (names->empty()) continue;
      return fail(ErrorCode::conflict,
                  fmt::format("{} holds {} without a manifest.json, so nobody knows what they are: give another output",
                              job_.out, names->front()));
    }
    if (job_.append) {
      return fail(ErrorCode::not_found, fmt::format("{} holds no job that pictures could be added to", job_.out));
    }
    return {};
  }

  Result<void> open_notes() {
    const PictureLedger::Shape shape{
        .part_pictures = part_pictures(), .variants = variants(), .columns = backbone_.columns};
    auto ledger = PictureLedger::open(work_ / "catalogue.db", shape);
    if (!ledger) return forward_error(ledger);
    ledger_ = std::move(*ledger);
    table_.emplace(
        *output_, *ledger_,
        FeatureTable::Options{
            .shape = shape, .work = work_, .with_moments = job_.apply.empty(), .try_again = [this](const Error& error) {
              return patience_.try_again(error);
            }});
    if (auto loaded = table_->load(); !loaded) return loaded;
    const auto stale = ledger_->stale_parts();
    if (!stale) return forward_error(stale);
    for (const std::int64_t part : *stale) {
      if (auto restored = table_->restore(part); !restored) return restored;
    }
    summary_.done_before = ledger_->totals().done;
    if (!job_.labels.empty()) {
      auto labeled = tables::read_labels(job_.labels, [this](const std::string& image, const std::string& label) {
        return ledger_->add_label(image, label);
      });
      if (!labeled) return labeled;
    }
    return was_finished_ ? go_on_after_end() : begin_manifest();
  }

  // A finished job is done unless there is something new, and that is to be added.
  Result<void> go_on_after_end() {
    std::uint64_t added = 0;
    std::uint64_t changed = 0;
    auto listed = list([&](const sources::Entry& entry) -> Result<void> {
      const auto noted = ledger_->compare(entry);
      if (!noted) return forward_error(noted);
      added += *noted == PictureLedger::Noted::added ? 1 : 0;
      changed += *noted == PictureLedger::Noted::changed ? 1 : 0;
      return {};
    });
    if (!listed) return listed;
    if (added + changed == 0) {
      summary_.nothing_to_do = true;
      summary_.totals = ledger_->totals();
      return {};
    }
    if (!job_.append) {
      return fail(ErrorCode::conflict,
                  fmt::format("{} is finished; since then {} pictures are new and {} have changed: --append adds them",
                              job_.out, added, changed));
    }
    ledger_->begin_append();
    return begin_manifest();
  }

  Result<void> begin_manifest() {
    const ordered_json before = std::exchange(manifest_, ordered_json::object());
    manifest_["vidi"] = job_.version;
    manifest_["state"] = "running";
    manifest_["settings"] = settings_of(job_, backbone_, digest_, part_pictures());
    manifest_["runs"] = before.value("runs", 0) + 1;
    manifest_["began"] = before.contains("began") ? before["began"] : ordered_json(to_string(now()));
    for (const char* key : {"precision", "timings", "bill"}) {
      if (before.contains(key)) manifest_[key] = before[key];
    }
    return write_manifest(manifest_, *output_, *table_);
  }

  Result<void> list(const sources::Source::Take& take) {
    std::uint64_t count = 0;
    bool enough = false;
    auto listed = source_->list([&](const sources::Entry& entry) -> Result<void> {
      if (stopping()) return fail(ErrorCode::unavailable, "stopped");
      if (job_.limit != 0 && count == job_.limit) {
        enough = true;
        return fail(ErrorCode::unavailable, "that is enough");
      }
      ++count;
      return take(entry);
    });
    return enough ? Result<void>() : listed;
  }

  // On a thread of its own.
  void list_all() {
    auto listed = list([this](const sources::Entry& entry) { return note_entry(entry); });
    if (listed) listed = ledger_->end_listing();
    listing_ = false;
    if (listed || stopping()) return;
    const std::scoped_lock lock(observing_);
    listing_failure_ = std::move(listed.error());
    ledger_->stop();
  }

  Result<void> note_entry(sources::Entry entry) {
    if (!job_.labels.empty()) {
      auto label = ledger_->label_of(entry.key);
      if (!label) return forward_error(label);
      entry.label = std::move(*label);
    }
    const auto noted = ledger_->note(entry);
    if (!noted) return forward_error(noted);
    if (*noted != PictureLedger::Noted::part_is_stale) return {};
    const auto stale = ledger_->stale_parts();
    if (!stale) return forward_error(stale);
    for (const std::int64_t part : *stale) {
      if (auto restored = table_->restore(part); !restored) return restored;
    }
    return {};
  }

  Result<void> make_table() {
    auto made = compute();
    if (!made || summary_.stopped) return made;
    const auto began = SteadyClock::now();
    auto reduced = reduce();
    summary_.reducing = seconds_since(began);
    if (!reduced) return reduced;
    return end_manifest();
  }

  // Everything up to the last part of the features.
  Result<void> compute() {
    std::jthread saving([this] { saved_ = save_backbone(); });
    std::jthread lister([this] { list_all(); });
    const std::jthread monitor([this](const std::stop_token& end) { watch(end); });
    auto done = run_network();
    ended_ = !done;
    lister.join();
    saving.join();
    if (done) done = ledger_->commit();
    if (done && listing_failure_) return std::unexpected(*listing_failure_);
    if (done) done = saved_;
    if (!done) return done;
    summary_.stopped = stop_.stop_requested();
    summary_.totals = ledger_->totals();
    return summary_.stopped ? add_to_bill() : table_->write_ready();
  }

  Result<void> run_network() {
    const PipelineOptions options = pipeline_options();
    auto opened = open_network({.job = job_,
                                .backbone = backbone_,
                                .ledger = *ledger_,
                                .source = *source_,
                                .output = *output_,
                                .other = other_.get(),
                                .table = *table_,
                                .pipeline = options,
                                .is_checked = manifest_.contains("precision")});
    if (!opened) return forward_error(opened);
    summary_.execution = inference::describe(*opened->network);
    summary_.precision = precision_of(job_);
    summary_.starting = seconds_since(began_);
    if (opened->check) note_check(*opened->check);
    return run_pipeline(*ledger_, *source_, *opened->network, options, times_,
                        [this] { return table_->write_ready(); });
  }

  void note_check(const PrecisionCheck& check) {
    summary_.check = check;
    manifest_["precision"] = {{"pictures", check.pictures},
                              {"mean_cosine", check.mean_cosine},
                              {"least_cosine", check.least_cosine},
                              {"components", check.components},
                              {"largest_angle_degrees", check.angle}};
  }

  [[nodiscard]] PipelineOptions pipeline_options() {
    PipelineOptions options{.reading = job_.reading,
                            .preparing = {.input = backbone_.input,
                                          .limits = job_.limits,
                                          .variants = variants(),
                                          .seed = job_.augment_seed},
                            .max_rejects = job_.max_rejects,
                            .labels_are_needed = !job_.labels.empty()};
    options.preparing.limits.max_bytes = job_.reading.max_bytes;
    options.reading.say = [this](const std::string& text) { patience_.say(text); };
    options.reading.stopped = [this] { return stop_.stop_requested(); };
    return options;
  }

  Result<void> save_backbone() {
    const auto there = output_->list("backbone");
    if (there && std::ranges::find(*there, "backbone/model.toml") != there->end()) return {};
    const auto description = output_->place("backbone/model.toml");
    if (!description) return forward_error(description);
    if (auto saved = backbones::save_backbone(backbone_, description->parent_path()); !saved) return saved;
    if (auto published = table_->publish("backbone/1/model.onnx"); !published) return published;
    return table_->publish("backbone/model.toml");
  }

  // Tells the observer, and lets the ledger go when the job is to stop.
  void watch(const std::stop_token& end) {
    std::deque<std::pair<SteadyClock::time_point, std::uint64_t>> lately;
    while (!end.stop_requested()) {
      if (stop_.stop_requested()) ledger_->stop();
      const Totals totals = ledger_->totals();
      const auto now = SteadyClock::now();
      lately.emplace_back(now, totals.done + totals.rejected);
      while (now - lately.front().first > std::chrono::seconds(15)) lately.pop_front();
      const double time = std::chrono::duration<double>(now - lately.front().first).count();
      const auto done = static_cast<double>(lately.back().second - lately.front().second);
      {
        const std::scoped_lock lock(observing_);
        observer_.progress({.totals = totals, .listing = listing_, .pictures_per_second = time > 0 ? done / time : 0});
      }
      std::unique_lock lock(observing_);
      ending_.wait_for(lock, end, std::chrono::milliseconds(100), [] { return false; });
    }
  }

  Result<void> reduce() {
    if (summary_.totals.listed == 0) {
      return fail(ErrorCode::not_found, fmt::format("{} holds no pictures", job_.source));
    }
    if (!reduction_) {
      const auto moments = table_->moments();
      if (!moments) return forward_error(moments);
      if ((*moments)->rows() == 0) {
        return fail(ErrorCode::invalid_argument,
                    fmt::format("all {} pictures of {} were rejected", summary_.totals.rejected, job_.source));
      }
      auto reduction = fit_reduction(**moments, job_.components);
      if (!reduction) return forward_error(reduction);
      reduction_ = std::move(*reduction);
      if (auto published = table_->publish_moments(); !published) return published;
    }
    if (auto written = write_reduction(*reduction_, *output_, *table_); !written) return written;
    auto transformed = transform_parts(*reduction_, *ledger_, *output_, *table_,
                                       {.has_variants = variants() > 1, .keep_scaled = job_.keep_scaled});
    return transformed ? write_rejects() : transformed;
  }

  Result<void> write_rejects() {
    const auto path = output_->place("rejects.parquet");
    if (!path) return forward_error(path);
    std::vector<tables::SourcePicture> page;
    std::size_t at = 0;
    std::int64_t last = -1;
    auto written = tables::write_rejects(*path, [&]() -> Result<std::optional<tables::SourcePicture>> {
      if (at == page.size()) {
        auto next = ledger_->rejected(last, 1000);
        if (!next) return forward_error(next);
        page = std::move(*next);
        at = 0;
        if (page.empty()) return std::nullopt;
        last = page.back().sequence;
      }
      return page[at++];
    });
    return written ? table_->publish("rejects.parquet") : written;
  }

  // What this run took, added to what those before it took.
  Result<void> add_to_bill() {
    summary_.reading = seconds(times_.reading);
    summary_.decoding = seconds(times_.decoding);
    summary_.inferring = seconds(times_.inferring);
    summary_.writing = seconds(times_.writing);
    add_effort({.seconds = seconds_since(began_),
                .pictures = ledger_->totals().done,
                .read = source_->traffic(),
                .written = output_->traffic()},
               job_, summary_, manifest_);
    return write_manifest(manifest_, *output_, *table_);
  }

  Result<void> end_manifest() {
    const auto parts = ledger_->written_parts();
    if (!parts) return forward_error(parts);
    for (const auto& part : *parts) summary_.rows += part.rows;
    summary_.columns = backbone_.columns;
    summary_.components = reduction_->pca ? reduction_->pca->count() : 0;
    if (reduction_->pca) {
      for (const double ratio : reduction_->pca->explained_variance_ratio()) summary_.explained += ratio;
    }
    const Totals& totals = summary_.totals;
    manifest_["state"] = "finished";
    manifest_["finished"] = to_string(now());
    manifest_["counts"] = {{"listed", totals.listed},
                           {"features", totals.done},
                           {"rejected", totals.rejected},
                           {"rows", summary_.rows},
                           {"parts", parts->size()}};
    manifest_["features"] = {{"columns", summary_.columns},
                             {"components", summary_.components},
                             {"explained_variance_ratio", summary_.explained}};
    manifest_["execution"] = summary_.execution;
    return add_to_bill();
  }

  Job job_;  // the precision is filled in when another job says it
  Observer& observer_;
  const std::stop_token stop_;
  const SteadyClock::time_point began_ = SteadyClock::now();
  Summary summary_;
  std::unique_ptr<sources::Source> source_;
  fs::path work_;
  files::File lock_;
  std::unique_ptr<Output> output_;
  std::unique_ptr<Output> other_;  // of the job that is applied
  backbones::Backbone backbone_;
  std::string digest_;  // SHA-256 of its network
  ordered_json manifest_ = ordered_json::object();
  bool was_finished_ = false;
  std::unique_ptr<PictureLedger> ledger_;
  std::optional<FeatureTable> table_;
  std::optional<Reduction> reduction_;
  StageTimes times_;
  std::mutex observing_;
  std::condition_variable_any ending_;
  std::optional<Error> listing_failure_;
  std::atomic<bool> listing_ = true;
  std::atomic<bool> ended_ = false;  // the pipeline has failed: the listing needs not go on
  Result<void> saved_;
  Patience patience_{job_.reading.patience, stop_, [this](const std::string& text) { note(text); }};
};

}  // namespace

Result<Summary> run_job(const Job& job, Observer& observer, std::stop_token stop) {
  return JobRun(job, observer, std::move(stop)).run();
}

}  // namespace vidi::features
