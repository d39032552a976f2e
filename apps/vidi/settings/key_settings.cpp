#include "settings/key_settings.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <stdexcept>
#include <string>

namespace vidi::app {

std::filesystem::path keys_file(const Settings& settings) {
  const std::string& file = settings.text("auth.keys");
  return file.empty() ? std::filesystem::path(settings.text("data")) / "keys.toml" : std::filesystem::path(file);
}

auth::Mode auth_mode(const Settings& settings) {
  const std::string& text = settings.text("auth.mode");
  if (text == "open") return auth::Mode::open;
  if (text == "keys") return auth::Mode::keys;
  throw std::runtime_error(fmt::format("auth.mode is \"{}\"; it must be open or keys", text));
}

auth::Access metrics_access(const Settings& settings) {
  const std::string& text = settings.text("auth.metrics");
  if (text == "open") return auth::Access::open;
  if (text == "user") return auth::Access::user;
  if (text == "admin") return auth::Access::admin;
  throw std::runtime_error(fmt::format("auth.metrics is \"{}\"; it must be open, user or admin", text));
}

std::unique_ptr<auth::KeyWatch> watch_keys(const Settings& settings, auth::Authorizer& authorizer) {
  if (auth_mode(settings) == auth::Mode::open) return nullptr;
  const std::filesystem::path file = keys_file(settings);
  auto watch = std::make_unique<auth::KeyWatch>(file, authorizer);
  if (!std::filesystem::exists(file)) {
    spdlog::warn("nobody has a key yet: `vidi keys add NAME` makes one in {}", file.string());
  }
  if (settings.text("tls-certificate").empty()) {
    spdlog::info("keys arrive in clear text unless a proxy before vidi speaks TLS: see tls-certificate");
  }
  return watch;
}

}  // namespace vidi::app
