#include "records/cassandra/plain_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cassandra/access.hpp"
#include "cassandra/address.hpp"
#include "core/digest.hpp"
#include "core/value_or_throw.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::CellReader;

constexpr std::string_view kVidiTime = "2019-01-29 16:55:06.393990";  // a digit stands for any digit

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Microsecond and version as every identifier has them; what is random in others is of the row's content.
Uuid identifier_of(const PlainRow& row, Timestamp time) {
  // The lengths keep the texts apart.
  const Digest digest = sha256(as_bytes(fmt::format("{} {} {} {}{}{}", kPlainModel, row.time.size(),
                                                    row.filename.size(), row.time, row.filename, row.result)));
  Uuid id = first_uuid_of(time);
  std::copy_n(digest.bytes.begin(), 8, id.bytes.begin() + 8);
  // The variant of RFC 9562.
  id.bytes[8] = (id.bytes[8] & std::byte{0x3f}) | std::byte{0x80};
  return id;
}

}  // namespace

bool is_key_of_vidi(std::string_view time) {
  constexpr std::size_t kSuffix = 9;
  if (time.size() != kVidiTime.size() + kSuffix) return false;
  for (std::size_t i = 0; i < kVidiTime.size(); ++i) {
    if (is_digit(kVidiTime[i]) ? !is_digit(time[i]) : time[i] != kVidiTime[i]) return false;
  }
  const std::string_view suffix = time.substr(kVidiTime.size());
  return suffix.front() == '-' &&
         std::ranges::all_of(suffix.substr(1), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

std::optional<Prediction> prediction_of(const PlainRow& row) {
  const auto time = parse_timestamp(row.time);
  if (!time || *time < Timestamp()) return std::nullopt;
  Prediction prediction;
  prediction.id = identifier_of(row, *time);
  prediction.time = *time;
  prediction.model = kPlainModel;
  prediction.version = row.time;
  prediction.filename = row.filename;
  if (row.result.empty()) {
    prediction.reason = "the table demandtable holds no result";
  } else {
    prediction.result = row.result;
  }
  return prediction;
}

std::optional<PlainRow> row_of(const Prediction& prediction) {
  if (prediction.model != kPlainModel) return std::nullopt;
  PlainRow row{.time = prediction.version, .filename = prediction.filename, .result = prediction.result.value_or("")};
  // Another model may have that name, and its versions may be times; but not this identifier.
  const auto again = prediction_of(row);
  if (!again || again->id != prediction.id) return std::nullopt;
  return row;
}

Task<Result<std::unique_ptr<PlainTable>>> PlainTable::open(std::string url, Secrets secrets) {
  auto address = vidi::cassandra::parse_address(url);
  if (!address) co_return forward_error(address);
  address->cluster.access = vidi::cassandra::access_from(secrets);
  auto session = co_await vidi::cassandra::Session::connect(address->cluster);
  if (!session) co_return forward_error(session);
  std::string select = fmt::format("SELECT time, filename, result FROM {}.demandtable", address->keyspace);
  const auto statement = co_await (*session)->prepare(std::move(select));
  if (!statement) co_return forward_error(statement);
  co_return std::make_unique<PlainTable>(std::move(*session), *statement);
}

Task<Result<std::vector<PlainRow>>> PlainTable::next() {
  std::vector<PlainRow> rows;
  while (rows.empty() && !at_end_) {
    vidi::cassandra::CellWriter none;
    Bytes from = std::move(from_);
    auto page = co_await session_->execute(select_, std::move(none), std::move(from));
    if (!page) co_return forward_error(page);
    CellReader reader(page->cells);
    for (std::size_t i = 0; i < page->count; ++i) {
      PlainRow& row = rows.emplace_back();
      row.time = reader.text();
      row.filename = reader.text_or_null().value_or("");
      row.result = reader.text_or_null().value_or("");
    }
    if (!reader.good()) co_return fail(ErrorCode::internal, "the table demandtable cannot be read");
    from_ = std::move(page->next);
    at_end_ = from_.empty();
  }
  co_return rows;
}

ForeignReader read_foreign_rows(const std::string& url, const Secrets& secrets) {
  const std::shared_ptr<PlainTable> table = value_or_throw(run(PlainTable::open(url, secrets)));
  return [table]() -> std::optional<ForeignRows> {
    const std::vector<PlainRow> rows = value_or_throw(run(table->next()));
    if (rows.empty()) return std::nullopt;
    ForeignRows some;
    for (const PlainRow& row : rows) {
      if (is_key_of_vidi(row.time)) {
        ++some.of_vidi;
      } else if (auto prediction = prediction_of(row)) {
        some.predictions.push_back(std::move(*prediction));
      } else {
        some.unreadable.push_back(row.time);
      }
    }
    return some;
  };
}

}  // namespace vidi::records::cassandra
