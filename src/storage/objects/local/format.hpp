#pragma once
// The bytes of a segment: a header, then records. docs/internals/formats/objects.md describes them.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>

#include "core/bytes.hpp"
#include "core/digest.hpp"

namespace vidi::objects::local {

inline constexpr std::size_t kSegmentHeaderSize = 16;
inline constexpr std::size_t kRecordHeaderSize = 52;

enum class RecordKind : std::uint32_t {
  picture = 1,
  removal = 2,  // its bytes are a Removed
};

// Where a segment holds a picture; or that it is removed.
struct Entry {
  static constexpr std::uint32_t kRemoved = UINT32_MAX;

  std::uint32_t offset = 0;  // of the record in its segment
  std::uint32_t length = 0;  // of the picture; kRemoved: there is no such picture any more

  [[nodiscard]] bool removed() const { return length == kRemoved; }
};

using EntryMap = std::unordered_map<Digest, Entry>;

// Which record a removal has made useless.
struct Removed {
  std::uint32_t segment = 0;
  std::uint32_t offset = 0;
  std::uint32_t record_size = 0;
};

struct RecordHeader {
  RecordKind kind = RecordKind::picture;
  std::uint32_t length = 0;
  Digest digest;
  std::uint32_t checksum = 0;  // of the bytes that follow
};

struct FoundRecord {
  std::uint32_t offset = 0;
  RecordHeader header;
  ByteView bytes;
  bool sound = false;  // the bytes have their checksum
};

std::uint32_t checksum(ByteView bytes, std::uint32_t seed = 0);

// `seed` is drawn for each segment and goes into the checksums of its records, so that nobody can send a picture that
// holds something that looks like a record.
Bytes segment_header(std::uint32_t seed);
// Absent: it is not a segment's header. The seed otherwise.
std::optional<std::uint32_t> parse_segment_header(ByteView bytes);

void append_picture(Bytes& buffer, std::uint32_t seed, const Digest& digest, ByteView bytes);
void append_removal(Bytes& buffer, std::uint32_t seed, const Digest& digest, const Removed& removed);
std::optional<Removed> parse_removed(ByteView bytes);

// Visits each record of a whole segment in order. Damaged stretches are stepped over. The offset where the last sound
// record ends: what is behind it was never acknowledged.
std::uint64_t scan(ByteView segment, std::uint32_t seed, const std::function<void(const FoundRecord&)>& visit);

}  // namespace vidi::objects::local
