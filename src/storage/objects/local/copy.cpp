#include "objects/local/copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>

#include "files/atomic_file.hpp"
#include "objects/local/folder.hpp"

namespace vidi::objects::local {
namespace {

namespace fs = std::filesystem;

using Names = std::set<std::string>;

// A pass is repeated when a segment was compacted away under it. Each goes only through what is new, so a few suffice.
constexpr int kMostPasses = 100;

[[noreturn]] void give_up(const fs::path& path, const Failure& failure) {
  throw std::runtime_error(
      fmt::format("{} cannot be copied: {}", path.string(), std::generic_category().message(failure.code)));
}

template <typename Value>
Value must(Outcome<Value> outcome, const fs::path& path) {
  if (!outcome) give_up(path, outcome.error());
  if constexpr (!std::is_void_v<Value>) return std::move(*outcome);
}

Names names_in(const fs::path& folder) {
  Names names;
  for (const auto& file : fs::directory_iterator(folder)) names.insert(file.path().filename().string());
  return names;
}

bool is_part_of_a_store(const std::string& name) { return name.ends_with(".segment") || name.ends_with(".index"); }

// What was there at one moment. Reading a long folder takes several calls, between which a name may come or go; numbers
// are never used again, so two readings are equal only when nothing has.
Names segments_at_once(const fs::path& folder) {
  Names names = names_in(folder);
  for (Names again = names_in(folder); again != names; again = names_in(folder)) names = std::move(again);
  std::erase_if(names, [](const std::string& name) { return !is_part_of_a_store(name); });
  return names;
}

// A segment's seed and first digest, or an index's checksums.
Bytes first_bytes(const File& file, const fs::path& path) {
  Bytes bytes(64);
  bytes.resize(must(file.read(bytes, 0), path));
  return bytes;
}

class Copy {
 public:
  Copy(const fs::path& from, const fs::path& to) : from_(from), to_(made(to)), lock_(lock_folder(to_)) {
    for (const auto& left : fs::directory_iterator(to_ / "temporary")) fs::remove(left.path());
  }

  Copied run() {
    copy_segments();
    copy_large();
    return copied_;
  }

 private:
  // Every picture that is in a segment when the names are read is in one of those segments, which only grow: whoever
  // has copied them all has it. A compaction moves pictures to a segment that may have been copied before, and deletes
  // the one they were in; then the names are read again.
  void copy_segments() {
    const fs::path from = from_ / "segments";
    const fs::path to = to_ / "segments";
    Names wanted = segments_at_once(from);
    for (int pass = 1; !copy_all(wanted, from, to); ++pass) {
      if (pass == kMostPasses) {
        throw std::runtime_error(
            fmt::format("the pictures in {} change faster than they can be copied", from_.string()));
      }
      wanted = segments_at_once(from);
    }
    for (const std::string& name : names_in(to)) {
      if (!wanted.contains(name)) fs::remove(to / name);
    }
  }

  // False: one of them has gone.
  bool copy_all(const Names& names, const fs::path& from, const fs::path& to) {
    // The newest segment of an earlier copy, or of an earlier pass, may have been taken half-way.
    std::string newest;
    for (const std::string& name : names_in(to)) {
      if (name.ends_with(".segment") && names.contains(name)) newest = std::max(newest, name);
    }
    for (const std::string& name : names) {
      const bool may_have_grown = !newest.empty() && name.ends_with(".segment") && name >= newest;
      if (!copy_file(from / name, to / name, may_have_grown)) return false;
    }
    return true;
  }

  // A large picture's file never changes. One that goes has been removed.
  void copy_large() {
    const fs::path to = to_ / "files";
    std::set<fs::path> found;
    for (const auto& shard : fs::directory_iterator(from_ / "files")) {
      fs::create_directories(to / shard.path().filename());
      for (const auto& file : fs::directory_iterator(shard.path())) {
        const fs::path path = to / shard.path().filename() / file.path().filename();
        if (copy_file(file.path(), path, false)) found.insert(path);
      }
    }
    for (const auto& shard : fs::directory_iterator(to)) {
      for (const auto& file : fs::directory_iterator(shard.path())) {
        if (!found.contains(file.path())) fs::remove(file.path());
      }
    }
  }

  // False: it is no longer there.
  bool copy_file(const fs::path& from, const fs::path& to, bool may_have_grown) {
    const auto source = File::open(from, O_RDONLY);
    if (!source && source.error().code == ENOENT) return false;
    if (!source) give_up(from, source.error());
    if (!may_have_grown && is_same(*source, from, to)) return true;
    auto target = must(files::AtomicFile::create(
                           to, {.temporary = to_ / "temporary" / "copy", .durability = files::Durability::unflushed}),
                       to);
    copy_bytes(*source, from, target, to);
    must(target.commit(), to);
    ++copied_.files;
    copied_.bytes += target.size();
    return true;
  }

  // Of files that are finished.
  static bool is_same(const File& source, const fs::path& from, const fs::path& to) {
    const auto there = File::open(to, O_RDONLY);
    if (!there) return false;
    return must(source.size(), from) == must(there->size(), to) && first_bytes(source, from) == first_bytes(*there, to);
  }

  void copy_bytes(const File& source, const fs::path& from, files::AtomicFile& target, const fs::path& to) {
    std::size_t count = buffer_.size();
    for (std::uint64_t offset = 0; count == buffer_.size(); offset += count) {
      count = must(source.read(buffer_, offset), from);
      must(target.write(ByteView(buffer_).first(count)), to);
    }
  }

  const fs::path from_;
  const fs::path to_;
  const File lock_;
  Bytes buffer_ = Bytes(std::size_t{1} << 20);
  Copied copied_;
};

}  // namespace

Copied copy_folder(const fs::path& from, const fs::path& to) {
  for (const char* part : {"segments", "files"}) {
    if (!fs::is_directory(from / part)) throw std::runtime_error(fmt::format("{} holds no pictures", from.string()));
  }
  return Copy(from, to).run();
}

}  // namespace vidi::objects::local
