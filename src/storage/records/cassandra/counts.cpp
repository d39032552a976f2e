#include "records/cassandra/counts.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/when_all.hpp"

namespace vidi::records::cassandra {
namespace {

using vidi::cassandra::CellReader;
using vidi::cassandra::CellWriter;
using vidi::cassandra::Session;

constexpr std::size_t kTogether = 16;  // partitions that are counted at the same time

// Of one partition.
using Sums = std::map<std::optional<std::string>, std::uint64_t>;

std::unexpected<Error> damaged() { return fail(ErrorCode::internal, "the table prediction_by_model is damaged"); }

// One row of Statements::list_models. False: it is of another day.
Result<bool> read_partition(CellReader& reader, const Days& days, Partition& partition) {
  const auto model = from_text(reader.text());
  partition.table = Table::by_model;
  partition.period = reader.date();
  partition.shard = reader.tinyint();
  if (!reader.good() || !model) return damaged();
  partition.model = *model;
  return (!days.from || partition.period >= *days.from) && (!days.to || partition.period < *days.to);
}

Task<Result<std::vector<Partition>>> list_partitions(Session& session, const Statements& statements, const Days& days) {
  std::vector<Partition> partitions;
  Bytes next;
  do {
    auto rows = co_await session.execute(statements.list_models, CellWriter(), std::move(next));
    if (!rows) co_return forward_error(rows);
    CellReader reader(rows->cells);
    for (std::size_t i = 0; i < rows->count; ++i) {
      Partition partition;
      const auto wanted = read_partition(reader, days, partition);
      if (!wanted) co_return forward_error(wanted);
      if (*wanted) partitions.push_back(std::move(partition));
    }
    next = std::move(rows->next);
  } while (!next.empty());
  co_return partitions;
}

Task<Result<Sums>> count_rows(Session& session, const Statements& statements, const Partition& partition) {
  CellWriter values;
  values.text(to_text(partition.model)).date(partition.period).tinyint(partition.shard);
  Sums sums;
  Bytes next;
  do {
    auto rows = co_await session.execute(statements.count_results, values, std::move(next));
    if (!rows) co_return forward_error(rows);
    CellReader reader(rows->cells);
    for (std::size_t i = 0; i < rows->count; ++i) {
      const auto result = from_text(reader.text());
      const std::int64_t count = reader.bigint();
      if (!reader.good() || !result) co_return damaged();
      sums[result->empty() ? std::nullopt : result] += static_cast<std::uint64_t>(count);
    }
    next = std::move(rows->next);
  } while (!next.empty());
  co_return sums;
}

}  // namespace

Task<Result<std::vector<Count>>> read_counts(Session& session, const Statements& statements, Days days) {
  const auto partitions = co_await list_partitions(session, statements, days);
  if (!partitions) co_return forward_error(partitions);
  std::map<std::tuple<Period, std::string, std::optional<std::string>>, std::uint64_t> sums;
  for (std::size_t first = 0; first < partitions->size(); first += kTogether) {
    const std::size_t last = std::min(first + kTogether, partitions->size());
    std::vector<Task<Result<Sums>>> tasks;
    for (std::size_t i = first; i < last; ++i) tasks.push_back(count_rows(session, statements, (*partitions)[i]));
    const auto counted = co_await when_all(std::move(tasks));
    for (std::size_t i = first; i < last; ++i) {
      if (!counted[i - first]) co_return std::unexpected(counted[i - first].error());
      const Partition& partition = (*partitions)[i];
      for (const auto& [result, count] : *counted[i - first]) {
        sums[{partition.period, partition.model, result}] += count;
      }
    }
  }
  std::vector<Count> counts;
  for (const auto& [key, sum] : sums) {
    const auto& [day, model, result] = key;
    if (sum > 0) counts.push_back({.day = day, .model = model, .result = result, .predictions = sum});
  }
  co_return counts;
}

}  // namespace vidi::records::cassandra
