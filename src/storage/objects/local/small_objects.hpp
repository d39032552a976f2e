#pragma once
// Small pictures, in segments. One thread writes; any thread reads.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "core/task.hpp"
#include "objects/local/segment.hpp"

namespace vidi::objects::local {

// The bytes lie with the waiting task, which its completion keeps.
struct Put {
  Digest digest;
  ByteView bytes;
  Completion<Result<void>> done;
};

struct Remove {
  Digest digest;
  Completion<Result<bool>> done;
  bool existed = false;
};

using Request = std::variant<Put, Remove>;

class SmallObjects {
 public:
  // Runs work on another thread, soon. False: not now, and the work will not run.
  using Background = std::function<bool(std::move_only_function<void()>)>;

  struct Options {
    std::uint64_t segment_size = std::uint64_t{32} << 20;  // a segment is closed when it is that long
    std::size_t segment_entries = 100'000;                 // or has that many entries: they lie in memory until then
  };

  // The folder must be there. Throws std::runtime_error.
  SmallObjects(std::filesystem::path folder, Options options, DiskFailed& disk_failed, Background background);

  // Adds to a group what has arrived meanwhile; false: nothing has.
  using Gather = std::function<bool(std::vector<Request>& group)>;

  // No thread may use it any more.
  ~SmallObjects();
  SmallObjects(const SmallObjects&) = delete;
  SmallObjects& operator=(const SmallObjects&) = delete;

  // On the writing thread: carries out the requests and completes each once it is durable.
  void write(std::vector<Request>& group, const Gather& gather);

  // Any thread.
  [[nodiscard]] bool contains(const Digest& digest) const;
  // Absent: there is no such picture here. Error internal: it does not match its digest.
  [[nodiscard]] Result<std::optional<Bytes>> get(const Digest& digest) const;

 private:
  struct Location {
    std::shared_ptr<Segment> segment;
    Entry entry;
  };

  // Records that are written and not yet part of the newest segment.
  struct Staged {
    Bytes buffer;               // not yet handed to the file
    std::uint64_t written = 0;  // bytes handed to the file
    EntryMap entries;
    UselessBytes useless;
  };

  void open_segments();
  [[nodiscard]] std::optional<Location> locate(const Digest& digest) const;
  [[nodiscard]] std::shared_ptr<Segment> segment_of(std::uint32_t number) const;

  std::size_t stage_from(std::vector<Request>& group, std::size_t begin, const Gather& gather);
  void stage(Request& request);
  void stage_put(const Put& put);
  void stage_remove(Remove& remove);
  [[nodiscard]] std::optional<Removed> record_of(const Digest& digest) const;
  [[nodiscard]] Entry next_entry(std::size_t length) const;
  void hand_over_if_large();
  Outcome<void> hand_over();
  Outcome<void> commit();
  void publish();
  void complete(std::span<Request> requests, const Outcome<void>& committed);
  [[nodiscard]] bool newest_is_full() const;
  Outcome<void> begin_segment();
  void close_in_background(const std::shared_ptr<Segment>& segment);
  void make_index(const std::shared_ptr<Segment>& segment);
  void compact_where_worth_it();
  Outcome<void> compact(const std::shared_ptr<Segment>& segment);
  [[nodiscard]] bool lies_before(std::uint32_t number, const Digest& digest) const;
  void stage_again(const Segment& from, const FoundRecord& record);

  std::filesystem::path folder_;
  Options options_;
  DiskFailed& disk_failed_;
  Background background_;

  // Guards the list and what publish() and set_index() change in its segments. The writing thread, which alone calls
  // these but for set_index(), reads without it where no index is concerned.
  mutable std::shared_mutex mutex_;
  std::vector<std::shared_ptr<Segment>> segments_;  // oldest first; the last one takes records

  // Of the writing thread.
  Staged staged_;
  std::optional<Failure> staging_failure_;
  UselessBytes useless_;  // of every segment, by all removals
};

}  // namespace vidi::objects::local
