#include "auth/authorizer.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <utility>

namespace vidi::auth {
namespace {

constexpr std::string_view kScheme = "bearer";

std::uint64_t first_bytes(const Digest& digest) {
  std::uint64_t value = 0;
  std::memcpy(&value, digest.bytes.data(), sizeof value);
  return value;
}

std::unexpected<Error> over_quota(const Quota& quota, std::chrono::nanoseconds wait) {
  Error error;
  error.code = ErrorCode::too_many_requests;
  error.message = fmt::format("This key's quota of {} is used up: try again later.", to_string(quota));
  error.retry_after = std::chrono::ceil<std::chrono::seconds>(wait);
  return std::unexpected(std::move(error));
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

void Authorizer::replace(const std::vector<Key>& keys) {
  const auto now = TokenBucket::Clock::now();
  Entries entries;
  const std::unique_lock lock(mutex_);
  for (const Key& key : keys) {
    if (key.revoked) continue;
    const Identity identity{.name = key.name, .role = key.role};
    Entry entry{.digest = key.digest, .identity = identity, .quota = key.quota, .bucket = nullptr};
    if (const Entry* const before = find(entries_, key.digest); before != nullptr && before->quota == key.quota) {
      entry.bucket = before->bucket;
    } else if (key.quota) {
      entry.bucket = std::make_shared<TokenBucket>(*key.quota, now);
    }
    entries.emplace(first_bytes(key.digest), std::move(entry));
  }
  entries_ = std::move(entries);
}

Result<Identity> Authorizer::admit(std::optional<std::string_view> bearer, Access access) {
  if (mode_ == Mode::open) return Identity{.name = {}, .role = Role::admin};
  if (access == Access::open) return Identity();
  if (!bearer) {
    return fail(ErrorCode::unauthorized, "This needs a key: send it as the header 'Authorization: Bearer KEY'.");
  }
  const auto digest = digest_of(*bearer);
  const std::shared_lock lock(mutex_);
  const Entry* const entry = digest ? find(entries_, *digest) : nullptr;
  if (entry == nullptr) return fail(ErrorCode::unauthorized, "This key is not known, or it has been revoked.");
  if (entry->bucket) {
    const auto wait = entry->bucket->take(TokenBucket::Clock::now());
    if (wait > std::chrono::nanoseconds(0)) return over_quota(*entry->quota, wait);
  }
  if (access == Access::admin && entry->identity.role != Role::admin) {
    return fail(ErrorCode::forbidden, "This needs an administrator's key, and this one is a user's.");
  }
  return entry->identity;
}

const Authorizer::Entry* Authorizer::find(const Entries& entries, const Digest& digest) {
  const Entry* found = nullptr;
  const auto [begin, end] = entries.equal_range(first_bytes(digest));
  for (auto it = begin; it != end; ++it) {
    const Entry& entry = it->second;
    if (CRYPTO_memcmp(entry.digest.bytes.data(), digest.bytes.data(), digest.bytes.size()) == 0) found = &entry;
  }
  return found;
}

std::optional<std::string_view> bearer_token(std::optional<std::string_view> authorization) {
  if (!authorization || authorization->size() <= kScheme.size()) return std::nullopt;
  const std::string_view scheme = authorization->substr(0, kScheme.size());
  const auto same = [](char a, char b) { return lower(a) == b; };
  if (!std::ranges::equal(scheme, kScheme, same) || (*authorization)[kScheme.size()] != ' ') return std::nullopt;
  std::string_view token = authorization->substr(kScheme.size());
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (token.empty()) return std::nullopt;
  return token;
}

}  // namespace vidi::auth
