#pragma once
// What the settings say of keys.

#include <filesystem>
#include <memory>

#include "auth/authorizer.hpp"
#include "auth/key_watch.hpp"
#include "core/settings.hpp"

namespace vidi::app {

std::filesystem::path keys_file(const Settings& settings);

// Both throw std::runtime_error, naming what is wrong and what would be right.
auth::Mode auth_mode(const Settings& settings);
auth::Access metrics_access(const Settings& settings);

// Gives the authorizer the keys of the file, and goes on doing so; null when keys are off. `authorizer` must outlive
// it. Throws std::runtime_error when the file is broken.
std::unique_ptr<auth::KeyWatch> watch_keys(const Settings& settings, auth::Authorizer& authorizer);

}  // namespace vidi::app
