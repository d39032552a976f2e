#pragma once
// `vidi features`: the pictures of a source become a table of features, scaled and reduced. What was begun is gone on
// with; docs/how-to/features.md says what users see, docs/reference/formats/features.md what lies in the output.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>

#include "backbones/backbone.hpp"
#include "core/result.hpp"
#include "features/picture_ledger.hpp"
#include "features/pipeline.hpp"
#include "features/precision_check.hpp"
#include "inference/model.hpp"

namespace vidi::features {

struct Job {
  std::string version;          // of this program, for the manifest
  std::string source;           // sources::open_source()
  std::string out;              // open_output()
  std::filesystem::path cache;  // where the notes of jobs lie whose output is a bucket
  backbones::Choice backbone;
  std::string apply;  // the output of another job, whose backbone, scaler and components are taken
  std::optional<inference::Precision> precision;  // nothing: that of the job in `apply`, or else f32
  std::size_t components = 100;                   // 0: nothing is reduced
  std::uint64_t limit = 0;                        // pictures; 0: all
  std::size_t augment = 0;                        // variants of each picture, besides itself
  std::uint64_t augment_seed = 0;
  std::filesystem::path labels;  // a table of labels; empty: the label is the picture's folder
  bool keep_scaled = false;
  bool append = false;  // to an output that is finished
  std::uint64_t max_rejects = UINT64_MAX;
  ReadOptions reading;  // `say` and `stopped` are not looked at
  image::DecodeLimits limits;
  std::size_t batch = 0;  // 0: chosen
  std::size_t streams = 0;
  std::size_t threads = 0;
  std::int64_t part_pictures = 0;  // 0: so many that a part has about 64 MB
};

// In which its network is computed, when no other job says it.
inline inference::Precision precision_of(const Job& job) { return job.precision.value_or(inference::Precision::f32); }

// How far a job has come.
struct Progress {
  Totals totals;
  bool listing = true;             // more may be found
  double pictures_per_second = 0;  // lately
};

// Told how it goes, from threads of the job's own, one at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  // Some ten times a second.
  virtual void progress(const Progress& progress) = 0;
  // A sentence.
  virtual void note(const std::string& text) = 0;
};

struct Summary {
  Totals totals;
  std::uint64_t done_before = 0;  // by runs before this one
  std::uint64_t rows = 0;
  std::size_t columns = 0;
  std::size_t components = 0;
  double explained = 0;  // part of the variance
  std::string execution;
  double seconds = 0;
  double starting = 0;  // seconds until the first picture could be inferred
  double reading = 0;   // of all threads together
  double decoding = 0;
  double inferring = 0;
  double writing = 0;
  double reducing = 0;
  inference::Precision precision = inference::Precision::f32;  // in which the network was computed
  std::optional<PrecisionCheck> check;                         // what that loses
  bool stopped = false;                                        // before the end, as asked
  bool nothing_to_do = false;                                  // all of it was done before
};

// Errors: not_found, invalid_argument (the job makes no sense), conflict (the output holds another job, or another
// process works on it; pictures have come since it was finished), unavailable (source or output do not answer),
// internal. What was done stays done.
Result<Summary> run_job(const Job& job, Observer& observer, std::stop_token stop);

}  // namespace vidi::features
