#include "objects/memory/memory_store.hpp"

#include <fmt/format.h>

#include <mutex>
#include <stdexcept>
#include <string>
#include <unordered_map>

namespace vidi::objects::memory {
namespace {

class MemoryStore final : public ObjectStore {
 public:
  Task<Result<void>> put(Digest digest, ByteView bytes) override {
    const std::scoped_lock lock(mutex_);
    if (!objects_.contains(digest)) objects_.emplace(digest, to_bytes(bytes));
    co_return Result<void>();
  }

  Task<Result<std::optional<Bytes>>> get(Digest digest) override {
    const std::scoped_lock lock(mutex_);
    const auto found = objects_.find(digest);
    if (found == objects_.end()) co_return std::optional<Bytes>();
    co_return std::optional<Bytes>(found->second);
  }

  Task<Result<bool>> contains(Digest digest) override {
    const std::scoped_lock lock(mutex_);
    co_return objects_.contains(digest);
  }

  Task<Result<bool>> remove(Digest digest) override {
    const std::scoped_lock lock(mutex_);
    co_return objects_.erase(digest) > 0;
  }

  Task<Result<void>> check() override { co_return Result<void>(); }

 private:
  std::mutex mutex_;
  std::unordered_map<Digest, Bytes> objects_;
};

std::unique_ptr<ObjectStore> open(const std::string& url, const Secrets&) {
  if (!url.ends_with(':')) {
    throw std::runtime_error(fmt::format("the object store \"{}\" must be just \"memory:\"", url));
  }
  return make_store();
}

}  // namespace

std::unique_ptr<ObjectStore> make_store() { return std::make_unique<MemoryStore>(); }

Kind kind() { return {.traits = {.scheme = "memory", .form = "memory:", .ends_with_process = true}, .open = open}; }

}  // namespace vidi::objects::memory
