#include "spool/spooled_objects.hpp"

#include <algorithm>
#include <utility>

namespace vidi::spool {
namespace {

using objects::ObjectStore;

// As many bytes as most pictures have.
constexpr std::uint64_t kOneObject = 65'536;

// As many are in memory at the same time, and read at the same time from the local store, where clients read too.
constexpr std::size_t kMostTogether = 32;

Options within_bounds(Options options) {
  options.together = std::min(options.together, kMostTogether);
  return options;
}

class SpooledObjectStore final : public SpooledObjects {
 public:
  SpooledObjectStore(std::unique_ptr<ObjectStore> store, std::unique_ptr<ObjectStore> local, Options options)
      : store_(std::move(store)),
        local_(std::move(local)),
        dispatcher_(within_bounds(std::move(options)),
                    {.name = "objects",
                     .deliver = [this](Entry entry) { return deliver(std::move(entry)); },
                     .check = [this] { return store_->check(); },
                     .delivered = [](const Entry&) {}}) {}

  Task<Result<void>> put(Digest digest, ByteView bytes) override {
    // The store may still read it when the caller has long gone on.
    const auto shared = std::make_shared<const Bytes>(to_bytes(bytes));
    // g++ 12 destroys a function that is made inside a co_await expression twice.
    std::function<Task<Result<void>>()> work = [this, digest, shared] { return put_now(digest, shared); };
    auto done = co_await dispatcher_.ask(std::move(work));
    if (done) co_return std::move(*done);
    // One that waits already takes no room.
    const auto waits = co_await local_->contains(digest);
    const std::uint64_t beside = waits && *waits ? 0 : shared->size();
    if (auto room = dispatcher_.room_for(beside + digest.bytes.size()); !room) co_return room;
    const auto kept = co_await local_->put(digest, *shared);
    // Whatever it is, it passes: the store takes pictures again, or somebody sees to the disk.
    if (!kept) co_return fail(ErrorCode::unavailable, kept.error().message);
    co_return co_await dispatcher_.enqueue(to_bytes(ByteView(digest.bytes)), beside);
  }

  Task<Result<std::optional<Bytes>>> get(Digest digest) override {
    auto local = co_await local_->get(digest);
    if (local && *local) co_return local;
    auto stored = co_await store_->get(digest);
    // It may wait here: what kept the local store from telling is more to the point than that the other has it not.
    if (!local && !(stored && *stored)) co_return local;
    co_return stored;
  }

  Task<Result<bool>> contains(Digest digest) override {
    const auto local = co_await local_->contains(digest);
    if (local && *local) co_return true;
    co_return co_await store_->contains(digest);
  }

  Task<Result<bool>> remove(Digest digest) override {
    const auto remote = co_await store_->remove(digest);
    if (!remote) co_return remote;
    const auto local = co_await local_->remove(digest);
    if (!local) co_return local;
    co_return *remote || *local;
  }

  // Pictures are taken as long as there is room in the spool, or the store answers.
  Task<Result<void>> check() override {
    const auto local = co_await local_->check();
    if (local && dispatcher_.room_for(kOneObject)) co_return Result<void>();
    co_return co_await store_->check();
  }

  Task<Result<void>> check_removal() override { co_return co_await store_->check(); }

  [[nodiscard]] Depth depth() const override { return dispatcher_.depth(); }
  [[nodiscard]] bool connected() const override { return dispatcher_.connected(); }

 private:
  Task<Result<void>> put_now(Digest digest, std::shared_ptr<const Bytes> bytes) {
    co_return co_await store_->put(digest, *bytes);
  }

  // What is not in the local store has been handed over before, or removed.
  Task<Result<void>> deliver(Entry entry) {
    Digest digest;
    if (entry.payload.size() != digest.bytes.size()) co_return fail(ErrorCode::internal, "it is damaged");
    std::ranges::copy(entry.payload, digest.bytes.begin());
    const auto picture = co_await local_->get(digest);
    if (!picture) co_return forward_error(picture);
    if (!*picture) co_return Result<void>();
    auto put = co_await store_->put(digest, **picture);
    if (!put) co_return put;
    const auto removed = co_await local_->remove(digest);
    // It is tried again, the whole of it, when the disk can be written to.
    if (!removed) co_return fail(ErrorCode::unavailable, removed.error().message);
    co_return Result<void>();
  }

  const std::unique_ptr<ObjectStore> store_;
  const std::unique_ptr<ObjectStore> local_;
  Dispatcher dispatcher_;  // last: it ends before what it uses
};

}  // namespace

std::unique_ptr<SpooledObjects> spool(std::unique_ptr<ObjectStore> store, std::unique_ptr<ObjectStore> local,
                                      Options options) {
  return std::make_unique<SpooledObjectStore>(std::move(store), std::move(local), std::move(options));
}

}  // namespace vidi::spool
