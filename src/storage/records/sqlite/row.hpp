#pragma once
// A prediction as a row of the table predictions.

#include <optional>
#include <string_view>

#include "core/bytes.hpp"
#include "records/prediction.hpp"
#include "records/sqlite/connection.hpp"

namespace vidi::records::sqlite {

// Inserts a prediction unless its identifier is there.
inline constexpr std::string_view kInsert =
    "INSERT INTO predictions (id, time, model, version, result, reason, confidence, candidates, digits, filename, "
    "safe_filename, user, image, media_type, latency, correction_label, correction_user, correction_time) "
    "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING";

// Reads one prediction; the columns are those that read_row expects.
inline constexpr std::string_view kSelectById =
    "SELECT id, time, model, version, result, reason, confidence, candidates, digits, filename, safe_filename, user, "
    "image, media_type, latency, correction_label, correction_user, correction_time FROM predictions WHERE id = ?";

// As kSelectById, for identifiers from ?1 on and before ?2, newest first, at most ?3.
inline constexpr std::string_view kSelectRange =
    "SELECT id, time, model, version, result, reason, confidence, candidates, digits, filename, safe_filename, user, "
    "image, media_type, latency, correction_label, correction_user, correction_time FROM predictions "
    "WHERE id >= ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3";

// Memory for the blobs of one row, used again for the next.
struct PackedRow {
  Bytes candidates;
  Bytes digits;
};

// Binds the parameters of kInsert; prediction and `packed` must stay as they are until the statement is reset.
void bind_row(Statement& insert, const Prediction& prediction, PackedRow& packed);

// Reads the row on which the statement stands. Absent: it is damaged.
std::optional<Prediction> read_row(const Statement& statement);

// Absent unless `bytes` are 32.
std::optional<Digest> digest_from(ByteView bytes);

}  // namespace vidi::records::sqlite
