#include "auth/key_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/settings.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "files/read_file.hpp"

namespace vidi::auth {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxFile = 64U << 20U;
constexpr std::array<std::string_view, 6> kFields{"name", "role", "quota", "created", "revoked", "sha256"};

std::unexpected<Error> malformed(const toml::node& where, const std::string& what) {
  return fail(ErrorCode::invalid_argument, fmt::format("line {}: {}", where.source().begin.line, what));
}

Result<std::string> text_of(const toml::table& table, std::string_view field) {
  const auto* const text = table.get_as<std::string>(field);
  if (text == nullptr) return malformed(table, fmt::format("a key has no text '{}'", field));
  return text->get();
}

Result<Timestamp> time_of(const toml::table& table, std::string_view field) {
  const auto text = text_of(table, field);
  if (!text) return forward_error(text);
  if (const auto time = parse_timestamp(*text)) return *time;
  return malformed(table,
                   fmt::format("'{}' is not a time for '{}'; expected one such as 2019-01-29T16:55:06Z", *text, field));
}

Result<Key> parse_key(const toml::table& table) {
  for (const auto& [field, value] : table) {
    if (std::ranges::find(kFields, field.str()) == kFields.end()) {
      return malformed(
          value, fmt::format("a key has no field '{}'; its fields are {}", field.str(), fmt::join(kFields, ", ")));
    }
  }
  Key key;
  auto name = text_of(table, "name");
  if (!name) return forward_error(name);
  key.name = std::move(*name);
  if (const auto valid = check_name(key.name); !valid) return malformed(table, valid.error().message);
  const auto role_text = text_of(table, "role");
  if (!role_text) return forward_error(role_text);
  const auto role = parse_role(*role_text);
  if (!role) return malformed(table, role.error().message);
  key.role = *role;
  if (table.contains("quota")) {
    const auto text = text_of(table, "quota");
    if (!text) return forward_error(text);
    const auto quota = parse_quota(*text);
    if (!quota) return malformed(table, quota.error().message);
    key.quota = *quota;
  }
  const auto created = time_of(table, "created");
  if (!created) return forward_error(created);
  key.created = *created;
  if (table.contains("revoked")) {
    const auto revoked = time_of(table, "revoked");
    if (!revoked) return forward_error(revoked);
    key.revoked = *revoked;
  }
  const auto digest_text = text_of(table, "sha256");
  if (!digest_text) return forward_error(digest_text);
  const auto digest = parse_digest(*digest_text);
  if (!digest)
    return malformed(table, fmt::format("'{}' is not a SHA-256; expected 64 hexadecimal digits", *digest_text));
  key.digest = *digest;
  return key;
}

// The valid key of that name.
template <typename Keys>
auto find_valid(Keys& keys, std::string_view name) {
  return std::ranges::find_if(keys, [&](const Key& key) { return key.name == name && !key.revoked; });
}

Error disk_error(const files::Failure& failure) { return files::explain(failure, "the keys"); }

// One process at a time changes the keys of a folder.
Result<files::File> lock_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::internal, fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()));
  }
  auto opened = files::File::open(folder, O_RDONLY | O_DIRECTORY);
  if (!opened) return std::unexpected(disk_error(opened.error()));
  while (::flock(opened->descriptor(), LOCK_EX) != 0) {
    if (errno != EINTR) return std::unexpected(disk_error({.code = errno}));
  }
  return std::move(*opened);
}

// Reads the keys, has them changed, and writes them.
template <typename Change>
Result<void> change_keys(const fs::path& name, Change change) {
  const fs::path file = fs::absolute(name);
  const auto lock = lock_folder(file.parent_path());
  if (!lock) return forward_error(lock);
  auto read = read_keys(file);
  if (!read) return forward_error(read);
  std::vector<Key> keys = std::move(*read).value_or(std::vector<Key>());
  const Result<void> changed = change(keys);
  if (!changed) return changed;
  const auto written = files::write_whole(file, as_bytes(format_keys(keys)), {.temporary = file.string() + ".new"});
  if (!written) return std::unexpected(disk_error(written.error()));
  return {};
}

}  // namespace

Result<std::vector<Key>> parse_keys(std::string_view text) {
  toml::table file;
  try {
    file = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("line {}: {}", error.source().begin.line, std::string_view(error.description())));
  }
  std::vector<Key> keys;
  for (const auto& [name, value] : file) {
    const auto* const list = value.as_array();
    if (name.str() != "key" || list == nullptr) return malformed(value, fmt::format("'{}' is not [[key]]", name.str()));
    for (const toml::node& element : *list) {
      const auto* const table = element.as_table();
      if (table == nullptr) return malformed(element, "a key must be a [[key]]");
      auto key = parse_key(*table);
      if (!key) return forward_error(key);
      if (!key->revoked && find_valid(keys, key->name) != keys.end()) {
        return malformed(*table, fmt::format("'{}' has two valid keys", key->name));
      }
      if (std::ranges::find(keys, key->digest, &Key::digest) != keys.end()) {
        return malformed(*table, fmt::format("the key of '{}' is there twice", key->name));
      }
      keys.push_back(std::move(*key));
    }
  }
  return keys;
}

std::string format_keys(const std::vector<Key>& keys) {
  std::string text = "# Who may use vidi. Written by `vidi keys`; a running server sees a change within a second.\n";
  for (const Key& key : keys) {
    text += fmt::format("\n[[key]]\nname = \"{}\"\nrole = \"{}\"\n", key.name, name(key.role));
    if (key.quota) text += fmt::format("quota = \"{}\"\n", to_string(*key.quota));
    text += fmt::format("created = \"{}\"\n", vidi::to_string(key.created));
    if (key.revoked) text += fmt::format("revoked = \"{}\"\n", vidi::to_string(*key.revoked));
    text += fmt::format("sha256 = \"{}\"\n", to_string(key.digest));
  }
  return text;
}

Result<std::optional<std::vector<Key>>> read_keys(const fs::path& path) {
  const auto bytes = files::read_file(path, kMaxFile);
  if (!bytes && bytes.error().code == ENOENT) return std::nullopt;
  if (!bytes) {
    return fail(ErrorCode::unavailable, fmt::format("the keys in {} cannot be read: {}", path.string(),
                                                    std::generic_category().message(bytes.error().code)));
  }
  // Who writes a file in place makes it empty first.
  if (bytes->empty()) return fail(ErrorCode::invalid_argument, fmt::format("{} is empty", path.string()));
  auto keys = parse_keys(as_text(*bytes));
  if (!keys) return fail(keys.error().code, fmt::format("{}, {}", path.string(), keys.error().message));
  return std::move(*keys);
}

Result<std::string> add_key(const fs::path& file, const NewKey& key) {
  if (const auto valid = check_name(key.name); !valid) return forward_error(valid);
  std::string secret = make_secret();
  const auto added = change_keys(file, [&](std::vector<Key>& keys) -> Result<void> {
    if (find_valid(keys, key.name) != keys.end()) {
      return fail(ErrorCode::conflict, fmt::format("'{}' has a key already: revoke it first", key.name));
    }
    keys.push_back(
        {.name = key.name, .role = key.role, .quota = key.quota, .created = now(), .digest = *digest_of(secret)});
    return {};
  });
  if (!added) return forward_error(added);
  return secret;
}

Result<void> revoke_key(const fs::path& file, std::string_view name) {
  return change_keys(file, [&](std::vector<Key>& keys) -> Result<void> {
    const auto found = find_valid(keys, name);
    if (found != keys.end()) {
      found->revoked = now();
      return {};
    }
    std::vector<std::string> names;
    for (const Key& key : keys) {
      if (key.name == name) return fail(ErrorCode::conflict, fmt::format("the key of '{}' is revoked already", name));
      if (!key.revoked) names.push_back(key.name);
    }
    const auto near = nearest(name, names);
    return fail(ErrorCode::not_found,
                fmt::format("'{}' has no key{}", name, near ? fmt::format("; did you mean '{}'?", *near) : ""));
  });
}

}  // namespace vidi::auth
