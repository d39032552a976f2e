#pragma once
// In which partitions a prediction stands, and how its texts are written.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "core/uuid.hpp"
#include "records/packing/text.hpp"
#include "records/prediction.hpp"

namespace vidi::records::cassandra {

// A partition is one day or month. Days and months of UTC.
using Period = std::chrono::sys_days;

Period day_of(const Uuid& id);
Period month_of(const Uuid& id);  // its first day

// Which of a day's `shards` holds the prediction: by random bits of its identifier.
std::int8_t shard_of(const Uuid& id, int shards);

// What period_by_subject lists the days or months of. No two are alike, and none is empty.
std::string subject_of_all();
std::string subject_of_user(std::string_view user);
std::string subject_of_model(std::string_view model);
std::string subject_of_result(const std::optional<std::string>& result);
std::string subject_of_model_result(std::string_view model, const std::optional<std::string>& result);

// The key of the table demandtable: the time of the request in UTC, "2019-01-29 16:55:06.393990", and eight characters
// of the identifier, so that two requests of one microsecond are two rows. Of a prediction that was made of an older
// program's row (plain_table.hpp) the key that this row has.
std::string demand_key(const Prediction& prediction);

}  // namespace vidi::records::cassandra
