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

namespace vidi::spool {
namespace {

using files::Failure;
using files::File;
using files::Outcome;

static_assert(std::endian::native == std::endian::little, "numbers are stored as they lie in memory");

constexpr std::string_view kMagic = "vidispl1";
constexpr std::size_t kRecordHead = 16;  // length and checksum, 4 bytes each, then the time, 8 bytes
constexpr std::uint32_t kMostPayload = std::uint32_t{64} << 20U;

// Zeros written ahead of the records: writing over them, fdatasync has no change of the file's length to keep.
constexpr std::size_t kRoomAhead = std::size_t{256} << 10U;

Error explain(const Failure& failure) { return files::explain(failure, "the predictions that wait"); }

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

std::uint32_t checksum(ByteView time_and_payload) {
  return static_cast<std::uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(time_and_payload.data()), time_and_payload.size()));
}

void append_record(Bytes& bytes, Timestamp time, ByteView payload) {
  append_value(bytes, static_cast<std::uint32_t>(payload.size()));
  Bytes checked;
  append_value(checked, std::int64_t{time.time_since_epoch().count()});
  checked.insert(checked.end(), payload.begin(), payload.end());
  append_value(bytes, checksum(checked));
  bytes.insert(bytes.end(), checked.begin(), checked.end());
}

struct Found {
  Timestamp time;
  ByteView payload;
  std::size_t size = 0;  // of the record
};

// The record at the front of `bytes`. Absent: none, or not a whole one.
std::optional<Found> record_at(ByteView bytes) {
  if (bytes.size() < kRecordHead) return std::nullopt;
  const auto length = value_at<std::uint32_t>(bytes, 0);
  if (length > kMostPayload || bytes.size() - kRecordHead < length) return std::nullopt;
  const ByteView checked = bytes.subspan(8, 8 + length);
  // A record of zeros would have a checksum of its own: no place of zeros is one.
  if (checksum(checked) != value_at<std::uint32_t>(bytes, 4)) return std::nullopt;
  return Found{.time = Timestamp(std::chrono::microseconds(value_at<std::int64_t>(checked, 0))),
               .payload = checked.subspan(8),
               .size = kRecordHead + length};
}

bool all_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
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
  return size;
}

Task<Result<void>> Journal::append(Bytes payload) {
  if (payload.size() > kMostPayload) {
    co_return fail(ErrorCode::too_large,
                   fmt::format("an entry of {} bytes is over the limit of {}", payload.size(), kMostPayload));
  }
  {
    const std::scoped_lock lock(mutex_);
    if (size() + payload.size() > limits_.bytes) {
      co_return fail(ErrorCode::overloaded,
                     fmt::format("the spool is full: {} bytes wait for the store, the most that may", size()));
    }
  }
  auto start = [&](Completion<Result<void>> done) {
    Request request{.payload = std::move(payload), .done = std::move(done)};
    if (writer_->submit(std::move(request))) return;
    // NOLINTNEXTLINE(bugprone-use-after-move): a refused request is left as it was.
    request.done(fail(ErrorCode::overloaded, "the server is busy: too many predictions wait to be kept"));
  };
  co_return co_await wait_for<Result<void>>(start);
}

void Journal::write(std::vector<Request>& group) {
  Bytes records;
  const Timestamp time = now();
  for (const Request& request : group) append_record(records, time, request.payload);
  const auto stored = disk_failed_ ? std::unexpected(files::kDiskFailed) : store(records, group.size());
  if (!stored) {
    if (stored.error().unsynchronised) disk_failed_ = true;
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
  const std::filesystem::path temporary = folder_ / "new";
  if (auto made = files::write_whole(temporary, segment->path, as_bytes(kMagic)); !made) return made;
  auto file = File::open(segment->path, O_RDWR);
  if (!file) return std::unexpected(file.error());
  segment->file = std::move(*file);
  segment->end = segment->read_offset = segment->file_size = kMagic.size();
  segment->writable = true;
  const std::scoped_lock lock(mutex_);
  segments_.push_back(std::move(segment));
  return {};
}

// On the writer's thread, which alone adds segments and moves their ends.
Outcome<void> Journal::store(ByteView records, std::size_t count) {
  std::shared_ptr<Segment> segment;
  {
    const std::scoped_lock lock(mutex_);
    if (!segments_.empty()) segment = segments_.back();
  }
  const bool finished = segment && segment->count > 0 && done_ + 1 >= segment->first + segment->count;
  if (!segment || !segment->writable || finished || segment->end >= limits_.segment_bytes) {
    if (auto begun = begin_segment(); !begun) return begun;
    remove_finished();
    const std::scoped_lock lock(mutex_);
    segment = segments_.back();
  }
  const std::uint64_t begin = segment->end;
  const std::uint64_t end = begin + records.size();
  std::uint64_t file_size = segment->file_size;
  if (end > file_size) {
    Bytes room(std::max<std::uint64_t>(end + kRoomAhead - file_size, 1));
    if (auto made = segment->file.write(room, file_size); !made) return made;
    file_size += room.size();
  }
  if (auto written = segment->file.write(records, begin); !written) return written;
  if (auto kept = segment->file.synchronise(); !kept) return kept;
  const std::scoped_lock lock(mutex_);
  segment->file_size = file_size;
  segment->end = end;
  segment->count += count;
  next_number_ += count;
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
  remove_finished();
  const std::scoped_lock lock(mutex_);
  for (const auto& segment : segments_) {
    while (segment->read_number <= done_ && segment->read_number < segment->first + segment->count) {
      Bytes head(kRecordHead);
      if (const auto got = segment->file.read(head, segment->read_offset); !got || *got < kRecordHead) return;
      segment->read_offset += kRecordHead + value_at<std::uint32_t>(head, 0);
      ++segment->read_number;
    }
  }
}

// Files of which every entry is dealt with, but for the last: that may be written to at this moment.
void Journal::remove_finished() {
  std::vector<std::shared_ptr<Segment>> finished;
  {
    const std::scoped_lock lock(mutex_);
    while (segments_.size() > 1 && segments_.front()->first + segments_.front()->count <= done_ + 1) {
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
