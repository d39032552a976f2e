#include "features/picture_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "features/ledger_statements.hpp"

namespace vidi::features {
namespace {

using vidi::sqlite::Database;
using vidi::sqlite::Outcome;
using vidi::sqlite::Statement;

constexpr std::int64_t kWaiting = 0;
constexpr std::int64_t kKept = 1;
constexpr std::int64_t kRejected = 2;

constexpr std::chrono::milliseconds kCommitEvery{200};

std::unexpected<Error> failed(int code) { return std::unexpected(vidi::sqlite::explain(code, "the notes of the job")); }

template <typename T>
Result<T> result_of(Outcome<T> outcome) {
  if (!outcome) return failed(outcome.error());
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *outcome;
  }
}

// A value that is not known differs from nothing.
bool is_same(const sources::Entry& listed, std::int64_t size, std::string_view version) {
  const bool sizes = listed.size == size || listed.size < 0 || size < 0;
  return sizes && (listed.version == version || listed.version.empty() || version.empty());
}

tables::SourcePicture picture_at(const Statement& row) {
  return {.sequence = row.integer(0),
          .image = std::string(row.text(1)),
          .label = std::string(row.text(2)),
          .size = row.integer(3),
          .version = std::string(row.text(4)),
          .reason = std::string(row.text(5)),
          .detail = std::string(row.text(6))};
}

PendingPicture waiting_at(const Statement& row) {
  return {.sequence = row.integer(0),
          .entry = {.key = std::string(row.text(1)),
                    .label = std::string(row.text(2)),
                    .location = std::string(row.text(3)),
                    .size = row.integer(4),
                    .version = std::string(row.text(5))}};
}

// Calls take(statement) for every row, and resets the statement.
template <typename Take>
Result<void> for_each_row(Statement& statement, Take take) {
  while (true) {
    const auto row = statement.step();
    if (!row) return failed(row.error());
    if (!*row) break;
    take(std::as_const(statement));
  }
  statement.reset();
  return {};
}

}  // namespace

PictureLedger::PictureLedger(Database database, const Shape& shape)
    : shape_(shape), database_(std::move(database)), committed_(std::chrono::steady_clock::now()) {}

PictureLedger::~PictureLedger() {
  const std::scoped_lock lock(mutex_);
  // Whoever must know whether it is kept has called commit().
  static_cast<void>(commit_now());  // NOLINT(bugprone-unused-return-value)
}

Result<std::unique_ptr<PictureLedger>> PictureLedger::open(const std::filesystem::path& file, const Shape& shape) {
  try {
    std::unique_ptr<PictureLedger> ledger(new PictureLedger(Database(file.string()), shape));
    if (auto prepared = ledger->prepare(); !prepared) return forward_error(prepared);
    if (auto counted = ledger->count(); !counted) return forward_error(counted);
    return ledger;
  } catch (const std::runtime_error& error) {
    return fail(ErrorCode::internal, fmt::format("the notes of the job cannot be used: {}", error.what()));
  }
}

Result<void> PictureLedger::prepare() {
  if (const auto made = database_.execute(kSchema); !made) return failed(made.error());
  statements_ = std::make_unique<Statements>(database_);
  Statement select = database_.prepare("SELECT part_pictures, variants, columns FROM shape");
  const auto row = select.step();
  if (!row) return failed(row.error());
  if (*row) {
    if (select.integer(0) == shape_.part_pictures && select.integer(1) == static_cast<std::int64_t>(shape_.variants) &&
        select.integer(2) == static_cast<std::int64_t>(shape_.columns)) {
      return {};
    }
    return fail(ErrorCode::conflict, "the notes of the job are of a table of another shape");
  }
  Statement insert = database_.prepare("INSERT INTO shape VALUES (?,?,?)");
  insert.bind(1, shape_.part_pictures);
  insert.bind(2, static_cast<std::int64_t>(shape_.variants));
  insert.bind(3, static_cast<std::int64_t>(shape_.columns));
  return result_of(insert.execute());
}

Result<void> PictureLedger::count() {
  Statement totals =
      database_.prepare("SELECT count(*), total(state = 1), total(state = 2), max(sequence) FROM pictures");
  auto counted = for_each_row(totals, [&](const Statement& row) {
    totals_ = {.listed = static_cast<std::uint64_t>(row.integer(0)),
               .done = static_cast<std::uint64_t>(row.integer(1)),
               .rejected = static_cast<std::uint64_t>(row.integer(2))};
    next_sequence_ = row.is_null(3) ? 0 : row.integer(3) + 1;
  });
  if (!counted) return counted;
  Statement open = database_.prepare(
      "SELECT sequence / ?1 AS part, count(*), total(state != 0) FROM pictures "
      "WHERE part NOT IN (SELECT number FROM parts) GROUP BY part");
  open.bind(1, shape_.part_pictures);
  return for_each_row(open, [&](const Statement& row) {
    open_parts_[row.integer(0)] = {.listed = row.integer(1), .settled = row.integer(2)};
  });
}

Result<void> PictureLedger::begin() {
  if (in_transaction_) return {};
  auto begun = result_of(statements_->begin.execute());
  if (begun) in_transaction_ = true;
  return begun;
}

Result<void> PictureLedger::commit_now() {
  if (!in_transaction_) return {};
  in_transaction_ = false;
  committed_ = std::chrono::steady_clock::now();
  return result_of(statements_->commit.execute());
}

Result<void> PictureLedger::commit_sometimes() {
  if (std::chrono::steady_clock::now() - committed_ < kCommitEvery) return {};
  return commit_now();
}

Result<void> PictureLedger::commit() {
  const std::scoped_lock lock(mutex_);
  return commit_now();
}

Result<void> PictureLedger::add_label(const std::string& image, const std::string& label) {
  const std::scoped_lock lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  statements_->add_label.bind(1, image);
  statements_->add_label.bind(2, label);
  return result_of(statements_->add_label.execute());
}

Result<std::string> PictureLedger::label_of(const std::string& image) {
  const std::scoped_lock lock(mutex_);
  std::string label;
  statements_->find_label.bind(1, image);
  auto read = for_each_row(statements_->find_label, [&](const Statement& row) { label = row.text(0); });
  if (!read) return forward_error(read);
  return label;
}

Result<PictureLedger::Noted> PictureLedger::note(const sources::Entry& entry) {
  const std::scoped_lock lock(mutex_);
  if (auto begun = begin(); !begun) return forward_error(begun);
  Statement& find = statements_->find;
  find.bind(1, entry.key);
  const auto found = find.step();
  if (!found) return failed(found.error());
  if (!*found) {
    find.reset();
    Statement& add = statements_->add;
    add.bind(1, next_sequence_);
    add.bind(2, entry.key);
    add.bind(3, entry.label);
    add.bind(4, entry.location);
    add.bind(5, entry.size);
    add.bind(6, entry.version);
    if (const auto added = add.execute(); !added) return failed(added.error());
    ++open_parts_[part_number(next_sequence_++)].listed;
    ++totals_.listed;
    changed_.notify_all();
    if (auto committed = commit_sometimes(); !committed) return forward_error(committed);
    return Noted::added;
  }
  const std::int64_t sequence = find.integer(0);
  const std::int64_t state = find.integer(3);
  // A picture that is being done now is noted as it was read.
  const bool same = is_same(entry, find.integer(1), find.text(2)) || given_out_.contains(sequence);
  const bool moved = state == kWaiting && find.text(4) != entry.location;
  find.reset();
  if (same && !moved) return Noted::known;

  Statement& update = statements_->update;
  update.bind(1, entry.label);
  update.bind(2, entry.location);
  update.bind(3, entry.size);
  update.bind(4, entry.version);
  update.bind(5, sequence);
  if (const auto updated = update.execute(); !updated) return failed(updated.error());
  if (state == kWaiting) return same ? Noted::known : Noted::changed;

  --(state == kKept ? totals_.done : totals_.rejected);
  Statement& remove = statements_->remove_rows;
  const auto variants = static_cast<std::int64_t>(shape_.variants);
  remove.bind(1, sequence * variants);
  remove.bind(2, (sequence + 1) * variants);
  if (const auto removed = remove.execute(); !removed) return failed(removed.error());
  changed_.notify_all();
  const auto open = open_parts_.find(part_number(sequence));
  if (open == open_parts_.end()) return Noted::part_is_stale;
  --open->second.settled;
  return Noted::changed;
}

Result<void> PictureLedger::end_listing() {
  const std::scoped_lock lock(mutex_);
  listing_ended_ = true;
  changed_.notify_all();
  return commit_now();
}

void PictureLedger::begin_append() {
  const std::scoped_lock lock(mutex_);
  const std::int64_t parts = (next_sequence_ + shape_.part_pictures - 1) / shape_.part_pictures;
  next_sequence_ = parts * shape_.part_pictures;
}

Result<std::vector<PendingPicture>> PictureLedger::query_waiting(std::size_t count) {
  std::vector<PendingPicture> found;
  Statement& waiting = statements_->waiting;
  waiting.bind(1, static_cast<std::int64_t>(count + given_out_.size()));
  auto read = for_each_row(waiting, [&](const Statement& row) {
    if (found.size() < count && !given_out_.contains(row.integer(0))) found.push_back(waiting_at(row));
  });
  if (!read) return forward_error(read);
  return found;
}

Result<std::vector<PendingPicture>> PictureLedger::next(std::size_t count) {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    auto found = query_waiting(count);
    if (!found) return found;
    if (!found->empty() || listing_ended_) {
      for (const PendingPicture& picture : *found) given_out_.insert(picture.sequence);
      return found;
    }
    changed_.wait(lock);
  }
  return std::vector<PendingPicture>();
}

Result<std::vector<PendingPicture>> PictureLedger::sample(std::size_t count, std::uint64_t known) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_ || listing_ended_ || totals_.listed >= known; });
  std::vector<PendingPicture> chosen;
  Statement select = database_.prepare(
      "SELECT p.sequence, image, label, location, size, version FROM sample s JOIN pictures p ON p.sequence = "
      "s.sequence "
      "ORDER BY p.sequence");
  const auto take = [&](const Statement& row) { chosen.push_back(waiting_at(row)); };
  if (auto read = for_each_row(select, take); !read) return forward_error(read);
  if (!chosen.empty() || stopped_) return chosen;

  if (auto begun = begin(); !begun) return forward_error(begun);
  Statement insert = database_.prepare("INSERT INTO sample SELECT sequence FROM pictures WHERE sequence = ?");
  const std::uint64_t listed = std::min(totals_.listed, known);
  const std::uint64_t taken = std::min<std::uint64_t>(count, listed);
  for (std::uint64_t i = 0; i < taken; ++i) {
    insert.bind(1, static_cast<std::int64_t>((2 * i + 1) * listed / (2 * taken)));
    if (const auto inserted = insert.execute(); !inserted) return failed(inserted.error());
  }
  if (auto committed = commit_now(); !committed) return forward_error(committed);
  if (auto read = for_each_row(select, take); !read) return forward_error(read);
  return chosen;
}

Result<void> PictureLedger::settle(std::int64_t sequence) {
  given_out_.erase(sequence);
  ++open_parts_[part_number(sequence)].settled;
  return commit_sometimes();
}

Result<void> PictureLedger::add_rows(std::int64_t sequence, std::int64_t size, const std::string& version,
                                     std::span<const float> rows) {
  const std::scoped_lock lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  for (std::size_t variant = 0; variant < shape_.variants; ++variant) {
    Statement& add = statements_->add_row;
    add.bind(1, sequence * static_cast<std::int64_t>(shape_.variants) + static_cast<std::int64_t>(variant));
    add.bind(2, ByteView(std::as_bytes(rows.subspan(variant * shape_.columns, shape_.columns))));
    if (const auto added = add.execute(); !added) return failed(added.error());
  }
  Statement& keep = statements_->keep;
  keep.bind(1, size);
  keep.bind(2, version);
  keep.bind(3, sequence);
  if (const auto kept = keep.execute(); !kept) return failed(kept.error());
  ++totals_.done;
  return settle(sequence);
}

Result<void> PictureLedger::reject(std::int64_t sequence, const std::string& reason, const std::string& detail) {
  const std::scoped_lock lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  Statement& reject = statements_->reject;
  reject.bind(1, reason);
  reject.bind(2, detail);
  reject.bind(3, sequence);
  if (const auto rejected = reject.execute(); !rejected) return failed(rejected.error());
  ++totals_.rejected;
  return settle(sequence);
}

std::optional<std::int64_t> PictureLedger::ready_part() {
  const std::scoped_lock lock(mutex_);
  if (open_parts_.empty()) return std::nullopt;
  const auto& [number, part] = *open_parts_.begin();
  const bool whole = listing_ended_ || next_sequence_ >= (number + 1) * shape_.part_pictures;
  if (!whole || part.settled != part.listed) return std::nullopt;
  return number;
}

Result<PictureLedger::Part> PictureLedger::read_part(std::int64_t part) {
  const std::scoped_lock lock(mutex_);
  const std::int64_t begin = part * shape_.part_pictures;
  const auto variants = static_cast<std::int64_t>(shape_.variants);
  Part read;
  Statement& pictures = statements_->pictures;
  pictures.bind(1, begin);
  pictures.bind(2, begin + shape_.part_pictures);
  auto done = for_each_row(pictures, [&](const Statement& row) { read.pictures.push_back(picture_at(row)); });
  if (!done) return forward_error(done);

  tables::FeatureRows& rows = read.rows;
  rows.columns = shape_.columns;
  rows.values.reserve(read.pictures.size() * shape_.variants * shape_.columns);
  Statement& select = statements_->rows;
  select.bind(1, begin * variants);
  select.bind(2, (begin + shape_.part_pictures) * variants);
  auto picture = read.pictures.begin();
  bool whole = true;
  done = for_each_row(select, [&](const Statement& row) {
    while (picture != read.pictures.end() && picture->sequence < row.integer(0) / variants) ++picture;
    const ByteView numbers = row.blob(1);
    whole = whole && picture != read.pictures.end() && numbers.size() == shape_.columns * sizeof(float);
    if (!whole) return;
    rows.images.push_back(picture->image);
    rows.labels.push_back(picture->label);
    if (variants > 1) rows.variants.push_back(static_cast<std::int32_t>(row.integer(0) % variants));
    rows.values.resize(rows.values.size() + shape_.columns);
    std::memcpy(rows.values.data() + rows.values.size() - shape_.columns, numbers.data(), numbers.size());
  });
  if (!done) return forward_error(done);
  if (!whole) return fail(ErrorCode::internal, "the notes of the job are damaged: rows that belong to no picture");
  return read;
}

Result<void> PictureLedger::end_part(std::int64_t part, std::size_t rows) {
  const std::scoped_lock lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  statements_->add_part.bind(1, part);
  statements_->add_part.bind(2, static_cast<std::int64_t>(rows));
  if (const auto added = statements_->add_part.execute(); !added) return failed(added.error());
  const std::int64_t first = part * shape_.part_pictures * static_cast<std::int64_t>(shape_.variants);
  statements_->remove_rows.bind(1, first);
  statements_->remove_rows.bind(2, first + shape_.part_pictures * static_cast<std::int64_t>(shape_.variants));
  if (const auto removed = statements_->remove_rows.execute(); !removed) return failed(removed.error());
  open_parts_.erase(part);
  return commit_now();
}

Result<void> PictureLedger::restore_rows(std::int64_t part, const tables::FeatureRows& rows) {
  const std::scoped_lock lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    Statement& find = statements_->find;
    find.bind(1, rows.images[i]);
    const auto found = find.step();
    if (!found) return failed(found.error());
    const bool kept = *found && find.integer(3) == kKept;
    const std::int64_t sequence = kept ? find.integer(0) : 0;
    find.reset();
    if (!kept) continue;
    const std::int64_t variant = rows.variants.empty() ? 0 : rows.variants[i];
    statements_->add_row.bind(1, sequence * static_cast<std::int64_t>(shape_.variants) + variant);
    statements_->add_row.bind(2,
                              ByteView(std::as_bytes(std::span(rows.values).subspan(i * rows.columns, rows.columns))));
    if (const auto added = statements_->add_row.execute(); !added) return failed(added.error());
  }
  statements_->remove_part.bind(1, part);
  if (const auto removed = statements_->remove_part.execute(); !removed) return failed(removed.error());
  OpenPart open;
  Statement count =
      database_.prepare("SELECT count(*), total(state != 0) FROM pictures WHERE sequence >= ? AND sequence < ?");
  count.bind(1, part * shape_.part_pictures);
  count.bind(2, (part + 1) * shape_.part_pictures);
  auto counted =
      for_each_row(count, [&](const Statement& row) { open = {.listed = row.integer(0), .settled = row.integer(1)}; });
  if (!counted) return counted;
  open_parts_[part] = open;
  return commit_now();
}

Result<void> PictureLedger::add_part(std::int64_t part, const std::vector<tables::SourcePicture>& pictures,
                                     std::size_t rows) {
  const std::scoped_lock lock(mutex_);
  if (auto begun = begin(); !begun) return begun;
  for (const tables::SourcePicture& picture : pictures) {
    Statement& add = statements_->add_done;
    add.bind(1, picture.sequence);
    add.bind(2, picture.image);
    add.bind(3, picture.label);
    add.bind(4, picture.size);
    add.bind(5, picture.version);
    add.bind(6, picture.reason.empty() ? kKept : kRejected);
    add.bind(7, picture.reason);
    add.bind(8, picture.detail);
    if (const auto added = add.execute(); !added) return failed(added.error());
    ++totals_.listed;
    ++(picture.reason.empty() ? totals_.done : totals_.rejected);
    next_sequence_ = std::max(next_sequence_, picture.sequence + 1);
  }
  statements_->add_part.bind(1, part);
  statements_->add_part.bind(2, static_cast<std::int64_t>(rows));
  if (const auto added = statements_->add_part.execute(); !added) return failed(added.error());
  return commit_now();
}

Result<std::vector<PictureLedger::WrittenPart>> PictureLedger::written_parts() {
  const std::scoped_lock lock(mutex_);
  std::vector<WrittenPart> parts;
  auto read = for_each_row(statements_->parts, [&](const Statement& row) {
    parts.push_back({.number = row.integer(0), .rows = static_cast<std::uint64_t>(row.integer(1))});
  });
  if (!read) return forward_error(read);
  return parts;
}

Result<std::vector<std::int64_t>> PictureLedger::stale_parts() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::int64_t> parts;
  Statement select = database_.prepare(
      "SELECT DISTINCT sequence / ?1 AS part FROM pictures WHERE state = 0 AND part IN (SELECT number FROM parts)");
  select.bind(1, shape_.part_pictures);
  auto read = for_each_row(select, [&](const Statement& row) { parts.push_back(row.integer(0)); });
  if (!read) return forward_error(read);
  return parts;
}

Result<PictureLedger::Noted> PictureLedger::compare(const sources::Entry& entry) {
  const std::scoped_lock lock(mutex_);
  Statement& find = statements_->find;
  find.bind(1, entry.key);
  const auto found = find.step();
  if (!found) return failed(found.error());
  const bool same = *found && is_same(entry, find.integer(1), find.text(2));
  find.reset();
  if (!*found) return Noted::added;
  return same ? Noted::known : Noted::changed;
}

Result<std::vector<tables::SourcePicture>> PictureLedger::rejected(std::int64_t after, std::size_t count) {
  const std::scoped_lock lock(mutex_);
  std::vector<tables::SourcePicture> found;
  statements_->rejected.bind(1, after);
  statements_->rejected.bind(2, static_cast<std::int64_t>(count));
  auto read = for_each_row(statements_->rejected, [&](const Statement& row) { found.push_back(picture_at(row)); });
  if (!read) return forward_error(read);
  return found;
}

Totals PictureLedger::totals() {
  const std::scoped_lock lock(mutex_);
  return totals_;
}

void PictureLedger::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

}  // namespace vidi::features
