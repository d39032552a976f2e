#pragma once
// The file of the keys: docs/reference/formats/keys.md. It is replaced as a whole, so that a reader sees the old or the
// new one.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/key.hpp"
#include "core/result.hpp"

namespace vidi::auth {

// Error invalid_argument, naming what is wrong and the line.
Result<std::vector<Key>> parse_keys(std::string_view toml);
std::string format_keys(const std::vector<Key>& keys);

// Absent: there is no such file. Errors: parse_keys' and unavailable, both with the file's name.
Result<std::optional<std::vector<Key>>> read_keys(const std::filesystem::path& file);

struct NewKey {
  std::string name;
  Role role = Role::user;
  std::optional<Quota> quota;
};

// Adds a key and returns its secret, which is nowhere else. Durable when it returns. The file and its folder are made
// when they are missing; processes that change one file at once wait for one another.
// Errors: invalid_argument (a name that is none), conflict (a valid key has it), read_keys', and the disk's.
Result<std::string> add_key(const std::filesystem::path& file, const NewKey& key);

// The key of that name is valid no more. Errors: not_found, conflict (it is revoked already), read_keys', the disk's.
Result<void> revoke_key(const std::filesystem::path& file, std::string_view name);

}  // namespace vidi::auth
