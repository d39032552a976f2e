#pragma once
// Entries on the local disk, in the order in which they came, until somebody has dealt with them: what the spools keep
// what a remote store cannot take now in. docs/internals/formats/spool.md describes the files.

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/group_writer.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "core/time.hpp"
#include "files/file.hpp"

namespace vidi::spool {

struct Limits {
  std::uint64_t bytes = std::uint64_t{1} << 30U;          // of all files together, and of what lies beside them
  std::uint64_t segment_bytes = std::uint64_t{8} << 20U;  // after which a file is followed by the next
  std::size_t waiting = 8192;                             // entries that wait to be written
};

struct Entry {
  std::uint64_t number = 0;  // from 1 on; every entry has a greater one than those before it
  Timestamp time;            // when it was appended
  Bytes payload;
};

// How much waits.
struct Depth {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // of the files, and of what lies beside them
  std::optional<Timestamp> oldest;
  std::uint64_t damaged = 0;  // entries, since the start, that were not written as a whole or cannot be read
};

// append() and depth(): any thread. read() and done(): one thread at a time. A journal must outlive the tasks it has
// returned.
class Journal {
 public:
  // Reads what a process before has left. Throws std::runtime_error with a sentence for the operator when the folder
  // cannot be used, or another process uses it.
  Journal(std::filesystem::path folder, const Limits& limits);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  Journal(Journal&&) = delete;
  Journal& operator=(Journal&&) = delete;

  // Durable when it returns. `beside`: bytes that wait elsewhere for this entry. Errors: overloaded (as much waits as
  // may, or the disk is full), internal (the disk is broken; after an fsync that failed nothing more is taken until the
  // next start).
  Task<Result<void>> append(Bytes payload, std::uint64_t beside = 0);

  // Whether so many bytes more may wait. Error: overloaded.
  [[nodiscard]] Result<void> room_for(std::uint64_t bytes) const;

  // The oldest entries that are not done, at most `count`, in order.
  Result<std::vector<Entry>> read(std::size_t count);

  // Every entry up to that number is dealt with. After a kill some of them may be read again.
  void done(std::uint64_t number);

  [[nodiscard]] Depth depth() const;

 private:
  struct Segment;
  struct Request {
    Bytes payload;
    std::uint64_t beside = 0;
    Completion<Result<void>> done;
  };

  void load();
  void load_segment(std::uint64_t first, const std::filesystem::path& path);
  void write(std::vector<Request>& group);
  files::Outcome<void> store(ByteView records, std::size_t count, std::uint64_t beside);
  files::Outcome<std::shared_ptr<Segment>> segment_to_write();
  void pass_over_done();
  void remove_finished();
  files::Outcome<void> begin_segment();
  [[nodiscard]] std::uint64_t size() const;  // needs the mutex

  const std::filesystem::path folder_;
  const Limits limits_;
  files::File lock_;
  files::DiskFailed disk_failed_ = false;

  std::atomic<std::uint64_t> done_ = 0;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<Segment>> segments_;  // the oldest first; the last is written to
  std::uint64_t next_number_ = 1;
  std::uint64_t damaged_ = 0;
  std::uint64_t beside_ = 0;  // of all entries that are not done
  bool storing_ = false;      // the last segment is being written to

  std::unique_ptr<GroupWriter<Request>> writer_;  // last: it ends before what it uses
};

}  // namespace vidi::spool
