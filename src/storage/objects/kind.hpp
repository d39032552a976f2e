#pragma once
// What each kind of object store exports, and everything outside its folder knows about it.

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/secrets.hpp"
#include "objects/object_store.hpp"
#include "registry/registry.hpp"

namespace vidi::objects {

// Its functions take a URL of the kind. They are thread-safe, and throw std::runtime_error with a sentence for the
// operator.
struct Kind {
  registry::Traits traits;

  // Makes what is missing.
  std::unique_ptr<ObjectStore> (*open)(const std::string& url, const Secrets& secrets) = nullptr;

  // Throws when the store has never been made, or cannot be reached. Makes nothing. nullptr: opening makes at most an
  // empty folder.
  void (*check_exists)(const std::string& url, const Secrets& secrets) = nullptr;

  // Brings a copy in a folder, of the kind that data folders have, up to date while others use the store; durable when
  // this returns. nullptr: its objects are copied one by one.
  void (*copy)(const std::string& url, const std::filesystem::path& to) = nullptr;

  // A link that opens an object, without credentials, until `expires` after `now`. Error invalid_argument: no
  // credentials, or a time out of bounds. nullptr: its objects have no links.
  Result<std::string> (*link)(const std::string& url, const Digest& digest, std::chrono::seconds expires,
                              std::chrono::sys_seconds now) = nullptr;

  // Ends the threads of the library that the kind uses, after all its stores and before main returns. nullptr: it has
  // none.
  void (*finish)() = nullptr;
};

}  // namespace vidi::objects
