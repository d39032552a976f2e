#include "objects/local/format.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace vidi::objects::local {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are stored as they lie in memory");

constexpr std::array<char, 8> kSegmentMagic = {'V', 'I', 'D', 'I', 'S', 'E', 'G', '\x01'};
constexpr std::uint32_t kRecordMagic = 0x43455256;  // "VREC"

std::uint32_t read_number(ByteView bytes, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

void write_number(std::span<std::byte> bytes, std::size_t offset, std::uint32_t value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

void append_record(Bytes& buffer, std::uint32_t seed, RecordKind kind, const Digest& digest, ByteView bytes) {
  std::array<std::byte, kRecordHeaderSize> header{};
  write_number(header, 0, kRecordMagic);
  write_number(header, 4, static_cast<std::uint32_t>(kind));
  write_number(header, 8, static_cast<std::uint32_t>(bytes.size()));
  std::ranges::copy(digest.bytes, header.begin() + 12);
  write_number(header, 44, checksum(bytes, seed));
  write_number(header, 48, checksum(ByteView(header).first(48), seed));
  buffer.insert(buffer.end(), header.begin(), header.end());
  buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

// Absent: no record begins here.
std::optional<RecordHeader> parse_record_header(ByteView bytes, std::uint32_t seed) {
  if (bytes.size() < kRecordHeaderSize || read_number(bytes, 0) != kRecordMagic) return std::nullopt;
  if (read_number(bytes, 48) != checksum(bytes.first(48), seed)) return std::nullopt;
  RecordHeader header;
  header.kind = static_cast<RecordKind>(read_number(bytes, 4));
  header.length = read_number(bytes, 8);
  std::ranges::copy(bytes.subspan(12, 32), header.digest.bytes.begin());
  header.checksum = read_number(bytes, 44);
  return header;
}

}  // namespace

std::uint32_t checksum(ByteView bytes, std::uint32_t seed) {
  // zlib gives something else for a null pointer.
  if (bytes.empty()) return seed;
  return static_cast<std::uint32_t>(crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

Bytes segment_header(std::uint32_t seed) {
  Bytes header(kSegmentHeaderSize);
  std::memcpy(header.data(), kSegmentMagic.data(), kSegmentMagic.size());
  write_number(header, 8, seed);
  write_number(header, 12, checksum(ByteView(header).first(12)));
  return header;
}

std::optional<std::uint32_t> parse_segment_header(ByteView bytes) {
  if (bytes.size() < kSegmentHeaderSize) return std::nullopt;
  if (std::memcmp(bytes.data(), kSegmentMagic.data(), kSegmentMagic.size()) != 0) return std::nullopt;
  if (read_number(bytes, 12) != checksum(bytes.first(12))) return std::nullopt;
  return read_number(bytes, 8);
}

void append_picture(Bytes& buffer, std::uint32_t seed, const Digest& digest, ByteView bytes) {
  append_record(buffer, seed, RecordKind::picture, digest, bytes);
}

void append_removal(Bytes& buffer, std::uint32_t seed, const Digest& digest, const Removed& removed) {
  append_record(buffer, seed, RecordKind::removal, digest, std::as_bytes(std::span(&removed, 1)));
}

std::optional<Removed> parse_removed(ByteView bytes) {
  Removed removed;
  if (bytes.size() != sizeof removed) return std::nullopt;
  std::memcpy(&removed, bytes.data(), sizeof removed);
  return removed;
}

std::uint64_t scan(ByteView segment, std::uint32_t seed, const std::function<void(const FoundRecord&)>& visit) {
  std::size_t offset = kSegmentHeaderSize;
  std::uint64_t sound_end = offset;
  while (offset + kRecordHeaderSize <= segment.size()) {
    const auto header = parse_record_header(segment.subspan(offset), seed);
    const std::size_t room = segment.size() - offset - kRecordHeaderSize;
    if (!header || header->length > room) {
      ++offset;
      continue;
    }
    FoundRecord record{.offset = static_cast<std::uint32_t>(offset), .header = *header, .bytes = {}, .sound = false};
    record.bytes = segment.subspan(offset + kRecordHeaderSize, header->length);
    record.sound = checksum(record.bytes, seed) == header->checksum;
    offset += kRecordHeaderSize + header->length;
    if (record.sound) sound_end = offset;
    visit(record);
  }
  return sound_end;
}

}  // namespace vidi::objects::local
