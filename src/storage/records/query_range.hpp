#pragma once
// What every store checks and derives from a Query before it looks: its range of identifiers.

#include <algorithm>
#include <optional>

#include "core/result.hpp"
#include "records/record_store.hpp"

namespace vidi::records {

inline constexpr std::size_t kMaxLimit = 1000;

// Identifiers from `first` on and before `end`.
struct IdRange {
  Uuid first;
  std::optional<Uuid> end;  // absent: no bound
};

// The smallest identifier of `time`, held to the times that an identifier can express (1970 to the year 10889).
inline Uuid id_bound(Timestamp time) {
  constexpr auto kLast = Timestamp(std::chrono::milliseconds((std::int64_t{1} << 48) - 1));
  return first_uuid_of(std::clamp(time, Timestamp(), kLast));
}

// Error invalid_argument: a limit out of bounds, or a cursor that is not one.
inline Result<IdRange> id_range(const Query& query) {
  if (query.limit < 1 || query.limit > kMaxLimit) {
    return fail(ErrorCode::invalid_argument,
                "the limit " + std::to_string(query.limit) + " is out of bounds: it must be 1 to 1000");
  }
  IdRange range;
  if (query.from) range.first = id_bound(*query.from);
  if (query.to) range.end = id_bound(*query.to);
  if (query.cursor) {
    const auto last_seen = parse_uuid(*query.cursor);
    if (!last_seen) {
      return fail(ErrorCode::invalid_argument, "the cursor is not one that a page before has given as \"next\"");
    }
    range.end = range.end ? std::min(*range.end, *last_seen) : *last_seen;
  }
  return range;
}

// Whether what the query says of user, model and result is true of the prediction.
inline bool matches(const Query& query, const Prediction& prediction) {
  if (query.user && *query.user != prediction.user) return false;
  if (query.model && *query.model != prediction.model) return false;
  if (!query.result) return true;
  return query.result->empty() ? !prediction.result : prediction.result == query.result;
}

}  // namespace vidi::records
