#include "spool/spooled_objects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <string>
#include <thread>

#include "objects/memory/memory_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::spool {
namespace {

using namespace std::chrono_literals;
using objects::ObjectStore;

// What a test tells a store, and what it sees there.
struct Watch {
  std::atomic<bool> is_away = false;
  std::atomic<bool> is_busy = false;
  std::atomic<int> puts = 0;       // at this moment
  std::atomic<int> most_puts = 0;  // at any
};

// A store that takes a moment for each picture, and can be away or too busy to read.
class WatchedStore final : public ObjectStore {
 public:
  explicit WatchedStore(std::shared_ptr<Watch> watch) : watch_(std::move(watch)) {}

  Task<Result<void>> put(Digest digest, ByteView bytes) override {
    if (watch_->is_away) co_return std::unexpected(away());
    const int puts = ++watch_->puts;
    watch_->most_puts = std::max<int>(watch_->most_puts, puts);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, 2ms);
    co_await timer.async_wait(boost::asio::use_awaitable);
    --watch_->puts;
    co_return co_await store_->put(digest, bytes);
  }
  Task<Result<std::optional<Bytes>>> get(Digest digest) override {
    if (watch_->is_away) co_return std::unexpected(away());
    if (watch_->is_busy) co_return fail(ErrorCode::overloaded, "too much is read");
    co_return co_await store_->get(digest);
  }
  Task<Result<bool>> contains(Digest digest) override {
    if (watch_->is_away) co_return std::unexpected(away());
    co_return co_await store_->contains(digest);
  }
  Task<Result<bool>> remove(Digest digest) override { co_return co_await store_->remove(digest); }
  Task<Result<void>> check() override {
    if (watch_->is_away) co_return std::unexpected(away());
    co_return Result<void>();
  }

 private:
  static Error away() { return {ErrorCode::unavailable, "nobody is there"}; }

  const std::shared_ptr<Watch> watch_;
  const std::unique_ptr<ObjectStore> store_ = objects::memory::make_store();
};

class SpooledObjectsTest : public testing::Test {
 protected:
  static Digest put(ObjectStore& store, const std::string& picture) {
    EXPECT_TRUE(run(store.put(sha256(as_bytes(picture)), as_bytes(picture))));
    return sha256(as_bytes(picture));
  }

  const FreshFolder folder_;
  const std::shared_ptr<Watch> far_ = std::make_shared<Watch>();
  const std::shared_ptr<Watch> near_ = std::make_shared<Watch>();
  const std::unique_ptr<SpooledObjects> spool_ =
      spool(std::make_unique<WatchedStore>(far_), std::make_unique<WatchedStore>(near_),
            {.folder = folder_.path() / "spool", .patience = 50ms, .pause = 10ms, .look = 20ms});
};

TEST_F(SpooledObjectsTest, HandsOverFewEnoughThatOthersCanRead) {
  far_->is_away = true;
  Digest last;
  for (int i = 0; i < 200; ++i) last = put(*spool_, std::to_string(i));
  EXPECT_EQ(spool_->depth().entries, 200U);
  EXPECT_EQ(as_text(run(spool_->get(last))->value()), "199") << "what waits is read from where it waits";
  far_->is_away = false;
  for (int i = 0; i < 1000 && spool_->depth().entries > 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(spool_->depth().entries, 0U);
  EXPECT_GT(far_->most_puts, 1);
  EXPECT_LE(far_->most_puts, 32);
  EXPECT_EQ(as_text(run(spool_->get(last))->value()), "199");
}

TEST_F(SpooledObjectsTest, SaysThatTheLocalStoreIsBusyWhereThePictureMayWait) {
  far_->is_away = true;
  const Digest waits = put(*spool_, "waits");
  near_->is_busy = true;
  EXPECT_EQ(run(spool_->get(waits)).error().code, ErrorCode::overloaded);
  far_->is_away = false;
  EXPECT_EQ(run(spool_->get(sha256(as_bytes("nowhere")))).error().code, ErrorCode::overloaded);
  near_->is_busy = false;
  EXPECT_EQ(as_text(run(spool_->get(waits))->value()), "waits");
}

}  // namespace
}  // namespace vidi::spool
