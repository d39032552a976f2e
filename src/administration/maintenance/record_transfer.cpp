#include "maintenance/record_transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "core/value_of.hpp"
#include "core/when_all.hpp"
#include "maintenance/record_access.hpp"
#include "recognition/filename.hpp"
#include "records/open.hpp"
#include "records/parquet/predictions.hpp"
#include "registry/registry.hpp"

namespace vidi::maintenance {
namespace {

using records::Prediction;
using records::RecordStore;

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

}  // namespace

PredictionSource read_file(const std::string& path) {
  const auto reader =
      std::make_shared<records::parquet::PredictionReader>(value_of(records::parquet::PredictionReader::open(path)));
  return [reader] { return value_of(reader->next()); };
}

PredictionSource read_store(const std::string& url, const Secrets& secrets) {
  check_records_exist(url, secrets);
  const std::shared_ptr<RecordStore> store = records::open_record_store(url, secrets);
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

PredictionSource read_plain_table(const std::string& url, const Secrets& secrets, PlainTableCounts& counts) {
  const auto open = records::kind_of(url).foreign_rows;
  if (open == nullptr) throw std::runtime_error(fmt::format("{} has no plain table: {} has one", url, plain_tables()));
  return [read = open(url, secrets), &counts] {
    std::vector<Prediction> predictions;
    while (predictions.empty()) {
      std::optional<records::ForeignRows> rows = read();
      if (!rows) break;
      counts.of_vidi += rows->of_vidi;
      counts.unreadable += rows->unreadable.size();
      for (const std::string& time : rows->unreadable) {
        if (counts.on_unreadable) counts.on_unreadable(time);
      }
      predictions = std::move(rows->predictions);
    }
    for (Prediction& prediction : predictions) {
      prediction.safe_filename = recognition::safe_filename(prediction.filename);
    }
    return predictions;
  };
}

std::string plain_tables() {
  return registry::forms(records::kinds(), "or",
                         [](const records::Kind& kind) { return kind.foreign_rows != nullptr; });
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

}  // namespace vidi::maintenance
