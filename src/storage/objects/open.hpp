#pragma once
// The table of the kinds of object stores. Thread-safe. Every function throws std::runtime_error, naming the known
// kinds, when a URL is of none.

#include <memory>
#include <span>
#include <string>

#include "core/secrets.hpp"
#include "objects/kind.hpp"
#include "objects/object_store.hpp"

namespace vidi::objects {

// In the order in which help names them.
std::span<const Kind> kinds();

const Kind& kind_of(const std::string& url);

// Throws std::runtime_error with a sentence for the operator when the store cannot be opened.
std::unique_ptr<ObjectStore> open_object_store(const std::string& url, const Secrets& secrets = {});

// Stands in main, before every store, in a program that opens them: at its end the libraries that stores use end their
// threads, which is too late once main has returned.
class Libraries {
 public:
  Libraries() = default;
  Libraries(const Libraries&) = delete;
  Libraries& operator=(const Libraries&) = delete;
  ~Libraries();
};

}  // namespace vidi::objects
