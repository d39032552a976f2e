#pragma once
// The stores that the settings name. Those that others than this process may keep waiting stand behind a spool.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/application.hpp"
#include "core/secrets.hpp"
#include "core/settings.hpp"
#include "objects/object_store.hpp"
#include "records/record_store.hpp"

namespace vidi::app {

struct Stores {
  std::unique_ptr<records::RecordStore> records;
  std::unique_ptr<objects::ObjectStore> objects;
  std::function<std::vector<api::SpoolState>()> spools;  // what waits; as long as the stores are there
};

// Throws std::runtime_error with a sentence for the operator.
Stores open_stores(const Settings& settings);

// The settings that stores need besides their addresses: of users, passwords and certificates.
const std::vector<Setting>& secret_settings();

// Those keys, and those of the secrets.
std::vector<std::string_view> with_secrets(std::vector<std::string_view> keys);

// What the secrets are set to. Throws std::runtime_error when they contradict each other.
Secrets secrets_of(const Settings& settings);

// Where the settings say that predictions are recorded, and pictures kept.
std::string records_url(const Settings& settings);
std::string objects_url(const Settings& settings);

// Without a spool, for commands that end.
std::unique_ptr<records::RecordStore> open_records(const Settings& settings);
std::unique_ptr<objects::ObjectStore> open_objects(const Settings& settings);

}  // namespace vidi::app
