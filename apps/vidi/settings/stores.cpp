#include "settings/stores.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "files/private_folder.hpp"
#include "objects/local/local_store.hpp"
#include "spool/spooled_objects.hpp"
#include "spool/spooled_records.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;

bool is_on(const Settings& settings, std::string_view key) {
  const std::string& text = settings.text(key);
  if (text == "on") return true;
  if (text == "off") return false;
  throw std::runtime_error(fmt::format("{} is \"{}\"; it must be on or off", key, text));
}

std::string url_of(const Settings& settings, std::string_view key, const std::string& scheme, const char* name) {
  if (!settings.text(key).empty()) return settings.text(key);
  return scheme + (fs::path(settings.text("data")) / name).string();
}

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

std::string records_url(const Settings& settings) { return url_of(settings, "records", "sqlite:", "records.db"); }

std::string objects_url(const Settings& settings) { return url_of(settings, "objects", "file:", "objects"); }

cassandra::Access access_of(const Settings& settings) {
  cassandra::Access access;
  access.user = settings.text("cassandra-user");
  access.password = settings.text("cassandra-password");
  access.tls = is_on(settings, "cassandra-tls");
  access.authorities = settings.text("cassandra-authorities");
  access.certificate = settings.text("cassandra-certificate");
  access.key = settings.text("cassandra-key");
  if (access.certificate.empty() != access.key.empty()) {
    throw std::runtime_error("cassandra-certificate and cassandra-key belong together: give both or neither");
  }
  // Whoever names certificates must not send a password in clear text.
  if (!access.tls && !(access.authorities.empty() && access.certificate.empty())) {
    throw std::runtime_error("cassandra-authorities and cassandra-certificate need cassandra-tls to be on");
  }
  return access;
}

std::unique_ptr<records::RecordStore> open_records(const Settings& settings) {
  return records::open_record_store(records_url(settings), access_of(settings));
}

std::unique_ptr<objects::ObjectStore> open_objects(const Settings& settings) {
  return objects::open_object_store(objects_url(settings), access_of(settings));
}

Stores open_stores(const Settings& settings) {
  // When it cannot be made, the store that needs it says so.
  std::error_code ignored;
  files::make_private_folder(settings.text("data"), ignored);
  Stores stores;
  std::vector<std::function<api::SpoolState()>> spools;
  stores.records = open_records(settings);
  if (records::is_remote(records_url(settings))) {
    spool::Options options = spool_options(settings, "records");
    // Records are all about as large, pictures are not.
    options.least_patience = options.patience / 6;
    auto spooled = spool::spool(std::move(stores.records), std::move(options));
    spools.push_back(state_of("records", *spooled));
    stores.records = std::move(spooled);
  }
  stores.objects = open_objects(settings);
  if (objects::is_remote(objects_url(settings))) {
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
