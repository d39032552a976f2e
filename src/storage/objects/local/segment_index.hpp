#pragma once
// The index of a segment that takes no more records: a file beside it, derived from it, mapped into memory. It holds a
// filter (whether the segment may hold a digest, one cache line a question), the entries in the order of their digests,
// and what the segment's removals have made useless in other segments.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "core/bytes.hpp"
#include "objects/local/format.hpp"

namespace vidi::objects::local {

// Useless bytes by segment.
using UselessBytes = std::map<std::uint32_t, std::uint64_t>;

// The whole file.
Bytes build_index(const EntryMap& entries, const UselessBytes& useless, std::uint64_t segment_size);

// Immutable; any thread.
class SegmentIndex {
 public:
  // Absent: missing, damaged, or not of a segment of that size. The entries are not looked at (see sound()), so that
  // opening does not read the whole file.
  static std::unique_ptr<SegmentIndex> open(const std::filesystem::path& path, std::uint64_t segment_size);

  ~SegmentIndex();
  SegmentIndex(const SegmentIndex&) = delete;
  SegmentIndex& operator=(const SegmentIndex&) = delete;

  // False: the segment has no record of it. True for one in a hundred of the others too.
  [[nodiscard]] bool may_hold(const Digest& digest) const;
  // Whether the entries have their checksum; to be asked before find() is believed.
  [[nodiscard]] bool sound() const;
  [[nodiscard]] std::optional<Entry> find(const Digest& digest) const;
  [[nodiscard]] UselessBytes useless() const;

 private:
  SegmentIndex(void* mapped, std::size_t size) : mapped_(mapped), file_(static_cast<const std::byte*>(mapped), size) {}

  [[nodiscard]] bool valid(std::uint64_t segment_size) const;
  [[nodiscard]] ByteView filter() const;
  [[nodiscard]] ByteView entries() const;
  [[nodiscard]] ByteView removals() const;

  void* mapped_;
  ByteView file_;
};

}  // namespace vidi::objects::local
