#include "models/version_catalog.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace vidi::models {
namespace {

std::string version_text(std::uint64_t version) { return version == kNoVersion ? "" : std::to_string(version); }

}  // namespace

std::shared_ptr<const Snapshot> VersionCatalog::snapshot() const {
  const std::scoped_lock lock(snapshot_mutex_);
  return snapshot_;
}

std::vector<IndexEntry> VersionCatalog::index() const {
  const std::scoped_lock lock(mutex_);
  std::map<std::pair<std::string, std::uint64_t>, IndexEntry> entries;
  const auto add = [&](const std::string& name, std::uint64_t version, VersionState state, const std::string& reason) {
    entries[{name, version}] = {.name = name, .version = version_text(version), .state = state, .reason = reason};
  };
  // What is said later of a version outweighs what was said before.
  for (const Served& old : draining_) {
    if (old.model.use_count() == 1) continue;
    add(old.model->description.name, version_number(old.model->version).value_or(0), VersionState::unloading, "");
  }
  for (const auto& [name, model] : models_) {
    for (const std::uint64_t version : model.unloaded) {
      if (!entries.contains({name, version})) add(name, version, VersionState::unavailable, "unloaded on request");
    }
    for (const auto& [version, refused] : model.refused) {
      add(name, version, VersionState::unavailable, refused.reason);
    }
    for (const std::uint64_t version : model.loading) add(name, version, VersionState::loading, "");
    for (const auto& [version, served] : model.served) {
      const auto refused = model.refused.find(version);
      add(name, version, VersionState::ready,
          refused == model.refused.end() ? "" : "what was changed does not answer: " + refused->second.reason);
    }
  }
  std::vector<IndexEntry> result;
  for (auto& [key, entry] : entries) result.push_back(std::move(entry));
  return result;
}

std::optional<std::string> VersionCatalog::first_reason() const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, model] : models_) {
    if (!model.refused.empty()) return model.refused.begin()->second.reason;
  }
  return std::nullopt;
}

AllServed VersionCatalog::served(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = models_.find(name);
  return found == models_.end() ? AllServed{} : found->second.served;
}

AllRefused VersionCatalog::refused(const std::string& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = models_.find(name);
  return found == models_.end() ? AllRefused{} : found->second.refused;
}

void VersionCatalog::begin_loading(const std::string& name, std::uint64_t version) {
  const std::scoped_lock lock(mutex_);
  models_[name].loading.insert(version);
}

void VersionCatalog::end_loading(const std::string& name, std::uint64_t version) {
  const std::scoped_lock lock(mutex_);
  models_[name].loading.erase(version);
}

std::vector<std::uint64_t> VersionCatalog::replace(const std::string& name, AllServed served, AllRefused refused) {
  std::vector<std::uint64_t> gone;
  const std::scoped_lock lock(mutex_);
  Model& model = models_[name];
  for (auto& [version, old] : model.served) {
    const auto now = served.find(version);
    if (now != served.end() && now->second.model == old.model) continue;
    if (now == served.end()) gone.push_back(version);
    draining_.push_back(std::move(old));
  }
  model.served = std::move(served);
  model.refused = std::move(refused);
  publish();
  return gone;
}

void VersionCatalog::refuse_all(const std::string& name, std::optional<std::uint64_t> latest,
                                const std::string& reason) {
  const std::scoped_lock lock(mutex_);
  Model& model = models_[name];
  model.refused.clear();
  for (const auto& [version, served] : model.served) model.refused[version] = {.reason = reason, .origin = {}};
  if (latest) model.refused[*latest] = {.reason = reason, .origin = {}};
  if (model.refused.empty()) model.refused[kNoVersion] = {.reason = reason, .origin = {}};
}

bool VersionCatalog::forget(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = models_.find(name);
  if (found == models_.end()) return false;
  drain(found->second.served);
  models_.erase(found);
  publish();
  return true;
}

bool VersionCatalog::unload(const std::string& name, Fingerprint files) {
  const std::scoped_lock lock(mutex_);
  const auto found = models_.find(name);
  if (found == models_.end()) return false;
  Model& model = found->second;
  model.unloaded_at = files;
  for (const auto& [version, served] : model.served) model.unloaded.insert(version);
  drain(model.served);
  model.refused.clear();
  publish();
  return true;
}

bool VersionCatalog::is_unloaded(const std::string& name, Fingerprint files) const {
  const std::scoped_lock lock(mutex_);
  const auto found = models_.find(name);
  return found != models_.end() && found->second.unloaded_at == files;
}

void VersionCatalog::forget_unloading(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  Model& model = models_[name];
  model.unloaded_at.reset();
  model.unloaded.clear();
}

std::vector<Served> VersionCatalog::take_drained() {
  std::vector<Served> drained;
  const std::scoped_lock lock(mutex_);
  const auto unused = std::ranges::partition(draining_, [](const Served& old) { return old.model.use_count() > 1; });
  std::ranges::move(unused, std::back_inserter(drained));
  draining_.erase(unused.begin(), unused.end());
  return drained;
}

bool VersionCatalog::is_draining() const {
  const std::scoped_lock lock(mutex_);
  return !draining_.empty();
}

void VersionCatalog::drain(AllServed& served) {
  for (auto& [version, old] : served) draining_.push_back(std::move(old));
  served.clear();
}

void VersionCatalog::publish() {
  auto made = std::make_shared<Snapshot>();
  for (const auto& [name, model] : models_) {
    for (const auto& [version, served] : model.served) (*made)[name][version] = served.model;
  }
  const std::scoped_lock lock(snapshot_mutex_);
  snapshot_ = std::move(made);
}

}  // namespace vidi::models
