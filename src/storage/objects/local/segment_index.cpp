#include "objects/local/segment_index.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "objects/local/disk.hpp"

namespace vidi::objects::local {
namespace {

constexpr std::size_t kFilterBlockSize = 64;  // a cache line
constexpr std::size_t kEntriesPerBlock = 42;  // about 12 bits an entry
constexpr unsigned kBitsPerEntry = 7;

struct Header {
  std::array<char, 8> magic{'V', 'I', 'D', 'I', 'I', 'D', 'X', '\x01'};
  std::uint64_t segment_size = 0;
  std::uint64_t entry_count = 0;
  std::uint64_t block_count = 0;
  std::uint64_t useless_count = 0;
  std::uint32_t entries_checksum = 0;
  std::uint32_t filter_checksum = 0;
  std::uint32_t useless_checksum = 0;
  std::uint32_t unused = 0;
  std::uint32_t unused_too = 0;
  std::uint32_t header_checksum = 0;  // of what is before it
};
static_assert(sizeof(Header) == 64);

struct StoredEntry {
  Digest digest;
  Entry entry;
};
static_assert(sizeof(StoredEntry) == 40);

struct StoredUseless {
  std::uint64_t segment = 0;
  std::uint64_t bytes = 0;
};

template <typename Value>
  requires std::is_trivially_copyable_v<Value>
Value read_value(ByteView bytes, std::size_t index) {
  Value value;
  std::memcpy(&value, bytes.data() + index * sizeof value, sizeof value);
  return value;
}

std::uint64_t number(const Digest& digest, std::size_t offset) {
  std::uint64_t value = 0;
  for (std::size_t i = offset; i < offset + 8; ++i)
    value = value << 8U | std::to_integer<std::uint64_t>(digest.bytes[i]);
  return value;
}

std::size_t block_of(const Digest& digest, std::size_t blocks) { return number(digest, 8) % blocks; }

// The bits of a digest in its block: nine bits of its own bytes each.
std::array<unsigned, kBitsPerEntry> bits_of(const Digest& digest) {
  std::array<unsigned, kBitsPerEntry> bits{};
  std::uint64_t source = number(digest, 16);
  for (unsigned& bit : bits) {
    bit = source & 511U;
    source >>= 9U;
  }
  return bits;
}

Header read_header(ByteView file) { return read_value<Header>(file, 0); }

std::uint32_t header_checksum(const Header& header) {
  return checksum(std::as_bytes(std::span(&header, 1)).first(sizeof header - sizeof header.header_checksum));
}

template <typename Value>
  requires std::is_trivially_copyable_v<Value>
void append(Bytes& file, const std::vector<Value>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  file.insert(file.end(), bytes.begin(), bytes.end());
}

}  // namespace

Bytes build_index(const EntryMap& entries, const UselessBytes& useless, std::uint64_t segment_size) {
  std::vector<StoredEntry> sorted;
  sorted.reserve(entries.size());
  for (const auto& [digest, entry] : entries) sorted.push_back({.digest = digest, .entry = entry});
  std::ranges::sort(sorted, {}, &StoredEntry::digest);

  Bytes filter((entries.size() / kEntriesPerBlock + 1) * kFilterBlockSize);
  for (const StoredEntry& stored : sorted) {
    const std::size_t block = block_of(stored.digest, filter.size() / kFilterBlockSize) * kFilterBlockSize;
    for (const unsigned bit : bits_of(stored.digest)) filter[block + bit / 8] |= std::byte{1} << (bit % 8);
  }
  std::vector<StoredUseless> removals;
  for (const auto& [segment, bytes] : useless) removals.push_back({.segment = segment, .bytes = bytes});

  Header header;
  header.segment_size = segment_size;
  header.entry_count = sorted.size();
  header.block_count = filter.size() / kFilterBlockSize;
  header.useless_count = removals.size();
  header.filter_checksum = checksum(filter);
  header.entries_checksum = checksum(std::as_bytes(std::span(sorted)));
  header.useless_checksum = checksum(std::as_bytes(std::span(removals)));
  header.header_checksum = header_checksum(header);

  Bytes file;
  file.reserve(sizeof header + filter.size() + sorted.size() * sizeof(StoredEntry));
  append(file, std::vector{header});
  append(file, filter);
  append(file, sorted);
  append(file, removals);
  return file;
}

std::unique_ptr<SegmentIndex> SegmentIndex::open(const std::filesystem::path& path, std::uint64_t segment_size) {
  const auto file = File::open(path, O_RDONLY);
  if (!file) return nullptr;
  const auto size = file->size();
  if (!size || *size < sizeof(Header)) return nullptr;
  void* mapped = ::mmap(nullptr, *size, PROT_READ, MAP_SHARED, file->descriptor(), 0);
  if (mapped == MAP_FAILED) return nullptr;
  std::unique_ptr<SegmentIndex> index(new SegmentIndex(mapped, *size));
  return index->valid(segment_size) ? std::move(index) : nullptr;
}

SegmentIndex::~SegmentIndex() { ::munmap(mapped_, file_.size()); }

bool SegmentIndex::valid(std::uint64_t segment_size) const {
  const Header header = read_header(file_);
  const std::uint64_t limit = file_.size();
  if (header.magic != Header().magic || header.header_checksum != header_checksum(header)) return false;
  if (header.segment_size != segment_size || header.block_count == 0) return false;
  if (header.block_count > limit || header.entry_count > limit || header.useless_count > limit) return false;
  if (sizeof header + header.block_count * kFilterBlockSize + header.entry_count * sizeof(StoredEntry) +
          header.useless_count * sizeof(StoredUseless) !=
      limit) {
    return false;
  }
  return checksum(filter()) == header.filter_checksum && checksum(removals()) == header.useless_checksum;
}

ByteView SegmentIndex::filter() const {
  return file_.subspan(sizeof(Header), read_header(file_).block_count * kFilterBlockSize);
}

ByteView SegmentIndex::entries() const {
  const Header header = read_header(file_);
  return file_.subspan(sizeof header + header.block_count * kFilterBlockSize, header.entry_count * sizeof(StoredEntry));
}

ByteView SegmentIndex::removals() const { return file_.last(read_header(file_).useless_count * sizeof(StoredUseless)); }

bool SegmentIndex::may_hold(const Digest& digest) const {
  const ByteView blocks = filter();
  const ByteView block =
      blocks.subspan(block_of(digest, blocks.size() / kFilterBlockSize) * kFilterBlockSize, kFilterBlockSize);
  return std::ranges::all_of(
      bits_of(digest), [&](unsigned bit) { return (block[bit / 8] >> (bit % 8) & std::byte{1}) != std::byte{0}; });
}

bool SegmentIndex::sound() const { return checksum(entries()) == read_header(file_).entries_checksum; }

std::optional<Entry> SegmentIndex::find(const Digest& digest) const {
  const ByteView sorted = entries();
  std::size_t low = 0;
  std::size_t high = sorted.size() / sizeof(StoredEntry);
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const auto stored = read_value<StoredEntry>(sorted, middle);
    if (stored.digest == digest) return stored.entry;
    if (stored.digest < digest) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return std::nullopt;
}

UselessBytes SegmentIndex::useless() const {
  UselessBytes useless;
  const ByteView stored = removals();
  for (std::size_t i = 0; i < stored.size() / sizeof(StoredUseless); ++i) {
    const auto one = read_value<StoredUseless>(stored, i);
    useless[static_cast<std::uint32_t>(one.segment)] += one.bytes;
  }
  return useless;
}

}  // namespace vidi::objects::local
