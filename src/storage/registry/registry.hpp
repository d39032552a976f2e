#pragma once
// Choosing a store by its URL. A table lists the kinds of stores there are; what opens them, help, settings and errors
// are made from the table, so that none of them can forget a kind. Thread-safe.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <concepts>
#include <filesystem>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/secrets.hpp"
#include "core/settings.hpp"

namespace vidi::registry {

// What is true of a kind of store, whatever it keeps.
struct Traits {
  std::string_view scheme;  // of its URLs, without the colon
  std::string_view form;    // how its URLs look, as help and errors show it

  bool is_path = false;             // a path of this machine follows the scheme
  std::string_view in_data_folder;  // the path below a data folder; not empty: this kind is used when no URL is given
  bool is_remote = false;           // others than this process share it, and may keep it waiting
  bool ends_with_process = false;   // nothing of it is left then, and no other process can read it

  // The settings, all of text, that it needs besides its URL; nullptr: none. Kinds may share some.
  std::vector<Setting> (*settings)() = nullptr;
  // Throws std::runtime_error with a sentence for the operator when their values contradict each other.
  void (*check_secrets)(const Secrets& secrets) = nullptr;
};

template <typename Kind>
concept Registered = requires(const Kind& kind) {
  { kind.traits } -> std::convertible_to<Traits>;
};

// What follows the scheme; absent: the URL has another one.
inline std::optional<std::string> rest_of(const Traits& traits, std::string_view url) {
  if (!url.starts_with(traits.scheme) || !url.substr(traits.scheme.size()).starts_with(':')) return std::nullopt;
  return std::string(url.substr(traits.scheme.size() + 1));
}

// How the URLs of the kinds look that `chosen` is true of: "A, B or C".
template <Registered Kind, typename Chosen = bool (*)(const Kind&)>
std::string forms(
    std::span<const Kind> kinds, std::string_view conjunction, Chosen chosen = [](const Kind&) { return true; }) {
  std::vector<std::string_view> names;
  for (const Kind& kind : kinds) {
    if (chosen(kind)) names.push_back(kind.traits.form);
  }
  if (names.size() < 2) return names.empty() ? "" : std::string(names.front());
  const std::string_view last = names.back();
  names.pop_back();
  return fmt::format("{} {} {}", fmt::join(names, ", "), conjunction, last);
}

// nullptr: the URL is of none of them.
template <Registered Kind>
const Kind* find(std::span<const Kind> kinds, std::string_view url) {
  for (const Kind& kind : kinds) {
    if (rest_of(kind.traits, url)) return &kind;
  }
  return nullptr;
}

// `store`: what the kinds are kinds of, such as "record store". Throws std::runtime_error, naming the known ones, when
// the URL is of none.
template <Registered Kind>
const Kind& kind_of(std::span<const Kind> kinds, std::string_view url, std::string_view store) {
  if (const Kind* kind = find(kinds, url)) return *kind;
  throw std::runtime_error(
      fmt::format("the {} \"{}\" is of no known kind: known are {}", store, url, forms(kinds, "and")));
}

// Where the store is on this machine; absent: it is no path.
template <Registered Kind>
std::optional<std::filesystem::path> path_of(std::span<const Kind> kinds, std::string_view url) {
  const Kind* kind = find(kinds, url);
  if (kind == nullptr || !kind->traits.is_path) return std::nullopt;
  return rest_of(kind->traits, url);
}

// The kind that is used when no URL is given.
template <Registered Kind>
const Kind& default_kind(std::span<const Kind> kinds) {
  return *std::ranges::find_if(kinds, [](const Kind& kind) { return !kind.traits.in_data_folder.empty(); });
}

// The URL of the store of a data folder.
template <Registered Kind>
std::string url_in(std::span<const Kind> kinds, const std::filesystem::path& data_folder) {
  const Traits& traits = default_kind(kinds).traits;
  return fmt::format("{}:{}", traits.scheme, (data_folder / traits.in_data_folder).string());
}

// Adds to `settings` those of the kinds which it does not hold yet.
template <Registered Kind>
void add_settings(std::span<const Kind> kinds, std::vector<Setting>& settings) {
  for (const Kind& kind : kinds) {
    if (kind.traits.settings == nullptr) continue;
    for (Setting& setting : kind.traits.settings()) {
      const bool is_known = std::ranges::find(settings, setting.key, &Setting::key) != settings.end();
      if (!is_known) settings.push_back(std::move(setting));
    }
  }
}

// Throws as Traits::check_secrets() does: of every kind, since a contradiction is a mistake even where nothing uses it.
template <Registered Kind>
void check_secrets(std::span<const Kind> kinds, const Secrets& secrets) {
  for (const Kind& kind : kinds) {
    if (kind.traits.check_secrets != nullptr) kind.traits.check_secrets(secrets);
  }
}

}  // namespace vidi::registry
