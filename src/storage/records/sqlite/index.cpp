#include "records/sqlite/index.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <utility>

namespace vidi::records::sqlite {
namespace {

// FNV-1a, 64 bits: stable across machines and versions, as what is stored must be.
class Fnv {
 public:
  void add(std::string_view text) {
    for (const char c : text) add_byte(static_cast<unsigned char>(c));
    // The length separates what follows.
    add_byte(static_cast<unsigned char>(text.size()));
    add_byte(static_cast<unsigned char>(text.size() >> 8U));
  }
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3U; }
  [[nodiscard]] std::int64_t value() const { return static_cast<std::int64_t>(value_); }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

// The first eight bytes: enough to leave out nearly every slice without the picture.
std::uint64_t prefix(ByteView digest) {
  std::uint64_t value = 0;
  if (digest.size() >= sizeof value) std::memcpy(&value, digest.data(), sizeof value);
  return value;
}

bool holds_prefix(ByteView sorted, std::uint64_t wanted) {
  std::size_t low = 0;
  std::size_t high = sorted.size() / sizeof wanted;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const std::uint64_t value = prefix(sorted.subspan(middle * sizeof wanted));
    if (value == wanted) return true;
    if (value < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

}  // namespace

std::int64_t hash(const PostingKey& key) {
  Fnv fnv;
  fnv.add_byte(static_cast<unsigned char>((key.user ? 1U : 0U) | (key.result ? 2U : 0U)));
  fnv.add(key.model);
  if (key.user) fnv.add(*key.user);
  if (key.result) {
    fnv.add_byte(*key.result ? 1 : 0);
    if (*key.result) fnv.add(**key.result);
  }
  return fnv.value();
}

std::size_t packed_ids(ByteView blob) { return blob.size() / sizeof(Uuid::bytes); }

Uuid packed_id(ByteView blob, std::size_t index) {
  Uuid id;
  std::ranges::copy(blob.subspan(index * id.bytes.size(), id.bytes.size()), id.bytes.begin());
  return id;
}

struct IndexWriter::Slice {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t rows = 0;
  std::vector<std::pair<std::int64_t, Uuid>> postings;
  std::vector<std::uint64_t> images;
  std::set<std::string, std::less<>> models;
};

IndexWriter::IndexWriter(const Database& database)
    : select_rows_(database.prepare("SELECT sequence, id, model, user, result, image FROM predictions "
                                    "WHERE sequence > (SELECT indexed_to FROM state) ORDER BY sequence LIMIT ?")),
      insert_posting_(database.prepare("INSERT OR REPLACE INTO postings (key, newest, oldest, ids) VALUES (?,?,?,?)")),
      insert_images_(database.prepare("INSERT OR REPLACE INTO images (first, last, prefixes) VALUES (?,?,?)")),
      insert_model_(database.prepare("INSERT OR IGNORE INTO models (name) VALUES (?)")),
      set_indexed_(database.prepare("UPDATE state SET indexed_to = ?")),
      count_tail_(database.prepare("SELECT coalesce((SELECT max(sequence) FROM predictions), 0) - indexed_to "
                                   "FROM state")),
      select_posting_(database.prepare("SELECT newest, ids FROM postings WHERE key = ?1 AND newest >= ?2 "
                                       "AND oldest <= ?2")),
      delete_posting_(database.prepare("DELETE FROM postings WHERE key = ? AND newest = ?")),
      lower_indexed_(database.prepare("WITH newest AS (SELECT coalesce(max(sequence), 0) AS sequence FROM predictions) "
                                      "UPDATE state SET indexed_to = min(indexed_to, (SELECT sequence FROM newest)), "
                                      "tallied_to = min(tallied_to, (SELECT sequence FROM newest))")),
      find_image_in_tail_(database.prepare("SELECT 1 FROM predictions WHERE sequence > (SELECT indexed_to FROM state) "
                                           "AND image = ? LIMIT 1")),
      select_images_(database.prepare("SELECT first, last, prefixes FROM images ORDER BY first DESC")),
      find_image_in_slice_(
          database.prepare("SELECT 1 FROM predictions WHERE sequence BETWEEN ?2 AND ?3 AND image = ?1 LIMIT 1")) {}

Outcome<void> IndexWriter::enter_slice() {
  auto slice = read_slice();
  if (!slice) return forward_error(slice);
  if (slice->rows == 0) return {};
  if (auto done = write_postings(*slice); !done) return done;
  if (auto done = write_images(*slice); !done) return done;
  if (auto done = remember_models(*slice); !done) return done;
  set_indexed_.bind(1, slice->last);
  return set_indexed_.execute();
}

Outcome<std::int64_t> IndexWriter::rows_to_enter() {
  const auto row = count_tail_.step();
  if (!row) return forward_error(row);
  const std::int64_t rows = *row ? count_tail_.integer(0) : 0;
  count_tail_.reset();
  return rows;
}

Outcome<IndexWriter::Slice> IndexWriter::read_slice() {
  Slice slice;
  slice.postings.reserve(4 * kSliceRows);
  select_rows_.bind(1, kSliceRows);
  while (true) {
    const auto row = select_rows_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    slice.last = select_rows_.integer(0);
    if (slice.rows++ == 0) slice.first = slice.last;
    const Uuid id = select_rows_.id(1);
    const std::string_view model = select_rows_.text(2);
    const std::string_view user = select_rows_.text(3);
    std::optional<std::string_view> result;
    if (!select_rows_.is_null(4)) result = select_rows_.text(4);
    slice.postings.emplace_back(hash({.model = model}), id);
    slice.postings.emplace_back(hash({.model = model, .user = user}), id);
    slice.postings.emplace_back(hash({.model = model, .result = result}), id);
    slice.postings.emplace_back(hash({.model = model, .user = user, .result = result}), id);
    if (!select_rows_.is_null(5)) slice.images.push_back(prefix(select_rows_.blob(5)));
    if (!slice.models.contains(model)) slice.models.emplace(model);
  }
  select_rows_.reset();
  return slice;
}

Outcome<void> IndexWriter::write_postings(Slice& slice) {
  // By key, and newest first within it.
  std::ranges::sort(slice.postings, std::greater<>());
  Bytes ids;
  for (std::size_t i = 0; i < slice.postings.size();) {
    const std::int64_t key = slice.postings[i].first;
    const Uuid newest = slice.postings[i].second;
    Uuid oldest = newest;
    ids.clear();
    for (; i < slice.postings.size() && slice.postings[i].first == key; ++i) {
      oldest = slice.postings[i].second;
      ids.insert(ids.end(), oldest.bytes.begin(), oldest.bytes.end());
    }
    insert_posting_.bind(1, key);
    insert_posting_.bind(2, newest);
    insert_posting_.bind(3, oldest);
    insert_posting_.bind(4, ByteView(ids));
    if (auto done = insert_posting_.execute(); !done) return done;
  }
  return {};
}

Outcome<void> IndexWriter::write_images(Slice& slice) {
  if (slice.images.empty()) return {};
  std::ranges::sort(slice.images);
  insert_images_.bind(1, slice.first);
  insert_images_.bind(2, slice.last);
  insert_images_.bind(3, ByteView(std::as_bytes(std::span(slice.images))));
  return insert_images_.execute();
}

Outcome<void> IndexWriter::remember_models(const Slice& slice) {
  for (const std::string& model : slice.models) {
    insert_model_.bind(1, std::string_view(model));
    if (auto done = insert_model_.execute(); !done) return done;
  }
  return {};
}

Outcome<void> IndexWriter::remove(const Uuid& id, const PostingKey& row) {
  const PostingKey keys[] = {
      {.model = row.model}, {.model = row.model, .user = row.user}, {.model = row.model, .result = row.result}, row};
  for (const PostingKey& key : keys) {
    if (auto done = remove_from_list(hash(key), id); !done) return done;
  }
  return {};
}

Outcome<void> IndexWriter::remove_from_list(std::int64_t key, const Uuid& id) {
  select_posting_.bind(1, key);
  select_posting_.bind(2, id);
  while (true) {
    const auto row = select_posting_.step();
    if (!row) return forward_error(row);
    if (!*row) break;
    const Uuid newest = select_posting_.id(0);
    const ByteView packed = select_posting_.blob(1);
    Bytes ids;
    for (std::size_t i = 0; i < packed_ids(packed); ++i) {
      const Uuid other = packed_id(packed, i);
      if (other != id) ids.insert(ids.end(), other.bytes.begin(), other.bytes.end());
    }
    if (ids.size() == packed.size()) continue;
    select_posting_.reset();
    delete_posting_.bind(1, key);
    delete_posting_.bind(2, newest);
    if (auto done = delete_posting_.execute(); !done || ids.empty()) return done;
    const Uuid new_newest = packed_id(ids, 0);
    const Uuid new_oldest = packed_id(ids, packed_ids(ids) - 1);
    insert_posting_.bind(1, key);
    insert_posting_.bind(2, new_newest);
    insert_posting_.bind(3, new_oldest);
    insert_posting_.bind(4, ByteView(ids));
    return insert_posting_.execute();
  }
  select_posting_.reset();
  return {};
}

Outcome<void> IndexWriter::forget_deleted_sequences() { return lower_indexed_.execute(); }

Outcome<bool> IndexWriter::refers_to(const Digest& image) {
  find_image_in_tail_.bind(1, ByteView(image.bytes));
  const auto in_tail = find_image_in_tail_.step();
  if (!in_tail || *in_tail) {
    find_image_in_tail_.reset();
    return in_tail;
  }
  find_image_in_tail_.reset();
  while (true) {
    const auto row = select_images_.step();
    if (!row || !*row) {
      select_images_.reset();
      return row;
    }
    if (!holds_prefix(select_images_.blob(2), prefix(image.bytes))) continue;
    find_image_in_slice_.bind(1, ByteView(image.bytes));
    find_image_in_slice_.bind(2, select_images_.integer(0));
    find_image_in_slice_.bind(3, select_images_.integer(1));
    const auto found = find_image_in_slice_.step();
    find_image_in_slice_.reset();
    if (!found || *found) {
      select_images_.reset();
      return found;
    }
  }
}

}  // namespace vidi::records::sqlite
