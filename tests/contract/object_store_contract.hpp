#pragma once
// What every ObjectStore must do. A test program includes this and instantiates the suite for its implementation.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "contract/sample_pictures.hpp"
#include "objects/object_store.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::objects {

// Makes an empty store, which may use the folder.
struct ObjectStoreFactory {
  std::string name;
  std::function<std::unique_ptr<ObjectStore>(const std::filesystem::path& folder)> make;
};

// How a failed test names its store.
// NOLINTNEXTLINE(readability-identifier-naming): the name that GoogleTest looks for
inline void PrintTo(const ObjectStoreFactory& factory, std::ostream* out) { *out << factory.name; }

class ObjectStoreContract : public testing::TestWithParam<ObjectStoreFactory> {
 protected:
  Digest put(ByteView bytes) {
    const Digest digest = sha256(bytes);
    const auto done = run(store_->put(digest, bytes));
    EXPECT_TRUE(done) << done.error().message;
    return digest;
  }

  std::optional<Bytes> get(const Digest& digest) {
    auto found = run(store_->get(digest));
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(std::nullopt);
  }

  bool contains(const Digest& digest) { return run(store_->contains(digest)).value(); }
  bool remove(const Digest& digest) { return run(store_->remove(digest)).value(); }

  const FreshFolder folder_;
  std::unique_ptr<ObjectStore> store_ = GetParam().make(folder_.path());
};

TEST_P(ObjectStoreContract, GivesBackPicturesOfEverySizeAsTheyWere) {
  constexpr std::size_t kLimit = 64 << 10;
  unsigned seed = 0;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{300}, std::size_t{4096}, kLimit - 1,
                                 kLimit, kLimit + 1, std::size_t{3'000'000}}) {
    const Bytes picture = sample_picture(size, ++seed);
    const Digest digest = put(picture);
    EXPECT_TRUE(contains(digest)) << size;
    EXPECT_EQ(get(digest), picture) << size;
  }
}

TEST_P(ObjectStoreContract, HasNothingThatWasNotPut) {
  put(sample_picture(10, 1));
  const Digest other = sha256(as_bytes("other"));
  EXPECT_EQ(get(other), std::nullopt);
  EXPECT_FALSE(contains(other));
  EXPECT_FALSE(remove(other));
}

TEST_P(ObjectStoreContract, PuttingTheSamePictureAgainKeepsIt) {
  for (const std::size_t size : {300, 300'000}) {
    const Bytes picture = sample_picture(size, 1);
    put(picture);
    const Digest digest = put(picture);
    EXPECT_EQ(get(digest), picture);
    EXPECT_TRUE(remove(digest));
    EXPECT_EQ(get(digest), std::nullopt);
  }
}

TEST_P(ObjectStoreContract, ARemovedPictureIsGoneAndMayComeBack) {
  for (const std::size_t size : {0, 300, 300'000}) {
    const Bytes picture = sample_picture(size, 1);
    const Digest digest = put(picture);
    for (int round = 0; round < 3; ++round) {
      EXPECT_TRUE(remove(digest));
      EXPECT_FALSE(remove(digest));
      EXPECT_FALSE(contains(digest));
      EXPECT_EQ(get(digest), std::nullopt);
      put(picture);
      EXPECT_EQ(get(digest), picture);
    }
  }
}

TEST_P(ObjectStoreContract, RemovingOneLeavesTheOthers) {
  std::vector<Digest> digests;
  digests.reserve(50);
  for (unsigned i = 0; i < 50; ++i) digests.push_back(put(sample_picture(100 + i, i)));
  for (std::size_t i = 0; i < digests.size(); i += 2) EXPECT_TRUE(remove(digests[i]));
  for (std::size_t i = 0; i < digests.size(); ++i) EXPECT_EQ(contains(digests[i]), i % 2 == 1) << i;
}

TEST_P(ObjectStoreContract, IsReadyToTakePictures) { EXPECT_TRUE(run(store_->check())); }

inline Task<void> put_many(ObjectStore& store, unsigned first, unsigned count, std::atomic<unsigned>& stored) {
  for (unsigned i = first; i < first + count; ++i) {
    const Bytes picture = sample_picture(i % 50 == 0 ? 70'000 : 300, i);
    const Digest digest = sha256(picture);
    const auto done = co_await store.put(digest, picture);
    const auto back = co_await store.get(digest);
    if (done && back && *back == picture) ++stored;
  }
}

// Two threads at a time put the same pictures.
TEST_P(ObjectStoreContract, LosesNothingFromManyTasksOnManyThreads) {
  constexpr unsigned kThreads = 4;
  constexpr unsigned kTasks = 20;
  constexpr unsigned kEach = 25;
  std::atomic<unsigned> stored = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (unsigned thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      boost::asio::io_context context(1);
      for (unsigned task = 0; task < kTasks; ++task) {
        const unsigned first = (thread / 2 * kTasks + task) * kEach;
        boost::asio::co_spawn(context, put_many(*store_, first, kEach, stored), boost::asio::detached);
      }
      context.run();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(stored, kThreads * kTasks * kEach);
}

}  // namespace vidi::objects
