#include "core/secrets.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace vidi {

std::string Secrets::text(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? "" : found->second;
}

bool Secrets::is_on(std::string_view key) const {
  const std::string value = text(key);
  if (value == "on") return true;
  if (value.empty() || value == "off") return false;
  throw std::runtime_error(fmt::format("{} is \"{}\"; it must be on or off", key, value));
}

}  // namespace vidi
