#pragma once
// What a model.toml is written with.

#include <span>
#include <string>
#include <string_view>

namespace vidi::model_writing {

// A basic string of TOML 1.0.
std::string quote(std::string_view text);

// A list of them.
std::string quote_all(std::span<const std::string> texts);

// The shortest text that reads back as the same number, always with a point.
std::string number(double value);

}  // namespace vidi::model_writing
