#include "objects/local/small_objects.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace vidi::objects::local {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 20;

// Requests in a group after which no more are waited for.
constexpr std::size_t kEnough = 1024;

// The number in "0000000012.segment"; absent for other names.
std::optional<std::uint32_t> segment_number(const std::filesystem::path& path) {
  const std::string stem = path.stem().string();
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(stem.data(), stem.data() + stem.size(), number);
  if (error != std::errc() || end != stem.data() + stem.size()) return std::nullopt;
  return number;
}

std::set<std::uint32_t> segment_numbers(const std::filesystem::path& folder) {
  std::set<std::uint32_t> numbers;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().extension() != ".segment") continue;
    if (const auto number = segment_number(file.path())) numbers.insert(*number);
  }
  return numbers;
}

// What an interrupted start or compaction has left.
void sweep(const std::filesystem::path& folder, const std::set<std::uint32_t>& segments) {
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    const auto number = segment_number(file.path());
    const bool lonely = file.path().extension() == ".index" && number && !segments.contains(*number);
    if (lonely || file.path().extension() == ".new") std::filesystem::remove(file.path());
  }
}

template <typename Value>
Value opened(Outcome<Value> outcome, const std::filesystem::path& folder) {
  if (outcome) return std::move(*outcome);
  throw std::runtime_error(fmt::format("the pictures in {} cannot be opened: {}", folder.string(),
                                       std::generic_category().message(outcome.error().code)));
}

}  // namespace

SmallObjects::SmallObjects(std::filesystem::path folder, Options options, DiskFailed& disk_failed,
                           Background background)
    : folder_(std::move(folder)), options_(options), disk_failed_(disk_failed), background_(std::move(background)) {
  open_segments();
}

SmallObjects::~SmallObjects() {
  // The zeros do no harm where they cannot be cut off.
  std::ignore = segments_.back()->cut();
}

void SmallObjects::open_segments() {
  const std::set<std::uint32_t> numbers = segment_numbers(folder_);
  sweep(folder_, numbers);
  for (const std::uint32_t number : numbers) {
    const bool newest = number == *numbers.rbegin();
    segments_.push_back(
        opened(newest ? Segment::open_newest(folder_, number) : Segment::open_closed(folder_, number), folder_));
    for (const auto& [segment, bytes] : segments_.back()->useless()) useless_[segment] += bytes;
  }
  if (segments_.empty()) segments_.push_back(opened(Segment::create(folder_, 1), folder_));
}

std::optional<SmallObjects::Location> SmallObjects::locate(const Digest& digest) const {
  const std::shared_lock lock(mutex_);
  for (auto segment = segments_.rbegin(); segment != segments_.rend(); ++segment) {
    const auto entry = (*segment)->find(digest);
    if (!entry) continue;
    if (entry->removed()) return std::nullopt;
    return Location{.segment = *segment, .entry = *entry};
  }
  return std::nullopt;
}

bool SmallObjects::contains(const Digest& digest) const { return locate(digest).has_value(); }

Result<std::optional<Bytes>> SmallObjects::get(const Digest& digest) const {
  const auto location = locate(digest);
  if (!location) return std::optional<Bytes>();
  auto bytes = location->segment->read(location->entry);
  if (!bytes) return std::unexpected(explain(bytes.error()));
  if (sha256(*bytes) != digest) {
    return fail(ErrorCode::internal, "the stored picture " + to_string(digest) + " is damaged");
  }
  return std::optional<Bytes>(std::move(*bytes));
}

void SmallObjects::write(std::vector<Request>& group, const Gather& gather) {
  // A segment may get full in the middle of a group: then what came before is committed first.
  for (std::size_t begin = 0; begin < group.size();) {
    std::size_t end = group.size();
    Outcome<void> committed = newest_is_full() ? begin_segment() : Outcome<void>();
    if (committed) {
      end = stage_from(group, begin, gather);
      committed = commit();
    }
    complete(std::span(group).subspan(begin, end - begin), committed);
    begin = end;
  }
  const auto removes = [](const Request& request) { return std::holds_alternative<Remove>(request); };
  if (!disk_failed_ && std::ranges::any_of(group, removes)) compact_where_worth_it();
}

// Where the staged requests end.
std::size_t SmallObjects::stage_from(std::vector<Request>& group, std::size_t begin, const Gather& gather) {
  std::size_t end = begin;
  while (end < group.size() && !newest_is_full()) {
    stage(group[end++]);
    if (end == group.size() && group.size() < kEnough) gather(group);
  }
  return end;
}

void SmallObjects::stage(Request& request) {
  if (const auto* put = std::get_if<Put>(&request)) {
    stage_put(*put);
  } else {
    stage_remove(std::get<Remove>(request));
  }
  hand_over_if_large();
}

void SmallObjects::stage_put(const Put& put) {
  if (record_of(put.digest)) return;
  staged_.entries[put.digest] = next_entry(put.bytes.size());
  append_picture(staged_.buffer, segments_.back()->seed(), put.digest, put.bytes);
}

void SmallObjects::stage_remove(Remove& remove) {
  const std::optional<Removed> removed = record_of(remove.digest);
  remove.existed = removed.has_value();
  if (!removed) return;
  Entry entry = next_entry(0);
  entry.length = Entry::kRemoved;
  staged_.entries[remove.digest] = entry;
  staged_.useless[removed->segment] += removed->record_size;
  append_removal(staged_.buffer, segments_.back()->seed(), remove.digest, *removed);
}

// The record, staged or stored, that holds the picture.
std::optional<Removed> SmallObjects::record_of(const Digest& digest) const {
  std::uint32_t segment = segments_.back()->number();
  Entry entry;
  if (const auto staged = staged_.entries.find(digest); staged != staged_.entries.end()) {
    if (staged->second.removed()) return std::nullopt;
    entry = staged->second;
  } else if (const auto location = locate(digest)) {
    segment = location->segment->number();
    entry = location->entry;
  } else {
    return std::nullopt;
  }
  return Removed{.segment = segment,
                 .offset = entry.offset,
                 .record_size = static_cast<std::uint32_t>(entry.length + kRecordHeaderSize)};
}

Entry SmallObjects::next_entry(std::size_t length) const {
  const std::uint64_t offset = segments_.back()->size() + staged_.written + staged_.buffer.size();
  return {.offset = static_cast<std::uint32_t>(offset), .length = static_cast<std::uint32_t>(length)};
}

void SmallObjects::hand_over_if_large() {
  if (staged_.buffer.size() < kBufferSize || staging_failure_) return;
  if (const auto done = hand_over(); !done) staging_failure_ = done.error();
}

Outcome<void> SmallObjects::hand_over() {
  auto done = segments_.back()->write(staged_.buffer, staged_.written);
  staged_.written += staged_.buffer.size();
  staged_.buffer.clear();
  return done;
}

// Makes what is staged durable and visible, or takes all of it back.
Outcome<void> SmallObjects::commit() {
  if (staged_.entries.empty()) return {};
  Outcome<void> done;
  if (disk_failed_) {
    done = std::unexpected(kDiskFailed);
  } else if (staging_failure_) {
    done = std::unexpected(*staging_failure_);
  } else {
    done = hand_over();
    if (done) done = segments_.back()->synchronize();
  }
  if (done) {
    publish();
  } else {
    spdlog::error("objects: {}", explain(done.error()).message);
    const auto cut = segments_.back()->cut();
    if (done.error().unsynchronized || !cut) disk_failed_ = true;
  }
  staging_failure_.reset();
  staged_.buffer.clear();
  staged_.written = 0;
  staged_.entries.clear();
  staged_.useless.clear();
  return done;
}

void SmallObjects::publish() {
  for (const auto& [segment, bytes] : staged_.useless) useless_[segment] += bytes;
  const std::unique_lock lock(mutex_);
  segments_.back()->publish(staged_.entries, staged_.useless, staged_.written);
}

void SmallObjects::complete(std::span<Request> requests, const Outcome<void>& committed) {
  for (Request& request : requests) {
    if (auto* put = std::get_if<Put>(&request)) {
      // A picture that was there before needs no commit.
      if (committed || contains(put->digest)) {
        put->done(Result<void>());
      } else {
        put->done(std::unexpected(explain(committed.error())));
      }
    } else {
      auto& remove = std::get<Remove>(request);
      if (committed || !remove.existed) {
        remove.done(Result<bool>(remove.existed));
      } else {
        remove.done(std::unexpected(explain(committed.error())));
      }
    }
  }
}

bool SmallObjects::newest_is_full() const {
  const Segment& newest = *segments_.back();
  return newest.size() + staged_.written + staged_.buffer.size() >= options_.segment_size ||
         newest.recent_entries() + staged_.entries.size() >= options_.segment_entries;
}

Outcome<void> SmallObjects::begin_segment() {
  const std::shared_ptr<Segment> full = segments_.back();
  if (auto cut = full->cut(); !cut) return cut;
  auto next = Segment::create(folder_, full->number() + 1);
  if (!next) {
    spdlog::error("objects: {}", explain(next.error()).message);
    if (next.error().unsynchronized) disk_failed_ = true;
    return forward_error(next);
  }
  {
    const std::unique_lock lock(mutex_);
    segments_.push_back(std::move(*next));
  }
  close_in_background(full);
  return {};
}

void SmallObjects::close_in_background(const std::shared_ptr<Segment>& segment) {
  if (!background_([this, segment] { make_index(segment); })) make_index(segment);
}

// A failure leaves the entries in memory; the next start makes the index.
void SmallObjects::make_index(const std::shared_ptr<Segment>& segment) {
  auto index = segment->make_index();
  if (!index) {
    spdlog::error("objects: no index for a closed segment: {}", explain(index.error()).message);
    return;
  }
  EntryMap no_longer_needed;
  const std::unique_lock lock(mutex_);
  no_longer_needed = segment->set_index(std::move(*index));
}

std::shared_ptr<Segment> SmallObjects::segment_of(std::uint32_t number) const {
  const std::shared_lock lock(mutex_);
  const auto found = std::ranges::find(segments_, number, [](const auto& segment) { return segment->number(); });
  return found == segments_.end() ? nullptr : *found;
}

// A segment of which more than half is useless is copied without that, and deleted.
void SmallObjects::compact_where_worth_it() {
  std::vector<std::shared_ptr<Segment>> worth_it;
  for (const auto& [number, bytes] : useless_) {
    const auto segment = segment_of(number);
    if (!segment || segment == segments_.back() || bytes * 2 <= segment->size()) continue;
    const std::shared_lock lock(mutex_);
    if (segment->has_index()) worth_it.push_back(segment);
  }
  for (const auto& segment : worth_it) {
    if (const auto done = compact(segment); !done) {
      spdlog::error("objects: a segment was not compacted: {}", explain(done.error()).message);
      return;
    }
  }
}

Outcome<void> SmallObjects::compact(const std::shared_ptr<Segment>& segment) {
  if (newest_is_full()) {
    if (auto begun = begin_segment(); !begun) return begun;
  }
  const auto scanned = segment->scan_records([&](const FoundRecord& record) { stage_again(*segment, record); });
  if (!scanned) return forward_error(scanned);
  if (auto committed = commit(); !committed) return committed;
  {
    const std::unique_lock lock(mutex_);
    std::erase(segments_, segment);
  }
  useless_.erase(segment->number());
  return segment->remove_files();
}

// Whether a segment older than `number` has a record of the picture.
bool SmallObjects::lies_before(std::uint32_t number, const Digest& digest) const {
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(segments_, [&](const auto& segment) {
    if (segment->number() >= number) return false;
    const auto entry = segment->find(digest);
    return entry && !entry->removed();
  });
}

void SmallObjects::stage_again(const Segment& from, const FoundRecord& record) {
  const Digest& digest = record.header.digest;
  const auto location = locate(digest);
  if (record.header.kind == RecordKind::picture) {
    if (!location || location->segment.get() != &from || location->entry.offset != record.offset) return;
    staged_.entries[digest] = next_entry(record.bytes.size());
    append_picture(staged_.buffer, segments_.back()->seed(), digest, record.bytes);
  } else {
    // A removal still counts while an older segment has the picture: without it, that one would come back.
    const auto removed = record.sound ? parse_removed(record.bytes) : std::nullopt;
    if (!removed || location || !lies_before(from.number(), digest)) return;
    Entry entry = next_entry(0);
    entry.length = Entry::kRemoved;
    staged_.entries[digest] = entry;
    // Counted when the picture was removed; now it moves to the newest segment.
    useless_[removed->segment] -= removed->record_size;
    staged_.useless[removed->segment] += removed->record_size;
    append_removal(staged_.buffer, segments_.back()->seed(), digest, *removed);
  }
  hand_over_if_large();
}

}  // namespace vidi::objects::local
