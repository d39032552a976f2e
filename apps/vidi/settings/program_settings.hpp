#pragma once
// The table of vidi's settings, and how they reach a command.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "command_line/command.hpp"
#include "core/settings.hpp"
#include "recognition/recognizer.hpp"

namespace vidi::app {

const std::vector<Setting>& settings_table();

// Flags for settings on a command's line, and what they are set to.
class SettingFlags {
 public:
  // Adds --config and a flag for each of `keys`; without keys, for every setting.
  SettingFlags(Command command, const std::vector<std::string_view>& keys = {});

  // Default, file, environment, flag: each beats the one before. Warnings go to the log.
  // Throws std::runtime_error, naming what is wrong.
  [[nodiscard]] Settings read() const;

 private:
  struct Flag {
    const Setting* setting = nullptr;
    std::unique_ptr<std::string> value;
    Option option;
  };
  std::vector<Flag> flags_;
  std::unique_ptr<std::string> config_ = std::make_unique<std::string>();
};

// What the settings say of recognition.
recognition::RecognizerOptions recognizer_options(const Settings& settings);

// The models of the settings' folder. Throws std::runtime_error when none can be loaded.
models::Repository open_models(const Settings& settings);

// The model of that name, in its latest version. Throws std::runtime_error when it does not answer, and says why.
std::shared_ptr<const models::LoadedModel> require_model(const models::Repository& models, const std::string& name);

// The same for what only a model of digits can do.
std::shared_ptr<const models::LoadedModel> require_digits(const models::Repository& models, const std::string& name);

}  // namespace vidi::app
