#pragma once
// One segment: an append-only file of records, and where in it each digest lies. The newest segment takes records and
// keeps its entries in memory; a closed one never changes and gets an index file beside it.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "objects/local/disk.hpp"
#include "objects/local/format.hpp"
#include "objects/local/segment_index.hpp"

namespace vidi::objects::local {

// Reading (find, read, scan_records) is for any thread; the store's lock keeps it apart from publish() and from
// set_index().
class Segment {
 public:
  // Makes an empty segment, durable when this returns.
  static Outcome<std::shared_ptr<Segment>> create(const std::filesystem::path& folder, std::uint32_t number);

  // Opens the newest segment: reads it through, and cuts off what was not written as a whole.
  static Outcome<std::shared_ptr<Segment>> open_newest(const std::filesystem::path& folder, std::uint32_t number);

  // Opens a closed segment with its index; makes the index anew when it is missing or damaged.
  static Outcome<std::shared_ptr<Segment>> open_closed(const std::filesystem::path& folder, std::uint32_t number);

  [[nodiscard]] std::uint32_t number() const { return number_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint32_t seed() const { return seed_; }
  [[nodiscard]] std::size_t recent_entries() const { return recent_.size(); }
  [[nodiscard]] bool has_index() const { return index_ != nullptr; }

  // The newest entry of the digest in this segment.
  [[nodiscard]] std::optional<Entry> find(const Digest& digest) const;

  // The bytes of a record, not verified.
  [[nodiscard]] Outcome<Bytes> read(const Entry& entry) const;

  // Visits every record; see scan() in format.hpp.
  Outcome<std::uint64_t> scan_records(const std::function<void(const FoundRecord&)>& visit) const;

  // What this segment's removals have made useless.
  [[nodiscard]] const UselessBytes& useless() const { return useless_; }

  // Writes records behind the end; they are part of the segment after publish(). `offset` counts from the end.
  Outcome<void> write(ByteView records, std::uint64_t offset);
  Outcome<void> synchronize() { return file_.synchronize(); }
  // Cuts off what was written and not published, and the zeros that wait for records.
  Outcome<void> cut();
  void publish(const EntryMap& entries, const UselessBytes& useless, std::uint64_t written);

  // Writes the index of a segment that gets no more records, and opens it.
  Outcome<std::unique_ptr<SegmentIndex>> make_index() const;
  // The entries in memory, which are no longer needed, for destruction outside the store's lock.
  EntryMap set_index(std::unique_ptr<SegmentIndex> index);

  // Deletes the files; readers that still hold the segment go on reading.
  Outcome<void> remove_files();

 private:
  Segment(std::filesystem::path folder, std::uint32_t number) : folder_(std::move(folder)), number_(number) {}

  static Outcome<std::shared_ptr<Segment>> open(const std::filesystem::path& folder, std::uint32_t number);
  [[nodiscard]] std::filesystem::path path(const char* extension) const;
  Outcome<std::uint64_t> load_entries();
  [[nodiscard]] Outcome<std::uint64_t> torn_bytes(std::uint64_t sound_end) const;

  std::filesystem::path folder_;
  std::uint32_t number_ = 0;
  std::uint32_t seed_ = 0;
  std::uint64_t size_ = 0;       // where the last record ends
  std::uint64_t file_size_ = 0;  // zeros follow the last record
  File file_;
  EntryMap recent_;
  UselessBytes useless_;
  std::unique_ptr<SegmentIndex> index_;
  // An index is verified when it is first needed. A damaged one is replaced by entries read from the segment.
  mutable std::once_flag verified_;
  mutable std::optional<EntryMap> instead_of_index_;
};

}  // namespace vidi::objects::local
