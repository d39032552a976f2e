#include "record_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "core/when_all.hpp"
#include "recognition/filename.hpp"
#include "record_access.hpp"
#include "records/cassandra/plain_table.hpp"
#include "records/parquet/predictions.hpp"

namespace vidi::app {
namespace {

using records::Prediction;
using records::RecordStore;
using records::cassandra::PlainRow;
using records::cassandra::PlainTable;

enum class Imported { added, corrected, present };

Task<Result<Imported>> import_one(RecordStore& store, Prediction prediction) {
  const auto there = co_await store.find(prediction.id);
  if (!there) co_return forward_error(there);
  if (!*there) {
    const auto added = co_await store.append(std::move(prediction));
    if (!added) co_return forward_error(added);
    co_return Imported::added;
  }
  if (!prediction.correction) co_return Imported::present;
  const auto& known = (*there)->correction;
  if (known && known->time >= prediction.correction->time) co_return Imported::present;
  const auto corrected = co_await store.correct(prediction.id, *prediction.correction);
  if (!corrected) co_return forward_error(corrected);
  co_return *corrected ? Imported::corrected : Imported::present;
}

Task<std::vector<Result<Imported>>> import_together(RecordStore& store, std::vector<Prediction> predictions) {
  std::vector<Task<Result<Imported>>> tasks;
  for (Prediction& prediction : predictions) tasks.push_back(import_one(store, std::move(prediction)));
  co_return co_await when_all(std::move(tasks));
}

void count(Imported what, ImportCounts& counts) {
  switch (what) {
    case Imported::added:
      ++counts.added;
      return;
    case Imported::corrected:
      ++counts.corrected;
      return;
    case Imported::present:
      ++counts.present;
      return;
  }
}

// One line for a terminal, whatever it holds.
std::string shown(const std::string& text) {
  constexpr std::size_t kMost = 80;
  std::string line = text.substr(0, kMost);
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return line;
}

}  // namespace

PredictionSource read_file(const std::string& path) {
  const auto reader =
      std::make_shared<records::parquet::PredictionReader>(value_of(records::parquet::PredictionReader::open(path)));
  return [reader] { return value_of(reader->next()); };
}

PredictionSource read_store(const std::string& url, const cassandra::Access& access) {
  check_records_exist(url, access);
  const std::shared_ptr<RecordStore> store = records::open_record_store(url, access);
  wait_until_ready(*store);
  return [store, cursor = std::optional<std::string>(), at_end = false]() mutable {
    std::vector<Prediction> predictions;
    if (at_end) return predictions;
    records::Query query{.limit = 1000, .cursor = cursor};
    records::Page page = value_of(run(store->list(std::move(query))));
    cursor = std::move(page.next);
    at_end = !cursor;
    return std::move(page.predictions);
  };
}

PredictionSource read_plain_table(const std::string& url, const cassandra::Access& access, PlainTableCounts& counts) {
  const std::shared_ptr<PlainTable> table = value_of(run(PlainTable::open(url, access)));
  return [table, &counts] {
    std::vector<Prediction> predictions;
    while (predictions.empty()) {
      const std::vector<PlainRow> rows = value_of(run(table->next()));
      if (rows.empty()) break;
      for (const PlainRow& row : rows) {
        if (records::cassandra::is_key_of_vidi(row.time)) {
          ++counts.of_vidi;
          continue;
        }
        auto prediction = records::cassandra::prediction_of(row);
        if (!prediction) {
          ++counts.unreadable;
          fmt::print(stderr, "'{}' is no time from 1970 on: its row is left out\n", shown(row.time));
          continue;
        }
        prediction->safe_filename = recognition::safe_filename(row.filename);
        predictions.push_back(std::move(*prediction));
      }
    }
    return predictions;
  };
}

ImportCounts import_predictions(const PredictionSource& source, RecordStore& store) {
  constexpr std::ptrdiff_t kTogether = 256;
  ImportCounts counts;
  for (std::vector<Prediction> some = source(); !some.empty(); some = source()) {
    counts.read += some.size();
    for (auto begin = some.begin(); begin != some.end();) {
      const auto end = begin + std::min(kTogether, some.end() - begin);
      std::vector<Prediction> part(std::make_move_iterator(begin), std::make_move_iterator(end));
      for (const auto& result : run(import_together(store, std::move(part)))) {
        if (!result)
          throw std::runtime_error(fmt::format("{} ({} were added before)", result.error().message, counts.added));
        count(*result, counts);
      }
      begin = end;
    }
  }
  return counts;
}

}  // namespace vidi::app
