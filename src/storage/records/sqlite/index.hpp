#pragma once
// The index by user, model, result and picture. It follows the rows: a row is appended without touching it, and the
// rows of a slice are entered together, which costs a tenth of entering each. A query scans the rows that are not
// entered yet. docs/internals/formats/records.md describes it.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/digest.hpp"
#include "core/uuid.hpp"
#include "records/sqlite/connection.hpp"

namespace vidi::records::sqlite {

// Rows that are entered together: what a query scans at most, besides its page, is about as many.
inline constexpr std::int64_t kSliceRows = 2048;

// What a list of identifiers has in common. The model is always part of it: there are few models, so a query without
// one asks for each.
struct PostingKey {
  std::string_view model;
  std::optional<std::string_view> user = std::nullopt;
  // Of the outer: absent means any. Of the inner: absent means predictions without a result.
  std::optional<std::optional<std::string_view>> result = std::nullopt;
};

// The key as it stands in the table. Two keys may have the same one: a reader compares the row itself.
std::int64_t hash(const PostingKey& key);

// Enters rows into the index. Everything happens in the caller's transaction.
class IndexWriter {
 public:
  explicit IndexWriter(const Database& database);

  // Enters at most kSliceRows rows.
  Outcome<void> enter_slice();

  // How many rows are not entered.
  Outcome<std::int64_t> rows_to_enter();

  // Takes a row out, before or after it is deleted.
  Outcome<void> remove(const Uuid& id, const PostingKey& row);

  // To be called after a row was deleted: SQLite gives the sequence of a deleted last row to the next one, which must
  // not count as entered, here or in the tallies.
  Outcome<void> forget_deleted_sequences();

  // Whether a row refers to the picture.
  Outcome<bool> refers_to(const Digest& image);

 private:
  struct Slice;

  Outcome<Slice> read_slice();
  Outcome<void> write_postings(Slice& slice);
  Outcome<void> write_images(Slice& slice);
  Outcome<void> remember_models(const Slice& slice);
  Outcome<void> remove_from_list(std::int64_t key, const Uuid& id);

  Statement select_rows_;
  Statement insert_posting_;
  Statement insert_images_;
  Statement insert_model_;
  Statement set_indexed_;
  Statement count_tail_;
  Statement select_posting_;
  Statement delete_posting_;
  Statement lower_indexed_;
  Statement find_image_in_tail_;
  Statement select_images_;
  Statement find_image_in_slice_;
};

// The number of identifiers in a posting's blob, and one of them.
std::size_t packed_ids(ByteView blob);
Uuid packed_id(ByteView blob, std::size_t index);

}  // namespace vidi::records::sqlite
