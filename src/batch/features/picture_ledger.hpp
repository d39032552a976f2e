#pragma once
// What a job knows of every picture, in a file: which there are, which are done, and the rows that are in no part of
// the table yet. A job that was killed goes on from it. docs/reference/formats/features.md describes the file.
//
// Pictures are numbered in the order in which they were first listed. Those whose numbers divided by `part_pictures`
// agree make up one part of the table, whatever is rejected among them and in whatever order they are done: the same
// pictures always make the same table.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "sources/source.hpp"
#include "sqlite/database.hpp"
#include "tables/features.hpp"
#include "tables/source_pictures.hpp"

namespace vidi::features {

// A picture that is to be done.
struct PendingPicture {
  std::int64_t sequence = 0;
  sources::Entry entry;
};

// Where all pictures stand.
struct Totals {
  std::uint64_t listed = 0;
  std::uint64_t done = 0;
  std::uint64_t rejected = 0;
};

// Every method may be called from any thread. What was told is kept from the next commit on, which comes by itself a
// few times a second, and with each part. Errors: internal (the disk is full or broken), unavailable (another process
// has the file).
class PictureLedger {
 public:
  struct Shape {
    std::int64_t part_pictures = 1;
    std::size_t variants = 1;  // rows for each picture
    std::size_t columns = 0;   // numbers in a row
  };

  // Opens or makes the file. Of a file that is there `shape` must be the same as before.
  static Result<std::unique_ptr<PictureLedger>> open(const std::filesystem::path& file, const Shape& shape);

  ~PictureLedger();
  PictureLedger(const PictureLedger&) = delete;
  PictureLedger& operator=(const PictureLedger&) = delete;
  PictureLedger(PictureLedger&&) = delete;
  PictureLedger& operator=(PictureLedger&&) = delete;

  enum class Noted {
    added,          // not known before
    known,          // as it was
    changed,        // to be done again; its part was not written yet
    part_is_stale,  // the same, and its part was written: restore_rows() must give back the rows of the others
  };
  // A picture that the source lists.
  Result<Noted> note(const sources::Entry& entry);
  // A table of labels, and what it says of a picture; empty: nothing.
  Result<void> add_label(const std::string& image, const std::string& label);
  Result<std::string> label_of(const std::string& image);

  // The same answer, and nothing is noted.
  Result<Noted> compare(const sources::Entry& entry);
  // All pictures have been noted.
  Result<void> end_listing();
  // Those that are noted from now on begin a new part.
  void begin_append();

  // Pictures to be done, in their order, at most `count`; waits for the listing where there are none yet. None: all are
  // given out. Each is given out once.
  Result<std::vector<PendingPicture>> next(std::size_t count);
  // Some that are evenly spread over those that were listed, once there are `known` or the listing has ended. The same
  // ones ever after.
  Result<std::vector<PendingPicture>> sample(std::size_t count, std::uint64_t known);

  // `rows`: variants * columns numbers.
  Result<void> add_rows(std::int64_t sequence, std::int64_t size, const std::string& version,
                        std::span<const float> rows);
  Result<void> reject(std::int64_t sequence, const std::string& reason, const std::string& detail);

  // The first part that is not written, when all its pictures are done.
  std::optional<std::int64_t> ready_part();
  struct Part {
    std::vector<tables::SourcePicture> pictures;
    tables::FeatureRows rows;
  };
  Result<Part> read_part(std::int64_t part);
  // It is in the table now. Committed when this returns.
  Result<void> end_part(std::int64_t part, std::size_t rows);
  // The part is no longer written; `rows` are those that it had, each of an `image`.
  Result<void> restore_rows(std::int64_t part, const tables::FeatureRows& rows);
  // A part that was written before this file was made.
  Result<void> add_part(std::int64_t part, const std::vector<tables::SourcePicture>& pictures, std::size_t rows);

  struct WrittenPart {
    std::int64_t number = 0;
    std::uint64_t rows = 0;
  };
  // In their order.
  Result<std::vector<WrittenPart>> written_parts();
  // The written parts of which a picture is to be done again.
  Result<std::vector<std::int64_t>> stale_parts();

  // The rejected pictures after number `after`, at most `count`.
  Result<std::vector<tables::SourcePicture>> rejected(std::int64_t after, std::size_t count);
  [[nodiscard]] Totals totals();

  // Makes durable what was told.
  Result<void> commit();

  // next() and sample() return at once, and give none.
  void stop();

 private:
  struct Statements;
  struct OpenPart {
    std::int64_t listed = 0;
    std::int64_t settled = 0;
  };

  PictureLedger(vidi::sqlite::Database database, const Shape& shape);
  Result<void> prepare();
  Result<void> count();
  Result<void> begin();
  Result<void> commit_now();
  Result<void> commit_sometimes();
  Result<void> settle(std::int64_t sequence);
  Result<std::vector<PendingPicture>> query_waiting(std::size_t count);
  [[nodiscard]] std::int64_t part_number(std::int64_t sequence) const { return sequence / shape_.part_pictures; }

  const Shape shape_;
  std::mutex mutex_;
  std::condition_variable changed_;
  vidi::sqlite::Database database_;
  std::unique_ptr<Statements> statements_;
  std::set<std::int64_t> given_out_;  // by next(), and not done
  std::map<std::int64_t, OpenPart> open_parts_;
  std::int64_t next_sequence_ = 0;
  Totals totals_;
  bool listing_ended_ = false;
  bool stopped_ = false;
  bool in_transaction_ = false;
  std::chrono::steady_clock::time_point committed_;
};

}  // namespace vidi::features
