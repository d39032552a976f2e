#pragma once
// Keeps pictures and predictions together: a recorded prediction's picture is always in the object store, and a picture
// that no prediction refers to is not.

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "objects/object_store.hpp"
#include "recognition/digest_locks.hpp"
#include "records/record_store.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::recognition {

// Any thread. Does not own the stores; must outlive the tasks it has returned.
class Recorder {
 public:
  Recorder(records::RecordStore& records, objects::ObjectStore& objects) : records_(records), objects_(objects) {}

  // Durable when it returns: first the picture, then the prediction that refers to it. `picture` must stay valid until
  // the task is done; it is ignored when the prediction has no picture. Errors: the stores'. `stages`, where
  // the times are written, may be null.
  Task<Result<void>> record(records::Prediction prediction, ByteView picture, telemetry::Stages* stages = nullptr);

  // Forgets the prediction, and its picture when no other prediction refers to it. False: there is no such prediction.
  // Nothing is forgotten while the picture's store is away.
  Task<Result<bool>> forget(Uuid id);

  records::RecordStore& records() { return records_; }
  objects::ObjectStore& objects() { return objects_; }

 private:
  records::RecordStore& records_;
  objects::ObjectStore& objects_;
  DigestLocks locks_;  // a picture is not removed between being put and being referred to
};

}  // namespace vidi::recognition
