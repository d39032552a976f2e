#include "recognition/recorder.hpp"

#include <utility>

namespace vidi::recognition {

using telemetry::Stage;
using telemetry::Stopwatch;

Task<Result<void>> Recorder::record(records::Prediction prediction, ByteView picture, telemetry::Stages* stages) {
  if (!prediction.image) {
    const Stopwatch watch(stages, Stage::record);
    co_return co_await records_.append(std::move(prediction));
  }

  const Digest digest = *prediction.image;
  co_await locks_.lock_shared(digest);
  const SharedGuard guard(locks_, digest);
  {
    const Stopwatch watch(stages, Stage::keep);
    auto kept = co_await objects_.put(digest, picture);
    if (!kept) co_return kept;
  }
  const Stopwatch watch(stages, Stage::record);
  co_return co_await records_.append(std::move(prediction));
}

Task<Result<bool>> Recorder::forget(Uuid id) {
  const auto prediction = co_await records_.find(id);
  if (!prediction) co_return forward_error(prediction);
  if (!*prediction) co_return false;
  if (!(*prediction)->image) {
    const auto forgotten = co_await records_.forget(id);
    if (!forgotten) co_return forward_error(forgotten);
    co_return forgotten->existed;
  }

  const Digest digest = *(*prediction)->image;
  co_await locks_.lock_exclusive(digest);
  const ExclusiveGuard guard(locks_, digest);
  // Once the record is gone nobody knows of the picture.
  const auto reachable = co_await objects_.check_removal();
  if (!reachable) co_return forward_error(reachable);
  const auto forgotten = co_await records_.forget(id);
  if (!forgotten) co_return forward_error(forgotten);
  if (forgotten->orphan) {
    const auto removed = co_await objects_.remove(*forgotten->orphan);
    if (!removed) co_return forward_error(removed);
  }
  co_return forgotten->existed;
}

}  // namespace vidi::recognition
