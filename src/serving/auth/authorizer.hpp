#pragma once
// Decides whom a request is let in as, whatever the protocol it came by.

#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/key.hpp"
#include "core/identity.hpp"
#include "core/result.hpp"

namespace vidi::auth {

// Who may do it.
enum class Access {
  open,   // everybody
  user,   // every key; what is another's it must not touch
  admin,  // an administrator's key
};

enum class Mode {
  open,  // no keys: everybody is a nameless administrator
  keys,
};

// Any thread.
class Authorizer {
 public:
  explicit Authorizer(Mode mode) : mode_(mode) {}

  // From now on these keys are valid, those among them that are revoked left out. A key that was there before with the
  // same quota goes on with what it has used of it.
  void replace(const std::vector<Key>& keys);

  // `bearer` is the secret that came with the request, see bearer_token(). For what is open to everybody it is not even
  // looked at: nobody is turned away then, and nothing counts against a quota.
  // Errors: unauthorized (no secret, or one that is not valid), too_many_requests, forbidden.
  Result<Identity> admit(std::optional<std::string_view> bearer, Access access);

 private:
  struct Entry {
    Digest digest;
    Identity identity;
    std::optional<Quota> quota;
    std::shared_ptr<TokenBucket> bucket;  // null without a quota
  };
  // By the digest's first bytes. How long it takes to find an entry tells about the digest of what was sent, which its
  // sender knows, and nothing about a secret; the whole digests are compared in constant time.
  using Entries = std::unordered_multimap<std::uint64_t, Entry>;

  static const Entry* find(const Entries& entries, const Digest& digest);

  const Mode mode_;
  std::shared_mutex mutex_;
  Entries entries_;  // guarded by mutex_
};

// The secret in "Bearer SECRET", the value of HTTP's header Authorization (RFC 6750, 2.1) and of gRPC's metadata of
// that name. Absent: the value is absent or something else.
std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization);

}  // namespace vidi::auth
