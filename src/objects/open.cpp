#include <fmt/format.h>

#include <stdexcept>

#include "objects/local/local_store.hpp"
#include "objects/memory/memory_store.hpp"
#include "objects/object_store.hpp"

namespace vidi::objects {

std::unique_ptr<ObjectStore> open_object_store(const std::string& url) {
  const std::size_t colon = url.find(':');
  const std::string scheme = url.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : url.substr(colon + 1);
  if (colon != std::string::npos && scheme == "memory") {
    if (!rest.empty()) throw std::runtime_error(fmt::format("the object store \"{}\" must be just \"memory:\"", url));
    return memory::make_store();
  }
  if (colon != std::string::npos && scheme == "file") return local::open_store(rest);
  throw std::runtime_error(
      fmt::format("the object store \"{}\" is of no known kind: known are file:FOLDER and memory:", url));
}

}  // namespace vidi::objects
