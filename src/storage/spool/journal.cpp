#include "spool/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "files/atomic_file.hpp"

namespace vidi::spool {
namespace {

using files::Failure;
using files::File;
using files::Outcome;

static_assert(std::endian::native == std::endian::little, "numbers are stored as they lie in memory");

constexpr std::string_view kMagic = "vidispl1";
// Length and checksum, 4 bytes each; the time and the bytes that lie beside it, 8 bytes each.
constexpr std::size_t kRecordHead = 24;
constexpr std::size_t kUnchecked = 8;  // of the head
constexpr std::size_t kBesideOffset = 16;
constexpr std::uint32_t kMostPayload = std::uint32_t{64} << 20U;

// Zeros written ahead of the records: writing over them, fdatasync has no change of the file's length to keep.
constexpr std::size_t kRoomAhead = std::size_t{256} << 10U;

// What is left of the disk: handing over needs some, to note what is gone.
constexpr std::uint64_t kReserve = std::uint64_t{1} << 20U;

Error explain(const Failure& failure) {
  Error error = files::explain(failure, "what waits for the store");
  // That passes: the store takes what waits, or somebody makes room.
  const bool full = failure.code == ENOSPC || failure.code == EDQUOT || failure.code == EFBIG;
  if (full && !failure.unsynchronized) error.code = ErrorCode::overloaded;
  return error;
}

template <typename Value>
Value value_at(ByteView bytes, std::size_t offset) {
  Value value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <typename Value>
void append_value(Bytes& bytes, Value value) {
  const auto raw = std::bit_cast<std::array<std::byte, sizeof value>>(value);
  bytes.insert(bytes.end(), raw.begin(), raw.end());
}

std::uint32_t checksum(ByteView checked) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(checked.data()), checked.size()));
}

void append_record(Bytes& bytes, Timestamp time, std::uint64_t beside, ByteView payload) {
  append_value(bytes, static_cast<std::uint32_t>(payload.size()));
  Bytes checked;
  append_value(checked, std::int64_t{time.time_since_epoch().count()});
  append_value(checked, beside);
  checked.insert(checked.end(), payload.begin(), payload.end());
  append_value(bytes, checksum(checked));
  bytes.insert(bytes.end(), checked.begin(), checked.end());
}

struct Found {
  Timestamp time;
  std::uint64_t beside = 0;
  ByteView payload;
  std::size_t size = 0;  // of the record
};

// The record at the front of `bytes`. Absent: none, or not a whole one.
std::optional<Found> record_at(ByteView bytes) {
  if (bytes.size() < kRecordHead) return std::nullopt;
  const auto length = value_at<std::uint32_t>(bytes, 0);
  if (length > kMostPayload || bytes.size() - kRecordHead < length) return std::nullopt;
  const ByteView checked = bytes.subspan(kUnchecked, kRecordHead - kUnchecked + length);
  // A record of zeros would have a checksum of its own: no place of zeros is one.
  if (checksum(checked) != value_at<std::uint32_t>(bytes, 4)) return std::nullopt;
  return Found{.time = Timestamp(std::chrono::microseconds(value_at<std::int64_t>(checked, 0))),
               .beside = value_at<std::uint64_t>(checked, kBesideOffset - kUnchecked),
               .payload = checked.subspan(kRecordHead - kUnchecked),
               .size = kRecordHead + length};
}

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

// Writes at `end`, with room for what comes next where the disk has it; durable when it returns. The file's size.
Outcome<std::uint64_t> write_behind(File& file, std::uint64_t end, std::uint64_t file_size, ByteView records) {
  const std::uint64_t new_end = end + records.size();
  if (new_end > file_size) {
    const Bytes room(new_end + kRoomAhead - file_size);
    if (file.write(room, file_size)) {
      file_size += room.size();
    } else if (auto cut = file.truncate(file_size); !cut) {
      return forward_error(cut);
    }
  }
  auto written = file.write(records, end);
  if (written) written = file.synchronize();
  if (written) return std::max(file_size, new_end);
  // A part of an entry is no harm; on a full disk it would be in the way.
  std::ignore = file.truncate(file_size);
  return forward_error(written);
}

std::string segment_name(std::uint64_t first) { return fmt::format("{:020}.spool", first); }

}  // namespace

// A file of entries with consecutive numbers.
struct Journal::Segment {
  std::filesystem::path path;
  File file;
  std::uint64_t first = 1;      // number of its first entry
  std::uint64_t count = 0;      // entries that are durable
  std::uint64_t end = 0;        // of the last of them, in the file
  std::uint64_t file_size = 0;  // with the zeros ahead
  bool writable = false;        // what a process before has left is not written to: its end may be torn
  // Where reading goes on: the entry of that number begins there.
  std::uint64_t read_number = 1;
  std::uint64_t read_offset = 0;
};

Journal::Journal(std::filesystem::path folder, const Limits& limits) : folder_(std::move(folder)), limits_(limits) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const auto refuse = [&](const std::string& why) {
    throw std::runtime_error(fmt::format("the spool in {} cannot be used: {}", folder_.string(), why));
  };
  if (error) refuse(error.message());
  auto lock = File::open(folder_ / "lock", O_RDWR | O_CREAT);
  if (!lock) refuse(std::generic_category().message(lock.error().code));
  lock_ = std::move(*lock);
  if (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) != 0) refuse("another process uses it");
  load();
  writer_ =
      std::make_unique<GroupWriter<Request>>(limits_.waiting, [this](std::vector<Request>& group) { write(group); });
}

Journal::~Journal() {
  writer_.reset();
  for (const auto& segment : segments_) {
    if (segment->first + segment->count <= done_ + 1) ::unlink(segment->path.c_str());
  }
}

void Journal::load() {
  std::vector<std::pair<std::uint64_t, std::filesystem::path>> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    std::uint64_t first = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), first);
    if (error == std::errc() && name == segment_name(first)) found.emplace_back(first, entry.path());
  }
  std::ranges::sort(found);
  for (const auto& [first, path] : found) load_segment(first, path);
  done_ = segments_.empty() ? next_number_ - 1 : segments_.front()->first - 1;
}

void Journal::load_segment(std::uint64_t first, const std::filesystem::path& path) {
  const auto refuse = [&](const std::string& why) {
    throw std::runtime_error(fmt::format("the file {} of the spool cannot be read: {}", path.string(), why));
  };
  auto segment = std::make_shared<Segment>();
  segment->path = path;
  segment->first = segment->read_number = first;
  auto file = File::open(path, O_RDWR);
  if (!file) refuse(std::generic_category().message(file.error().code));
  segment->file = std::move(*file);
  const auto size = segment->file.size();
  if (!size) refuse(std::generic_category().message(size.error().code));
  segment->file_size = *size;
  Bytes bytes(*size);
  if (const auto count = segment->file.read(bytes, 0); !count || *count != bytes.size()) refuse("it ends too early");
  const ByteView view = bytes;
  if (!as_text(view).starts_with(kMagic)) refuse("it is not one of this program");
  segment->end = segment->read_offset = kMagic.size();
  while (const auto record = record_at(view.subspan(segment->end))) {
    ++segment->count;
    segment->end += record->size;
    beside_ += record->beside;
  }
  // A process that was killed leaves zeros or a part of a record, of which nobody was told that it is kept.
  if (!all_zero(view.subspan(segment->end))) {
    ++damaged_;
    spdlog::warn("spool: what follows entry {} in {} was not written as a whole, and is left out",
                 first + segment->count - 1, path.string());
  }
  next_number_ = first + segment->count;
  if (segment->count == 0) {
    ::unlink(path.c_str());
  } else {
    segments_.push_back(std::move(segment));
  }
}

std::uint64_t Journal::size() const {
  std::uint64_t size = 0;
  for (const auto& segment : segments_) size += segment->file_size;
  return size + beside_;
}

Result<void> Journal::room_for(std::uint64_t bytes) const {
  std::error_code error;
  const auto space = std::filesystem::space(folder_, error);
  if (!error && space.available < kReserve + bytes) return std::unexpected(explain(Failure{.code = ENOSPC}));
  const std::scoped_lock lock(mutex_);
  if (size() + bytes <= limits_.bytes) return {};
  return fail(ErrorCode::overloaded,
              fmt::format("the spool is full: {} bytes wait for the store, and {} may", size(), limits_.bytes));
}

Task<Result<void>> Journal::append(Bytes payload, std::uint64_t beside) {
  if (payload.size() > kMostPayload) {
    co_return fail(ErrorCode::too_large,
                   fmt::format("an entry of {} bytes is over the limit of {}", payload.size(), kMostPayload));
  }
  if (auto room = room_for(payload.size() + beside); !room) co_return room;
  auto start = [&](Completion<Result<void>> done) {
    Request request{.payload = std::move(payload), .beside = beside, .done = std::move(done)};
    if (writer_->submit(std::move(request))) return;
    // NOLINTNEXTLINE(bugprone-use-after-move): a refused request is left as it was.
    request.done(fail(ErrorCode::overloaded, "the server is busy: too many predictions wait to be kept"));
  };
  co_return co_await wait_for<Result<void>>(start);
}

void Journal::write(std::vector<Request>& group) {
  Bytes records;
  std::uint64_t beside = 0;
  const Timestamp time = now();
  for (const Request& request : group) {
    append_record(records, time, request.beside, request.payload);
    beside += request.beside;
  }
  const auto stored = disk_failed_ ? std::unexpected(files::kDiskFailed) : store(records, group.size(), beside);
  if (!stored) {
    if (stored.error().unsynchronized) disk_failed_ = true;
    spdlog::error("spool: {}", explain(stored.error()).message);
  }
  for (Request& request : group) {
    request.done(stored ? Result<void>() : Result<void>(std::unexpected(explain(stored.error()))));
  }
}

Outcome<void> Journal::begin_segment() {
  auto segment = std::make_shared<Segment>();
  segment->first = segment->read_number = next_number_;
  segment->path = folder_ / segment_name(next_number_);
  auto made = files::write_whole(segment->path, as_bytes(kMagic), {.temporary = folder_ / "new"});
  if (!made) return made;
  auto file = File::open(segment->path, O_RDWR);
  if (!file) return forward_error(file);
  segment->file = std::move(*file);
  segment->end = segment->read_offset = segment->file_size = kMagic.size();
  segment->writable = true;
  const std::scoped_lock lock(mutex_);
  segments_.push_back(std::move(segment));
  storing_ = true;
  return {};
}

// The segment that the next entries belong to. It stays until it has been stored to.
Outcome<std::shared_ptr<Journal::Segment>> Journal::segment_to_write() {
  remove_finished();
  {
    const std::scoped_lock lock(mutex_);
    if (!segments_.empty() && segments_.back()->writable && segments_.back()->end < limits_.segment_bytes) {
      storing_ = true;
      return segments_.back();
    }
  }
  if (auto begun = begin_segment(); !begun) return forward_error(begun);
  const std::scoped_lock lock(mutex_);
  return segments_.back();
}

// On the writer's thread, which alone adds segments and moves their ends.
Outcome<void> Journal::store(ByteView records, std::size_t count, std::uint64_t beside) {
  const auto picked = segment_to_write();
  if (!picked) return forward_error(picked);
  Segment& segment = **picked;
  const auto file_size = write_behind(segment.file, segment.end, segment.file_size, records);
  const std::scoped_lock lock(mutex_);
  storing_ = false;
  if (!file_size) return forward_error(file_size);
  segment.file_size = *file_size;
  segment.end += records.size();
  segment.count += count;
  next_number_ += count;
  beside_ += beside;
  return {};
}

Result<std::vector<Entry>> Journal::read(std::size_t count) {
  std::vector<Entry> entries;
  std::vector<std::shared_ptr<Segment>> segments;
  {
    const std::scoped_lock lock(mutex_);
    segments.assign(segments_.begin(), segments_.end());
  }
  for (const auto& segment : segments) {
    std::uint64_t offset = 0;
    std::uint64_t number = 0;
    std::uint64_t end = 0;
    std::uint64_t last = 0;
    {
      const std::scoped_lock lock(mutex_);
      offset = segment->read_offset;
      number = segment->read_number;
      end = segment->end;
      last = segment->first + segment->count;
    }
    for (; number < last && entries.size() < count; ++number) {
      Bytes head(kRecordHead);
      const auto got = segment->file.read(head, offset);
      if (!got) return std::unexpected(explain(got.error()));
      const auto length = value_at<std::uint32_t>(head, 0);
      if (offset + kRecordHead + length > end) return fail(ErrorCode::internal, "the spool is damaged");
      Bytes record(kRecordHead + length);
      const auto whole = segment->file.read(record, offset);
      if (!whole) return std::unexpected(explain(whole.error()));
      const auto found = record_at(record);
      if (!found) return fail(ErrorCode::internal, "the spool is damaged");
      entries.push_back({.number = number, .time = found->time, .payload = to_bytes(found->payload)});
      offset += record.size();
    }
    if (entries.size() == count) break;
  }
  return entries;
}

void Journal::done(std::uint64_t number) {
  done_ = std::max(done_.load(), number);
  pass_over_done();
  remove_finished();
}

void Journal::pass_over_done() {
  const std::scoped_lock lock(mutex_);
  for (const auto& segment : segments_) {
    while (segment->read_number <= done_ && segment->read_number < segment->first + segment->count) {
      Bytes head(kRecordHead);
      if (const auto got = segment->file.read(head, segment->read_offset); !got || *got < kRecordHead) return;
      segment->read_offset += kRecordHead + value_at<std::uint32_t>(head, 0);
      ++segment->read_number;
      beside_ -= std::min(beside_, value_at<std::uint64_t>(head, kBesideOffset));
    }
  }
}

// Files of which every entry is dealt with, but for one that is written to at this moment.
void Journal::remove_finished() {
  std::vector<std::shared_ptr<Segment>> finished;
  {
    const std::scoped_lock lock(mutex_);
    const std::size_t kept = storing_ ? 1 : 0;
    while (segments_.size() > kept && segments_.front()->first + segments_.front()->count <= done_ + 1) {
      finished.push_back(std::move(segments_.front()));
      segments_.pop_front();
    }
  }
  for (const auto& segment : finished) ::unlink(segment->path.c_str());
}

Depth Journal::depth() const {
  const std::scoped_lock lock(mutex_);
  Depth depth{.entries = next_number_ - 1 - done_, .bytes = size(), .oldest = std::nullopt, .damaged = damaged_};
  for (const auto& segment : segments_) {
    if (segment->read_number == segment->first + segment->count) continue;
    Bytes head(kRecordHead);
    const auto got = segment->file.read(head, segment->read_offset);
    if (got && *got == kRecordHead) {
      depth.oldest = Timestamp(std::chrono::microseconds(value_at<std::int64_t>(head, 8)));
    }
    break;
  }
  return depth;
}

}  // namespace vidi::spool
