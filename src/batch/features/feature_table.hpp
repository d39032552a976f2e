#pragma once
// The parts of a job's table, and the moments of all their rows.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "features/output.hpp"
#include "features/picture_ledger.hpp"
#include "statistics/moments.hpp"

namespace vidi::features {

// One thread at a time, but for restore(). Errors: those of output and ledger; unavailable only once `patience` is
// over.
class FeatureTable {
 public:
  struct Options {
    PictureLedger::Shape shape;
    std::filesystem::path work;  // where the moments lie between two parts
    bool with_moments = true;
    std::function<bool(const Error&)> try_again;  // whether to try again what was unavailable; waits before it answers
  };

  FeatureTable(Output& output, PictureLedger& ledger, Options options);

  // Goes on from what is there: parts that were written where the ledger is new, and moments.
  Result<void> load();

  // Writes every part that is ready.
  Result<void> write_ready();

  // A picture of that part has changed since the part was written: the ledger gets the others' rows back, and the
  // part will be written again. From the listing's thread, while no part that is written before has been read.
  Result<void> restore(std::int64_t part);

  // Of all parts that are written.
  Result<const statistics::Moments*> moments();
  // Puts the moments where the table is.
  Result<void> publish_moments();

  // Calls take(rows) for the rows of a part, some at a time, in their order.
  using TakeRows = std::function<Result<void>(tables::FeatureRows& rows)>;
  Result<void> for_each_rows(const std::string& name, const TakeRows& take);

  // Fetches or publishes, trying again while S3 is unavailable.
  Result<std::filesystem::path> fetch(const std::string& name);
  Result<void> publish(const std::string& name);

 private:
  [[nodiscard]] std::filesystem::path moments_file() const { return options_.work / "moments.bin"; }
  Result<void> load_parts();
  Result<void> load_moments();
  Result<std::optional<statistics::Moments>> read_moments(const std::filesystem::path& path);
  Result<void> catch_up();
  Result<void> add_rows(const tables::FeatureRows& rows);
  Result<void> save_moments();
  Result<void> write_part(std::int64_t part);

  Output& output_;
  PictureLedger& ledger_;
  const Options options_;
  std::mutex mutex_;
  std::optional<statistics::Moments> moments_;  // absent: they are to be counted again
  std::size_t counted_parts_ = 0;               // of the written parts, those that the moments hold
};

// "features/part-00007.parquet"
std::string part_path(std::string_view folder, std::int64_t part);

}  // namespace vidi::features
