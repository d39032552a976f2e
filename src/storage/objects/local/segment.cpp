#include "objects/local/segment.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <random>
#include <utility>

namespace vidi::objects::local {
namespace {

// Zeros written ahead of the records. Writing over them, fdatasync has no change of the file's length to keep, which
// makes it two to ten times as quick.
constexpr std::size_t kRoomAhead = std::size_t{1} << 20;

// Notes a record in what a segment knows of itself.
void note(const FoundRecord& record, EntryMap& entries, UselessBytes& useless) {
  Entry entry{.offset = record.offset, .length = record.header.length};
  if (record.header.kind == RecordKind::removal) {
    // A damaged removal must not make a picture disappear.
    const auto removed = record.sound ? parse_removed(record.bytes) : std::nullopt;
    if (!removed) return;
    useless[removed->segment] += removed->record_size;
    entry.length = Entry::kRemoved;
  }
  entries[record.header.digest] = entry;
}

}  // namespace

std::filesystem::path Segment::path(const char* extension) const {
  return folder_ / fmt::format("{:010}.{}", number_, extension);
}

Outcome<std::shared_ptr<Segment>> Segment::create(const std::filesystem::path& folder, std::uint32_t number) {
  const std::shared_ptr<Segment> segment(new Segment(folder, number));
  segment->seed_ = static_cast<std::uint32_t>(std::random_device()());
  const Bytes header = segment_header(segment->seed_);
  // Complete before it has its name, so that every segment has a header.
  if (const auto done = write_whole(segment->path("segment"), header, {.temporary = segment->path("new")}); !done) {
    return forward_error(done);
  }
  return open(folder, number);
}

Outcome<std::shared_ptr<Segment>> Segment::open(const std::filesystem::path& folder, std::uint32_t number) {
  std::shared_ptr<Segment> segment(new Segment(folder, number));
  auto file = File::open(segment->path("segment"), O_RDWR);
  if (!file) return forward_error(file);
  segment->file_ = std::move(*file);
  const auto size = segment->file_.size();
  if (!size) return forward_error(size);
  segment->size_ = *size;
  segment->file_size_ = *size;
  Bytes header(kSegmentHeaderSize);
  const auto count = segment->file_.read(header, 0);
  if (!count) return forward_error(count);
  const auto seed = parse_segment_header(header);
  if (!seed) {
    spdlog::error("objects: {} is damaged or not a segment", segment->path("segment").string());
    return std::unexpected(Failure{.code = EBADMSG});
  }
  segment->seed_ = *seed;
  return segment;
}

Outcome<std::shared_ptr<Segment>> Segment::open_newest(const std::filesystem::path& folder, std::uint32_t number) {
  auto segment = open(folder, number);
  if (!segment) return segment;
  Segment& newest = **segment;
  const auto sound_end = newest.load_entries();
  if (!sound_end) return forward_error(sound_end);
  if (*sound_end == newest.size_) return segment;
  const auto torn = newest.torn_bytes(*sound_end);
  if (!torn) return forward_error(torn);
  newest.size_ = *sound_end;
  if (*torn == 0) return segment;
  spdlog::warn("objects: {} bytes that were not written as a whole are cut off the end of {}", *torn,
               newest.path("segment").string());
  if (const auto cut = newest.cut(); !cut) return forward_error(cut);
  newest.recent_.clear();
  newest.useless_.clear();
  if (const auto loaded = newest.load_entries(); !loaded) return forward_error(loaded);
  return segment;
}

Outcome<std::shared_ptr<Segment>> Segment::open_closed(const std::filesystem::path& folder, std::uint32_t number) {
  auto segment = open(folder, number);
  if (!segment) return segment;
  Segment& closed = **segment;
  closed.index_ = SegmentIndex::open(closed.path("index"), closed.size_);
  if (closed.index_) {
    closed.useless_ = closed.index_->useless();
    return segment;
  }
  spdlog::warn("objects: the index of {} is missing or damaged and made anew", closed.path("segment").string());
  if (const auto loaded = closed.load_entries(); !loaded) return forward_error(loaded);
  auto index = closed.make_index();
  if (!index) return forward_error(index);
  closed.set_index(std::move(*index));
  return segment;
}

Outcome<std::uint64_t> Segment::load_entries() {
  return scan_records([&](const FoundRecord& record) { note(record, recent_, useless_); });
}

// What follows the last sound record, without the zeros at the end.
Outcome<std::uint64_t> Segment::torn_bytes(std::uint64_t sound_end) const {
  Bytes rest(size_ - sound_end);
  const auto count = file_.read(rest, sound_end);
  if (!count) return forward_error(count);
  rest.resize(*count);
  while (!rest.empty() && rest.back() == std::byte{0}) rest.pop_back();
  return rest.size();
}

Outcome<void> Segment::write(ByteView records, std::uint64_t offset) {
  const std::uint64_t end = size_ + offset + records.size();
  if (end > file_size_) {
    // Without room for zeros there may still be room for the records.
    file_size_ = end + kRoomAhead;
    if (!file_.write(Bytes(kRoomAhead), end)) {
      file_size_ = end;
      if (auto cut = file_.truncate(end); !cut) return cut;
    }
  }
  return file_.write(records, size_ + offset);
}

Outcome<void> Segment::cut() {
  file_size_ = size_;
  return file_.truncate(size_);
}

std::optional<Entry> Segment::find(const Digest& digest) const {
  if (!index_) {
    const auto found = recent_.find(digest);
    return found == recent_.end() ? std::nullopt : std::optional(found->second);
  }
  if (!index_->may_hold(digest)) return std::nullopt;
  std::call_once(verified_, [this] {
    if (index_->sound()) return;
    spdlog::error("objects: the index of {} is damaged and not used any more", path("segment").string());
    ::unlink(path("index").c_str());
    EntryMap entries;
    UselessBytes useless;
    if (scan_records([&](const FoundRecord& record) { note(record, entries, useless); })) {
      instead_of_index_ = std::move(entries);
    }
  });
  if (!instead_of_index_) return index_->find(digest);
  const auto found = instead_of_index_->find(digest);
  return found == instead_of_index_->end() ? std::nullopt : std::optional(found->second);
}

Outcome<Bytes> Segment::read(const Entry& entry) const {
  Bytes bytes(entry.length);
  const auto count = file_.read(bytes, entry.offset + kRecordHeaderSize);
  if (!count) return forward_error(count);
  bytes.resize(*count);
  return bytes;
}

Outcome<std::uint64_t> Segment::scan_records(const std::function<void(const FoundRecord&)>& visit) const {
  Bytes bytes(size_);
  const auto count = file_.read(bytes, 0);
  if (!count) return forward_error(count);
  bytes.resize(*count);
  return scan(bytes, seed_, visit);
}

void Segment::publish(const EntryMap& entries, const UselessBytes& useless, std::uint64_t written) {
  for (const auto& [digest, entry] : entries) recent_[digest] = entry;
  for (const auto& [segment, bytes] : useless) useless_[segment] += bytes;
  size_ += written;
}

Outcome<std::unique_ptr<SegmentIndex>> Segment::make_index() const {
  const Bytes file = build_index(recent_, useless_, size_);
  if (const auto done = write_whole(path("index"), file, {.temporary = path("new")}); !done) return forward_error(done);
  auto index = SegmentIndex::open(path("index"), size_);
  if (!index) return std::unexpected(Failure{.code = EIO});
  return index;
}

EntryMap Segment::set_index(std::unique_ptr<SegmentIndex> index) {
  index_ = std::move(index);
  return std::exchange(recent_, {});
}

Outcome<void> Segment::remove_files() {
  // An index without a segment is swept away at the next start; a segment without an index would be read through.
  if (::unlink(path("segment").c_str()) != 0) return std::unexpected(Failure{.code = errno});
  ::unlink(path("index").c_str());
  return synchronize_folder(folder_);
}

}  // namespace vidi::objects::local
