#include "models/repository.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "models/folder_state.hpp"
#include "models/folder_watch.hpp"
#include "models/load.hpp"
#include "models/version_catalog.hpp"

namespace vidi::models {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
// How often those that drain are looked at.
constexpr std::chrono::milliseconds kDrainTick(100);
// Changes come in bursts, as when a large file is written; they are looked at together.
constexpr std::chrono::milliseconds kBurst(10);
// How often the folder is looked at where the system cannot watch it and no other time was set.
constexpr std::chrono::milliseconds kPollWithoutWatch(10'000);

std::string names_of(const Snapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& [name, versions] : snapshot) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string versions_of(const Versions& versions) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, model] : versions) numbers.push_back(number);
  return fmt::format("{}", fmt::join(numbers, ", "));
}

}  // namespace

std::string_view name(VersionState state) {
  switch (state) {
    case VersionState::ready:
      return "READY";
    case VersionState::loading:
      return "LOADING";
    case VersionState::unloading:
      return "UNLOADING";
    case VersionState::unavailable:
      return "UNAVAILABLE";
  }
  return "";
}

class Repository::Implementation {
 public:
  explicit Implementation(fs::path folder) : folder_(std::move(folder)) {}

  ~Implementation() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    watch_->wake();
    thread_.join();
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  [[nodiscard]] const VersionCatalog& catalog() const { return catalog_; }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const { return catalog_.snapshot(); }

  void serve(const std::shared_ptr<const LoadedModel>& model) {
    const std::string& name = model->description.name;
    AllServed served = catalog_.served(name);
    served[version_number(model->version).value_or(0)] = {.model = model, .origin = {}};
    catalog_.replace(name, std::move(served), {});
  }

  // The first look: everything at once.
  Result<void> load_all() {
    const std::scoped_lock work(work_mutex_);
    auto state = look_at(folder_);
    if (!state) return forward_error(state);
    for (const auto& [name, model] : *state) {
      update(name, model, true);
      acted_on_[name] = model.whole();
    }
    return {};
  }

  Result<void> load(const std::string& name) {
    const std::scoped_lock work(work_mutex_);
    const auto state = is_plain(name) ? look_at_model(folder_ / name) : std::nullopt;
    if (!state) return fail(ErrorCode::not_found, unknown(name));
    const auto refused = update(name, *state, true);
    acted_on_[name] = state->whole();
    drain();
    if (refused) return fail(ErrorCode::invalid_argument, *refused);
    return {};
  }

  Result<void> unload(const std::string& name) {
    const std::scoped_lock work(work_mutex_);
    const auto state = is_plain(name) ? look_at_model(folder_ / name) : std::nullopt;
    if (!catalog_.unload(name, state ? state->whole() : 0)) return fail(ErrorCode::not_found, unknown(name));
    drain();
    spdlog::info("model {} was unloaded on request", name);
    return {};
  }

  void watch(const WatchOptions& options) {
    for (const auto& [name, versions] : *snapshot()) {
      spdlog::info("model {} is served in version {}", name, versions_of(versions));
    }
    watch_ = std::make_unique<FolderWatch>();
    thread_ = std::jthread([this, options](const std::stop_token& stop) { keep_watching(stop, options); });
  }

 private:
  // A name that cannot lead out of the folder.
  static bool is_plain(const std::string& name) {
    return !name.empty() && !name.starts_with('.') && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
  }

  // Paths in what others may read begin in the folder of models.
  [[nodiscard]] std::string without_folder(std::string text) const {
    const std::string prefix = (folder_ / "").string();
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
      text.erase(at, prefix.size());
    }
    return text;
  }

  [[nodiscard]] std::string unknown(const std::string& name) const {
    return fmt::format("there is no model '{}'; there are: {}", name, names_of(*snapshot()));
  }

  // Brings one model to what its folder holds; with work_mutex_ held. `again`: also what was refused or unloaded
  // before. The reason of the last version that was refused, if one was.
  std::optional<std::string> update(const std::string& name, const ModelState& state, bool again) {
    if (!again && catalog_.is_unloaded(name, state.whole())) return std::nullopt;
    catalog_.forget_unloading(name);
    const auto description = describe_model(folder_ / name);
    if (!description) return refuse_all(name, state, without_folder(description.error().message));
    for (const std::string& warning : description->warnings) spdlog::warn("{}", warning);
    return update_versions(name, state, *description, again);
  }

  // What answers goes on.
  std::string refuse_all(const std::string& name, const ModelState& state, const std::string& reason) {
    spdlog::error("model {} is refused: {}", name, reason);
    const auto latest = state.versions.rbegin();
    catalog_.refuse_all(name, latest == state.versions.rend() ? std::nullopt : std::optional(latest->first), reason);
    return reason;
  }

  std::optional<std::string> update_versions(const std::string& name, const ModelState& state,
                                             const Description& description, bool again) {
    AllServed served;
    AllRefused refused;
    const AllServed before = catalog_.served(name);
    const AllRefused refused_before = again ? AllRefused{} : catalog_.refused(name);
    const bool only_one = description.versions.kind == VersionPolicy::Kind::latest;
    for (const std::uint64_t version : wanted(state, description.versions)) {
      const auto found = state.versions.find(version);
      if (found == state.versions.end()) {
        refused[version] = {
            .reason = fmt::format("model {}: [versions] names {}, and there is no such folder", name, version),
            .origin = {}};
        continue;
      }
      const Origin origin{.model = state.files, .version = found->second};
      const auto old = before.find(version);
      if (old != before.end() && old->second.origin == origin) {
        served[version] = old->second;
      } else if (const auto failed = refused_before.find(version);
                 failed != refused_before.end() && failed->second.origin == origin) {
        refused[version] = failed->second;
      } else {
        load_one(name, version, description, origin, served, refused);
      }
      if (refused.contains(version) && old != before.end()) served[version] = old->second;
      if (only_one && served.contains(version)) break;
    }
    if (state.versions.empty()) {
      refused[kNoVersion] = {
          .reason = fmt::format("model {}: no version; expected a folder such as {}/1 with a network", name, name),
          .origin = {}};
    } else if (served.empty()) {
      served = before;  // rather the old than none
    }
    return replace(name, std::move(served), std::move(refused));
  }

  // In the order in which they are tried.
  static std::vector<std::uint64_t> wanted(const ModelState& state, const VersionPolicy& policy) {
    if (policy.kind == VersionPolicy::Kind::listed) return policy.listed;
    std::vector<std::uint64_t> versions;
    for (const auto& [version, print] : state.versions) versions.push_back(version);
    if (policy.kind == VersionPolicy::Kind::latest) std::ranges::reverse(versions);
    return versions;
  }

  void load_one(const std::string& name, std::uint64_t version, const Description& description, const Origin& origin,
                AllServed& served, AllRefused& refused) {
    catalog_.begin_loading(name, version);
    const auto start = Clock::now();
    auto loaded = load_version(folder_ / name, version, description);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
    catalog_.end_loading(name, version);
    if (loaded) {
      spdlog::log(watch_ ? spdlog::level::info : spdlog::level::debug,
                  "model {}, version {}: loaded and tried in {} ms", name, version, took.count());
      served[version] = {.model = std::move(*loaded), .origin = origin};
      return;
    }
    std::string reason = without_folder(loaded.error().message);
    spdlog::error("model {}, version {} is refused: {}", name, version, reason);
    refused[version] = {.reason = std::move(reason), .origin = origin};
  }

  // From here on new requests are answered by `served`.
  std::optional<std::string> replace(const std::string& name, AllServed served, AllRefused refused) {
    std::optional<std::string> reason;
    if (!refused.empty()) reason = refused.rbegin()->second.reason;
    for (const std::uint64_t version : catalog_.replace(name, std::move(served), std::move(refused))) {
      spdlog::info("model {}, version {} answers no more", name, version);
    }
    return reason;
  }

  // Frees those that nobody uses any more. Whether some are still used.
  bool drain() {
    std::vector<Served> drained = catalog_.take_drained();
    if (drained.empty()) return catalog_.is_draining();
    drained.clear();
    // Networks leave holes behind that the allocator keeps otherwise.
    malloc_trim(0);
    return catalog_.is_draining();
  }

  void keep_watching(const std::stop_token& stop, const WatchOptions& options) {
    std::map<std::string, std::pair<Fingerprint, Clock::time_point>> pending;  // since when a change lasts
    bool is_told = false;
    while (!stop.stop_requested()) {
      const FolderState state = look_and_follow();
      auto pause = act(state, options.settle, pending);
      if (!watch_->works() && !std::exchange(is_told, true)) {
        spdlog::warn("changes in {} are not told by the system; it is looked at instead", folder_.string());
      }
      auto poll = options.poll;
      if (!watch_->works() && poll.count() == 0) poll = kPollWithoutWatch;
      if (poll.count() > 0) pause = std::min(pause, poll);
      if (drain()) pause = std::min(pause, kDrainTick);
      if (stop.stop_requested()) return;
      watch_->wait(pause);
      std::this_thread::sleep_for(kBurst);
    }
  }

  // Looks until no folder has appeared that was not watched before the look.
  FolderState look_and_follow() {
    watch_->follow(folder_);
    for (int i = 0; i < 10; ++i) {
      auto state = look_at(folder_);
      if (!state) {
        spdlog::warn("{}; the models stay as they are", state.error().message);
        return last_seen_;
      }
      last_seen_ = std::move(*state);
      bool is_new = false;
      std::error_code error;
      for (fs::directory_iterator it(folder_, error), end; !error && it != end; it.increment(error)) {
        std::error_code ignored;
        if (it->is_directory(ignored)) is_new |= watch_->follow(it->path());
      }
      for (const auto& [name, model] : last_seen_) {
        for (const fs::path& each : model.folders) is_new |= watch_->follow(each);
      }
      if (!is_new) break;
    }
    return last_seen_;
  }

  // Brings the models to `state` whose changes have settled. How long until the next will have.
  std::chrono::milliseconds act(const FolderState& state, std::chrono::milliseconds settle,
                                std::map<std::string, std::pair<Fingerprint, Clock::time_point>>& pending) {
    auto next = std::chrono::milliseconds(3'600'000);
    std::map<std::string, Fingerprint> prints;
    {
      const std::scoped_lock work(work_mutex_);
      for (const auto& [name, print] : acted_on_) prints[name] = 0;
    }
    for (const auto& [name, model] : state) prints[name] = model.whole();
    for (const auto& [name, print] : prints) {
      const std::scoped_lock work(work_mutex_);
      const auto acted = acted_on_.find(name);
      if (acted != acted_on_.end() && acted->second == print) {
        pending.erase(name);
        continue;
      }
      const auto now = Clock::now();
      const auto waiting = pending.try_emplace(name, print, now).first;
      if (waiting->second.first != print) waiting->second = {print, now};
      const auto left = settle - std::chrono::floor<std::chrono::milliseconds>(now - waiting->second.second);
      if (left.count() > 0) {
        next = std::min(next, left);
        continue;
      }
      pending.erase(waiting);
      if (print == 0) {
        if (catalog_.forget(name)) spdlog::info("model {} is gone, and answers no more", name);
        acted_on_.erase(name);
      } else {
        update(name, state.at(name), false);
        acted_on_[name] = print;
      }
    }
    return next;
  }

  const fs::path folder_;  // empty: the models were made by the caller

  VersionCatalog catalog_;
  std::mutex work_mutex_;                        // held while a model is loaded or taken away
  std::map<std::string, Fingerprint> acted_on_;  // with work_mutex_: what each model's folder held when it was loaded
  FolderState last_seen_;                        // of the watching thread

  std::unique_ptr<FolderWatch> watch_;
  std::jthread thread_;  // last: it uses the others
};

Result<Repository> Repository::open(const std::string& folder) {
  auto implementation = std::make_unique<Implementation>(folder);
  if (auto loaded = implementation->load_all(); !loaded) return forward_error(loaded);
  if (implementation->snapshot()->empty()) {
    if (const auto reason = implementation->catalog().first_reason()) return fail(ErrorCode::invalid_argument, *reason);
    return fail(ErrorCode::not_found,
                fmt::format("no model in {}: expected folders such as {}/digits-softmax with model.toml in them",
                            folder, folder));
  }
  return Repository(std::move(implementation));
}

Repository::Repository(std::unique_ptr<Implementation> implementation) : implementation_(std::move(implementation)) {}

Repository::Repository(const std::vector<std::shared_ptr<const LoadedModel>>& models)
    : implementation_(std::make_unique<Implementation>(fs::path())) {
  for (const auto& model : models) implementation_->serve(model);
}

Repository::Repository(Repository&&) noexcept = default;
Repository& Repository::operator=(Repository&&) noexcept = default;
Repository::~Repository() = default;

Result<std::shared_ptr<const LoadedModel>> Repository::find(std::string_view name) const {
  const auto snapshot = implementation_->snapshot();
  const auto found = snapshot->find(name);
  if (found != snapshot->end()) return found->second.rbegin()->second;
  return fail(ErrorCode::not_found, fmt::format("there is no model '{}'; there are: {}", name, names_of(*snapshot)));
}

Result<std::shared_ptr<const LoadedModel>> Repository::find(std::string_view name, std::string_view version) const {
  const auto snapshot = implementation_->snapshot();
  const auto found = snapshot->find(name);
  if (found == snapshot->end()) {
    return fail(ErrorCode::not_found, fmt::format("there is no model '{}'; there are: {}", name, names_of(*snapshot)));
  }
  const auto number = version_number(std::string(version));
  const auto chosen = number ? found->second.find(*number) : found->second.end();
  if (chosen != found->second.end()) return chosen->second;
  return fail(ErrorCode::not_found, fmt::format("the model '{}' has no version '{}'; there are: {}", name, version,
                                                versions_of(found->second)));
}

std::vector<std::string> Repository::names() const {
  std::vector<std::string> names;
  for (const auto& [name, versions] : *implementation_->snapshot()) names.push_back(name);
  return names;
}

std::vector<IndexEntry> Repository::index() const { return implementation_->catalog().index(); }

void Repository::watch(const WatchOptions& options) { implementation_->watch(options); }

Result<void> Repository::load(std::string_view name) { return implementation_->load(std::string(name)); }

Result<void> Repository::unload(std::string_view name) { return implementation_->unload(std::string(name)); }

}  // namespace vidi::models
