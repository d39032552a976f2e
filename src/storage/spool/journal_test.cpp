#include "spool/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "support/fresh_folder.hpp"

namespace vidi::spool {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class JournalTest : public testing::Test {
 protected:
  std::unique_ptr<Journal> open(Limits limits = {}) const {
    return std::make_unique<Journal>(folder_.path() / "spool", limits);
  }

  static Result<void> append(Journal& journal, const std::string& text) { return run(journal.append(to_bytes(text))); }

  static std::vector<std::string> texts(Journal& journal, std::size_t count = 1000) {
    auto entries = journal.read(count);
    EXPECT_TRUE(entries);
    std::vector<std::string> texts;
    for (const Entry& entry : *entries) texts.emplace_back(as_text(entry.payload));
    return texts;
  }

  std::vector<std::filesystem::path> files() const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / "spool")) {
      if (entry.path().extension() == ".spool") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  const FreshFolder folder_;
};

TEST_F(JournalTest, GivesBackInOrderWhatIsNotDone) {
  const auto journal = open();
  EXPECT_EQ(journal->depth().entries, 0U);
  const Timestamp before = now();
  for (const char* text : {"one", "", "three"}) ASSERT_TRUE(append(*journal, text));
  EXPECT_THAT(texts(*journal), ElementsAre("one", "", "three"));
  EXPECT_THAT(texts(*journal, 2), ElementsAre("one", ""));
  EXPECT_EQ(journal->depth().entries, 3U);
  EXPECT_GE(journal->depth().oldest, before);
  journal->done(journal->read(2)->back().number);
  EXPECT_THAT(texts(*journal), ElementsAre("three"));
  EXPECT_EQ(journal->depth().entries, 1U);
  ASSERT_TRUE(append(*journal, "four"));
  EXPECT_THAT(texts(*journal), ElementsAre("three", "four"));
  journal->done(journal->read(2)->back().number);
  EXPECT_THAT(texts(*journal), ElementsAre());
  EXPECT_EQ(journal->depth().oldest, std::nullopt);
}

TEST_F(JournalTest, KeepsWhatIsNotDoneForTheNextProcess) {
  {
    const auto journal = open();
    for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(append(*journal, text));
  }
  {
    const auto journal = open();
    EXPECT_EQ(journal->depth().entries, 3U);
    ASSERT_TRUE(append(*journal, "four"));
    EXPECT_THAT(texts(*journal), ElementsAre("one", "two", "three", "four"));
    journal->done(journal->read(4)->back().number);
  }
  EXPECT_THAT(files(), ElementsAre());
  const auto journal = open();
  EXPECT_EQ(journal->depth().entries, 0U);
}

TEST_F(JournalTest, BeginsNewFilesAndRemovesThoseThatAreDone) {
  const auto journal = open({.segment_bytes = 1000});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(append(*journal, std::to_string(i) + std::string(100, 'x')));
  const std::size_t many = files().size();
  EXPECT_GT(many, 5U);
  EXPECT_EQ(texts(*journal).size(), 100U);
  journal->done(50);
  EXPECT_EQ(texts(*journal).size(), 50U);
  EXPECT_LT(files().size(), many);
  journal->done(100);
  EXPECT_THAT(files(), ElementsAre());
  ASSERT_TRUE(append(*journal, "after"));
  EXPECT_THAT(texts(*journal), ElementsAre("after"));
}

// A process that is killed while it writes leaves part of an entry, of which nobody was told that it is kept.
TEST_F(JournalTest, LeavesOutAnEntryThatWasNotWrittenAsAWhole) {
  {
    const auto journal = open();
    for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(append(*journal, text));
  }
  const auto file = files().front();
  const auto whole = std::filesystem::file_size(file);
  Bytes bytes(whole);
  std::ifstream(file, std::ios::binary)
      .read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(whole));
  constexpr std::size_t kHead = 8;  // of the file
  constexpr std::size_t kEntryHead = 24;
  constexpr std::size_t kEnd = kHead + 3 * kEntryHead + 3 + 3 + 5;
  for (std::size_t end = kHead + 2 * kEntryHead + 6 + 1; end < kEnd; ++end) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(end));
    const auto journal = open();
    EXPECT_THAT(texts(*journal), ElementsAre("one", "two")) << end;
    EXPECT_EQ(journal->depth().damaged, 1U) << end;
    ASSERT_TRUE(append(*journal, "four"));
    EXPECT_THAT(texts(*journal), ElementsAre("one", "two", "four"));
    journal->done(2);
    journal->done(journal->read(1)->back().number);
  }
}

TEST_F(JournalTest, RefusesWhatIsOverItsLimit) {
  const auto journal = open({.bytes = 600'000, .segment_bytes = 1000});
  std::size_t kept = 0;
  Result<void> last;
  while ((last = append(*journal, std::string(5000, 'x')))) ++kept;
  EXPECT_EQ(last.error().code, ErrorCode::overloaded);
  EXPECT_THAT(last.error().message, HasSubstr("full"));
  EXPECT_EQ(texts(*journal).size(), kept);
  journal->done(kept);
  EXPECT_TRUE(append(*journal, "room again"));
}

// Also when a single file has reached the limit: once it is done with, nothing of it counts.
TEST_F(JournalTest, HasAllItsRoomAgainWhenNothingWaits) {
  const auto journal = open({.bytes = 600'000});
  std::vector<std::size_t> kept;
  for (int i = 0; i < 3; ++i) {
    while (append(*journal, std::string(5000, 'x'))) {
    }
    const auto entries = journal->read(1000);
    kept.push_back(entries->size());
    journal->done(entries->back().number);
    EXPECT_EQ(journal->depth().bytes, 0U);
  }
  EXPECT_GT(kept[0], 1U);
  EXPECT_EQ(kept[1], kept[0]);
  EXPECT_EQ(kept[2], kept[0]);
}

TEST_F(JournalTest, CountsWhatLiesBesideItsEntries) {
  const Limits limits{.bytes = 1'000'000};
  const auto keep = [](Journal& journal) { return run(journal.append(to_bytes("picture"), 300'000)); };
  {
    const auto journal = open(limits);
    EXPECT_TRUE(keep(*journal));
    EXPECT_TRUE(keep(*journal));
    EXPECT_EQ(keep(*journal).error().code, ErrorCode::overloaded);
  }
  const auto journal = open(limits);
  EXPECT_GT(journal->depth().bytes, 600'000U);
  EXPECT_EQ(keep(*journal).error().code, ErrorCode::overloaded);
  journal->done(1);
  EXPECT_TRUE(keep(*journal));
  journal->done(journal->read(2)->back().number);
  EXPECT_EQ(journal->depth().bytes, 0U);
}

TEST_F(JournalTest, IsOfOneProcessAtATime) {
  const auto journal = open();
  EXPECT_THAT([&] { open(); }, ThrowsMessage<std::runtime_error>(HasSubstr("another process")));
}

TEST_F(JournalTest, RefusesAFileThatIsNotItsOwn) {
  open();
  std::ofstream(folder_.path() / "spool/00000000000000000007.spool") << "something else";
  EXPECT_THAT([&] { open(); }, ThrowsMessage<std::runtime_error>(HasSubstr("not one of this program")));
}

TEST_F(JournalTest, LosesNothingFromManyThreads) {
  const auto journal = open({.segment_bytes = 10'000});
  std::vector<std::thread> threads;
  constexpr int kThreads = 4;
  constexpr int kEach = 200;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kEach; ++i) EXPECT_TRUE(append(*journal, std::to_string(thread * kEach + i)));
    });
  }
  std::vector<std::string> all;
  while (all.size() < std::size_t{kThreads} * kEach) {
    const auto entries = journal->read(64);
    ASSERT_TRUE(entries);
    for (const Entry& entry : *entries) all.emplace_back(as_text(entry.payload));
    if (!entries->empty()) journal->done(entries->back().number);
  }
  for (std::thread& thread : threads) thread.join();
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::unique(all).size(), 0U);
  EXPECT_EQ(journal->depth().entries, 0U);
}

}  // namespace
}  // namespace vidi::spool
