#include "files/atomic_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <set>
#include <string>

#include "contract/failing_disk.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::files {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AtomicFiles : public testing::Test {
 protected:
  void TearDown() override { fsync_fails = false; }

  void write(const fs::path& path, std::string_view text) const { std::ofstream(path, std::ios::binary) << text; }
  [[nodiscard]] std::string read(const std::string& name) const { return fresh_.read(name); }
  // Everything that is there, by its path.
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      found.insert(fs::relative(entry.path(), folder_).string());
    }
    return found;
  }

  FreshFolder fresh_;
  const fs::path folder_ = fresh_.path();
};

TEST_F(AtomicFiles, AFileHasItsNameWhenItIsCompleteAndNotBefore) {
  {
    auto file = AtomicFile::create(folder_ / "table");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write(as_bytes("one ")));
    EXPECT_FALSE(fs::exists(folder_ / "table"));
    ASSERT_TRUE(file->write(as_bytes("two")));
    EXPECT_EQ(file->size(), 7U);
    ASSERT_TRUE(file->commit());
    EXPECT_EQ(read("table"), "one two");
  }
  EXPECT_THAT(names(), ElementsAre("table"));
}

TEST_F(AtomicFiles, AFileThatIsThereStaysUntilTheNewOneIsComplete) {
  write(folder_ / "keys", "old");
  {
    auto given_up = AtomicFile::create(folder_ / "keys");
    ASSERT_TRUE(given_up && given_up->write(as_bytes("half of")));
    EXPECT_EQ(read("keys"), "old");
  }
  EXPECT_EQ(read("keys"), "old");
  EXPECT_THAT(names(), ElementsAre("keys")) << "a temporary file was left behind";
  ASSERT_TRUE(write_whole(folder_ / "keys", as_bytes("new")));
  EXPECT_EQ(read("keys"), "new");
}

TEST_F(AtomicFiles, WhatAKilledProcessLeftIsWrittenOver) {
  const AtomicFileOptions options{.temporary = folder_ / "keys.new"};
  write(folder_ / "keys.new", "a longer text than the new one");
  ASSERT_TRUE(write_whole(folder_ / "keys", as_bytes("short"), options));
  EXPECT_EQ(read("keys"), "short");
  EXPECT_THAT(names(), ElementsAre("keys"));
}

TEST_F(AtomicFiles, AFolderThatIsMissingIsSaidAndNothingIsLeft) {
  const auto written = write_whole(folder_ / "missing" / "keys", as_bytes("text"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ENOENT);
  // A temporary name in another folder does not help.
  const auto renamed = write_whole(folder_ / "missing" / "keys", as_bytes("text"), {.temporary = folder_ / "new"});
  ASSERT_FALSE(renamed);
  EXPECT_EQ(renamed.error().code, ENOENT);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(AtomicFiles, AFolderInTheWayIsNotReplacedByAFile) {
  fs::create_directories(folder_ / "keys" / "in the way");
  const auto written = write_whole(folder_ / "keys", as_bytes("text"));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, EISDIR);
  EXPECT_THAT(names(), ElementsAre("keys", "keys/in the way"));
}

TEST_F(AtomicFiles, ContentsThatCannotBeFlushedNeverGetTheName) {
  write(folder_ / "keys", "old");
  write(folder_ / "made", "by somebody else");
  fsync_fails = true;
  const auto written = write_whole(folder_ / "keys", as_bytes("new"));
  const auto placed = put_in_place(folder_ / "made", folder_ / "keys");
  const auto unnamed = write_flushed(folder_ / "unnamed", as_bytes("new"));
  const auto unflushed = write_whole(folder_ / "moments", as_bytes("new"), {.durability = Durability::unflushed});
  fsync_fails = false;
  for (const auto& failed : {written, placed, unnamed}) {
    ASSERT_FALSE(failed);
    EXPECT_TRUE(failed.error().unsynchronized);
  }
  EXPECT_EQ(read("keys"), "old");
  EXPECT_EQ(read("made"), "by somebody else");
  EXPECT_TRUE(unflushed) << "it flushed what was not to be flushed";
  EXPECT_THAT(names(), ElementsAre("keys", "made", "moments", "unnamed"));
}

TEST_F(AtomicFiles, AFullDiskLeavesTheOldFile) {
  write(folder_ / "keys", "old");
  const LimitedFileSize limit(1000);
  const auto written = write_whole(folder_ / "keys", Bytes(5000));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, EFBIG);
  EXPECT_EQ(read("keys"), "old");
  EXPECT_THAT(names(), ElementsAre("keys"));
}

TEST_F(AtomicFiles, APathWithoutAFolderIsInTheFolderOfTheProcess) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  const auto written = write_whole("keys", as_bytes("text"));
  fs::current_path(before);
  EXPECT_TRUE(written);
  EXPECT_EQ(read("keys"), "text");
}

TEST_F(AtomicFiles, GivesTheFileTheWantedMode) {
  const mode_t before = ::umask(0);
  ASSERT_TRUE(write_whole(folder_ / "secret", as_bytes("text"), {.mode = 0600}));
  ASSERT_TRUE(write_whole(folder_ / "shared", as_bytes("text"), {.mode = 0666}));
  ::umask(before);
  EXPECT_EQ(fs::status(folder_ / "secret").permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(folder_ / "shared").permissions(), fs::perms(0666));
}

TEST_F(AtomicFiles, OneThatIsMovedFromRemovesNothing) {
  auto file = AtomicFile::create(folder_ / "table");
  ASSERT_TRUE(file);
  {
    const AtomicFile moved_away = std::move(*file);
    EXPECT_EQ(names().size(), 1U);
  }
  EXPECT_THAT(names(), IsEmpty());
  auto other = AtomicFile::create(folder_ / "table", {.temporary = folder_ / "first"});
  ASSERT_TRUE(other);
  other = AtomicFile::create(folder_ / "table", {.temporary = folder_ / "second"});
  ASSERT_TRUE(other && other->commit());
  EXPECT_THAT(names(), ElementsAre("table"));
}

TEST_F(AtomicFiles, WhatSomebodyElseWroteGetsTheNameOrStays) {
  write(folder_ / "records.db", "old");
  write(folder_ / "records.db.new", "new");
  ASSERT_TRUE(put_in_place(folder_ / "records.db.new", folder_ / "records.db"));
  EXPECT_EQ(read("records.db"), "new");
  const auto missing = put_in_place(folder_ / "records.db.new", folder_ / "records.db");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ENOENT);
  EXPECT_EQ(read("records.db"), "new");
}

TEST_F(AtomicFiles, AFolderHasItsNameWhenItIsComplete) {
  const fs::path wanted = folder_ / "models" / "digits";
  fs::create_directories(temporary_beside(wanted) / "1");
  write(temporary_beside(wanted) / "1" / "left", "by a process of the same number");
  {
    auto made = AtomicFolder::create(wanted);
    ASSERT_TRUE(made);
    EXPECT_TRUE(fs::is_empty(made->path()));
    ASSERT_TRUE(write_flushed(made->path() / "model.toml", as_bytes("text")));
    EXPECT_FALSE(fs::exists(wanted));
    ASSERT_TRUE(made->commit());
  }
  EXPECT_THAT(names(), ElementsAre("models", "models/digits", "models/digits/model.toml"));
}

TEST_F(AtomicFiles, AFolderIsRemovedUnlessItIsComplete) {
  fs::create_directories(folder_ / "digits" / "in the way");
  {
    auto made = AtomicFolder::create(folder_ / "digits");
    ASSERT_TRUE(made && write_flushed(made->path() / "model.toml", as_bytes("text")));
    const auto refused = made->commit();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ENOTEMPTY);
  }
  EXPECT_THAT(names(), ElementsAre("digits", "digits/in the way"));
  write(folder_ / "file", "text");
  const auto in_a_file = AtomicFolder::create(folder_ / "file" / "digits");
  ASSERT_FALSE(in_a_file);
  EXPECT_EQ(in_a_file.error().code, ENOTDIR);
}

TEST_F(AtomicFiles, AFailureNamesThePathAndWhatWasDone) {
  const Error full = explain_with_path({.code = ENOSPC}, "models/digits");
  EXPECT_EQ(full.message, "writing models/digits failed: No space left on device");
  EXPECT_THAT(explain_with_path({.code = EIO, .unsynchronized = true}, "models").message, HasSubstr("flushing models"));
}

}  // namespace
}  // namespace vidi::files
