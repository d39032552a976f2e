#include "settings/stores.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "files/private_folder.hpp"
#include "objects/local/local_store.hpp"
#include "objects/open.hpp"
#include "records/open.hpp"
#include "registry/registry.hpp"
#include "spool/spooled_objects.hpp"
#include "spool/spooled_records.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;

fs::path spool_folder(const Settings& settings, const char* name) {
  const std::string& folder = settings.text("spool");
  return (folder.empty() ? fs::path(settings.text("data")) / "spool" : fs::path(folder)) / name;
}

spool::Options spool_options(const Settings& settings, const char* name) {
  spool::Options options;
  options.folder = spool_folder(settings, name);
  options.limits.bytes = settings.bytes("spool-max-bytes");
  options.patience = settings.duration("spool-patience");
  options.least_patience = options.patience;
  return options;
}

// `spooled` must outlive what is returned.
template <typename Spooled>
std::function<api::SpoolState()> state_of(std::string name, const Spooled& spooled) {
  return [name = std::move(name), &spooled] {
    const spool::Depth depth = spooled.depth();
    return api::SpoolState{.name = name,
                           .connected = spooled.connected(),
                           .entries = depth.entries,
                           .bytes = depth.bytes,
                           .oldest = depth.oldest,
                           .damaged = depth.damaged};
  };
}

}  // namespace

std::string records_url(const Settings& settings) {
  const std::string& url = settings.text("records");
  return url.empty() ? registry::url_in(records::kinds(), settings.text("data")) : url;
}

std::string objects_url(const Settings& settings) {
  const std::string& url = settings.text("objects");
  return url.empty() ? registry::url_in(objects::kinds(), settings.text("data")) : url;
}

const std::vector<Setting>& secret_settings() {
  static const std::vector<Setting> settings = [] {
    std::vector<Setting> all;
    registry::add_settings(records::kinds(), all);
    registry::add_settings(objects::kinds(), all);
    return all;
  }();
  return settings;
}

std::vector<std::string_view> with_secrets(std::vector<std::string_view> keys) {
  for (const Setting& setting : secret_settings()) keys.emplace_back(setting.key);
  return keys;
}

Secrets secrets_of(const Settings& settings) {
  Secrets secrets;
  for (const Setting& setting : secret_settings()) secrets.set(setting.key, settings.text(setting.key));
  registry::check_secrets(records::kinds(), secrets);
  registry::check_secrets(objects::kinds(), secrets);
  return secrets;
}

std::unique_ptr<records::RecordStore> open_records(const Settings& settings) {
  return records::open_record_store(records_url(settings), secrets_of(settings));
}

std::unique_ptr<objects::ObjectStore> open_objects(const Settings& settings) {
  return objects::open_object_store(objects_url(settings), secrets_of(settings));
}

Stores open_stores(const Settings& settings) {
  // When it cannot be made, the store that needs it says so.
  std::error_code ignored;
  files::make_private_folder(settings.text("data"), ignored);
  Stores stores;
  std::vector<std::function<api::SpoolState()>> spools;
  stores.records = open_records(settings);
  if (records::kind_of(records_url(settings)).traits.is_remote) {
    spool::Options options = spool_options(settings, "records");
    // Records are all about as large, pictures are not.
    options.least_patience = options.patience / 6;
    auto spooled = spool::spool(std::move(stores.records), std::move(options));
    spools.push_back(state_of("records", *spooled));
    stores.records = std::move(spooled);
  }
  stores.objects = open_objects(settings);
  if (objects::kind_of(objects_url(settings)).traits.is_remote) {
    // Small segments: what has been handed over is to leave the disk soon.
    const objects::local::Options small{.segment_size = std::size_t{4} << 20U};
    auto local = objects::local::open_store((spool_folder(settings, "pictures")).string(), small);
    auto spooled = spool::spool(std::move(stores.objects), std::move(local), spool_options(settings, "objects"));
    spools.push_back(state_of("objects", *spooled));
    stores.objects = std::move(spooled);
  }
  stores.spools = [spools = std::move(spools)] {
    std::vector<api::SpoolState> states;
    for (const auto& state : spools) states.push_back(state());
    return states;
  };
  return stores;
}

}  // namespace vidi::app
