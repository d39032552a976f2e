#pragma once
// A prediction as a row of the table predictions.

#include <optional>
#include <string>

#include "core/bytes.hpp"
#include "records/prediction.hpp"
#include "records/sqlite/connection.hpp"

namespace vidi::records::sqlite {

// Inserts a prediction unless its identifier is there.
std::string insert_statement();

// Reads the prediction with the identifier ?1, as read_row() expects it.
std::string select_by_id_statement();

// Reads those with identifiers from ?1 on and before ?2, newest first, at most ?3, as read_row() expects them.
std::string select_range_statement();

// Memory for the blobs of one row, used again for the next.
struct PackedRow {
  Bytes candidates;
  Bytes digits;
};

// Binds the parameters of insert_statement(); prediction and `packed` must stay as they are until the statement is
// reset.
void bind_row(Statement& insert, const Prediction& prediction, PackedRow& packed);

// Reads the row on which the statement stands. Absent: it is damaged.
std::optional<Prediction> read_row(const Statement& statement);

// Absent unless `bytes` are 32.
std::optional<Digest> digest_from(ByteView bytes);

}  // namespace vidi::records::sqlite
