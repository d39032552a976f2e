#pragma once
// Where pictures are kept, each once, under the SHA-256 of its bytes. The implementations are
// the kinds of open.hpp.

#include <memory>
#include <optional>
#include <string>

#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "core/result.hpp"
#include "core/task.hpp"

namespace vidi::objects {

// Every method may be called from several threads at once. A store must outlive the tasks it has returned; its
// destructor finishes what has been started. Errors: unavailable, overloaded, internal (the disk is full or broken, or
// a stored object does not match its digest).
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Keeps `bytes`, whose SHA-256 is `digest` (the caller has computed it); durable when it returns. Putting what is
  // there already stores nothing. `bytes` must stay valid until the task is done.
  virtual Task<Result<void>> put(Digest digest, ByteView bytes) = 0;

  // Absent: there is no such object.
  virtual Task<Result<std::optional<Bytes>>> get(Digest digest) = 0;

  virtual Task<Result<bool>> contains(Digest digest) = 0;

  // False: there was no such object.
  virtual Task<Result<bool>> remove(Digest digest) = 0;

  // Whether the store can take an object now; the error says why not.
  virtual Task<Result<void>> check() = 0;

  // Whether what is removed now goes at once: not so while the place where the objects are is away, even when others
  // are taken meanwhile.
  virtual Task<Result<void>> check_removal() { co_return co_await check(); }

  // How many operations wait for their group's turn to be committed; 0 where there are no groups.
  [[nodiscard]] virtual std::size_t waiting() const { return 0; }
};

}  // namespace vidi::objects
