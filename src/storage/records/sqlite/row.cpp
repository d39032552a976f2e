#include "records/sqlite/row.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "records/packing/packing.hpp"

namespace vidi::records::sqlite {
namespace {

std::int64_t microseconds(Timestamp time) { return time.time_since_epoch().count(); }

Timestamp timestamp(std::int64_t microseconds) { return Timestamp(std::chrono::microseconds(microseconds)); }

void bind_correction(Statement& insert, int parameter, const std::optional<Correction>& correction) {
  if (!correction) {
    for (int i = 0; i < 3; ++i) insert.bind_null(parameter + i);
    return;
  }
  insert.bind(parameter, correction->label);
  insert.bind(parameter + 1, correction->user);
  insert.bind(parameter + 2, microseconds(correction->time));
}

}  // namespace

void bind_row(Statement& insert, const Prediction& prediction, PackedRow& packed) {
  pack(prediction.candidates, packed.candidates);
  pack(prediction.digits, packed.digits);
  insert.bind(1, prediction.id);
  insert.bind(2, microseconds(prediction.time));
  insert.bind(3, prediction.model);
  insert.bind(4, prediction.version);
  if (prediction.result) {
    insert.bind(5, *prediction.result);
  } else {
    insert.bind_null(5);
  }
  insert.bind(6, prediction.reason);
  insert.bind(7, prediction.confidence);
  insert.bind(8, ByteView(packed.candidates));
  insert.bind(9, ByteView(packed.digits));
  insert.bind(10, prediction.filename);
  insert.bind(11, prediction.safe_filename);
  insert.bind(12, prediction.user);
  if (prediction.image) {
    insert.bind(13, ByteView(prediction.image->bytes));
  } else {
    insert.bind_null(13);
  }
  insert.bind(14, prediction.media_type);
  insert.bind(15, static_cast<std::int64_t>(prediction.latency.count()));
  bind_correction(insert, 16, prediction.correction);
}

std::optional<Digest> digest_from(ByteView bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size()) return std::nullopt;
  std::ranges::copy(bytes, digest.bytes.begin());
  return digest;
}

std::optional<Prediction> read_row(const Statement& statement) {
  auto candidates = unpack_candidates(statement.blob(7));
  auto digits = unpack_digits(statement.blob(8));
  if (!candidates || !digits) return std::nullopt;
  Prediction prediction;
  prediction.id = statement.id(0);
  prediction.time = timestamp(statement.integer(1));
  prediction.model = statement.text(2);
  prediction.version = statement.text(3);
  if (!statement.is_null(4)) prediction.result = std::string(statement.text(4));
  prediction.reason = statement.text(5);
  prediction.confidence = statement.real(6);
  prediction.candidates = std::move(*candidates);
  prediction.digits = std::move(*digits);
  prediction.filename = statement.text(9);
  prediction.safe_filename = statement.text(10);
  prediction.user = statement.text(11);
  if (!statement.is_null(12)) {
    prediction.image = digest_from(statement.blob(12));
    if (!prediction.image) return std::nullopt;
  }
  prediction.media_type = statement.text(13);
  prediction.latency = std::chrono::microseconds(statement.integer(14));
  if (!statement.is_null(15)) {
    prediction.correction = Correction{.label = std::string(statement.text(15)),
                                       .user = std::string(statement.text(16)),
                                       .time = timestamp(statement.integer(17))};
  }
  return prediction;
}

}  // namespace vidi::records::sqlite
