#pragma once
// A program's settings: declared once in a table, read from defaults, a TOML file, the environment and flags, each
// beating the one before. From a setting's key follow all its names:
//   key "max-body-bytes"   file: max_body_bytes = 1   environment: VIDI_MAX_BODY_BYTES   flag: --max-body-bytes
//   key "auth.mode"        file: [auth] mode = ""     environment: VIDI_AUTH_MODE        flag: --auth-mode

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace vidi {

enum class SettingType {
  text,
  count,     // a whole number, at least `minimum`
  bytes,     // a count that may end in KiB, MiB or GiB
  duration,  // a number that ends in ms, s, min or h
};

struct Setting {
  std::string key;
  SettingType type = SettingType::text;
  std::string default_value;
  std::string help;           // one sentence
  std::uint64_t minimum = 0;  // of a count or of bytes
  std::uint64_t maximum = UINT64_MAX;
  bool secret = false;  // has no flag, because everybody who lists the processes would see it, and is never printed
};

std::string flag_name(const Setting& setting);
std::string environment_name(const Setting& setting);

// The names in `known` that are nearest to `unknown`, for "did you mean"; absent when none is near.
std::optional<std::string> nearest(std::string_view unknown, const std::vector<std::string>& known);

// Values of every setting of a table. Copyable; const access from any thread.
class Settings {
 public:
  explicit Settings(std::vector<Setting> table);

  // Each checks the values it reads. Errors (invalid_argument) name the setting, the value, where it stands, and what
  // would be right; for an unknown one, the nearest known one.
  Result<void> read_file(const std::string& path);
  // Returns a warning for each VIDI_ variable that is no setting: Kubernetes and Docker links set such variables
  // themselves (VIDI_PORT), so they are not errors.
  Result<std::vector<std::string>> read_environment(const std::map<std::string, std::string>& environment);
  Result<void> set(std::string_view key, std::string_view value, std::string_view source);

  // `key` must be in the table and of that type.
  [[nodiscard]] const std::string& text(std::string_view key) const;
  [[nodiscard]] std::uint64_t count(std::string_view key) const;
  [[nodiscard]] std::uint64_t bytes(std::string_view key) const;
  [[nodiscard]] std::chrono::milliseconds duration(std::string_view key) const;

  // Where the value comes from: "default", "vidi.toml", "VIDI_LISTEN", "--listen".
  [[nodiscard]] const std::string& source(std::string_view key) const;
  [[nodiscard]] const std::vector<Setting>& table() const { return table_; }

 private:
  struct Value {
    std::string text;
    std::uint64_t number = 0;  // bytes, a count, or milliseconds
    std::string source;
  };

  [[nodiscard]] const Value& value(std::string_view key, SettingType type) const;
  [[nodiscard]] const Setting* find(std::string_view key) const;

  std::vector<Setting> table_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace vidi
