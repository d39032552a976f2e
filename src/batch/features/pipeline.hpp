#pragma once
// From pictures that wait in the ledger to rows in it. Reading, decoding and resizing, and inference each have
// threads of their own with bounded queues between them, so that the processors wait for nobody.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "core/result.hpp"
#include "features/picture_ledger.hpp"
#include "features/prepare.hpp"
#include "inference/picture_network.hpp"
#include "sources/source.hpp"

namespace vidi::features {

// What the threads of each stage were busy with, together; waiting for a queue does not count.
struct StageTimes {
  std::atomic<std::int64_t> reading = 0;  // nanoseconds
  std::atomic<std::int64_t> decoding = 0;
  std::atomic<std::int64_t> inferring = 0;
  std::atomic<std::int64_t> writing = 0;
};

// Adds the time of its life to one of them.
class StageClock {
 public:
  explicit StageClock(std::atomic<std::int64_t>& sum) : sum_(sum) {}
  ~StageClock() { sum_ += (std::chrono::steady_clock::now() - began_).count(); }
  StageClock(const StageClock&) = delete;
  StageClock& operator=(const StageClock&) = delete;

 private:
  std::atomic<std::int64_t>& sum_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

struct ReadOptions {
  std::uint64_t max_bytes = std::uint64_t{32} << 20U;  // of a picture's file
  std::chrono::milliseconds patience{300'000};         // how long to try again what does not answer
  std::function<void(const std::string&)> say = [](const std::string&) {};  // told when waiting begins
  std::function<bool()> stopped = [] { return false; };
};

// Reads a picture, trying again while the source is unavailable. Errors: as Source::read(); unavailable when the
// patience is over, or somebody wants to stop.
Result<sources::Picture> read_patiently(sources::Source& source, const sources::Entry& entry,
                                        const ReadOptions& options);

struct PipelineOptions {
  ReadOptions reading;
  PrepareOptions preparing;
  std::uint64_t max_rejects = UINT64_MAX;
  bool labels_are_needed = false;  // a picture without one is rejected
  std::size_t decoders = 0;        // threads; 0: one a processor
};

// Until no picture waits, or `stopped` says so: then what is begun is finished. Calls `settled` on the caller's thread
// after each picture. Errors: those of the ledger, of the network and of `settled`; unavailable (the source does not
// answer); invalid_argument (more rejects than allowed).
Result<void> run_pipeline(PictureLedger& ledger, sources::Source& source, inference::PictureNetwork& network,
                          const PipelineOptions& options, StageTimes& times,
                          const std::function<Result<void>()>& settled);

}  // namespace vidi::features
