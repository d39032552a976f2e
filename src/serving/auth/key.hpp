#pragma once
// A key, as vidi remembers it: not the secret that its holder sends, only that secret's digest.

#include <optional>
#include <string>
#include <string_view>

#include "auth/quota.hpp"
#include "core/digest.hpp"
#include "core/identity.hpp"
#include "core/time.hpp"

namespace vidi::auth {

struct Key {
  std::string name;  // see check_name
  Role role = Role::user;
  std::optional<Quota> quota = std::nullopt;  // absent: as many requests as the server bears
  Timestamp created;
  std::optional<Timestamp> revoked = std::nullopt;  // absent: it is valid
  Digest digest;                                    // of the secret

  bool operator==(const Key&) const = default;
};

// A name is 1 to 64 letters, digits and . _ @ + - of ASCII: it stands in records, logs and files as it is.
// Error invalid_argument.
Result<void> check_name(std::string_view name);

// "user" or "admin". Error invalid_argument.
Result<Role> parse_role(std::string_view text);
std::string_view name(Role role);

// A new secret: "vidi_" and 43 random letters and digits, 256 random bits together.
std::string make_secret();

// What is remembered of a secret: its SHA-256. A slow hash with a salt protects secrets that can be guessed; nobody
// tries 2^256 of them. Absent: the text has not even a secret's form.
std::optional<Digest> digest_of(std::string_view secret);

}  // namespace vidi::auth
