#include "auth/key.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace vidi::auth {
namespace {

constexpr std::string_view kPrefix = "vidi_";
constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kRandomDigits = 43;  // 62^43 > 2^256
constexpr std::size_t kMaxName = 64;

bool is_letter_or_digit(char c) { return kDigits.find(c) != std::string_view::npos; }

}  // namespace

Result<void> check_name(std::string_view name) {
  const bool valid = std::ranges::all_of(name, [](char c) {
    return is_letter_or_digit(c) || std::string_view("._@+-").find(c) != std::string_view::npos;
  });
  if (valid && !name.empty() && name.size() <= kMaxName && name.front() != '-') return {};
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("'{}' is not a name for a key; expected 1 to {} letters, digits and . _ @ + -, the first no -", name,
                  kMaxName));
}

Result<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::user, Role::admin}) {
    if (text == name(role)) return role;
  }
  return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not a role; expected user or admin", text));
}

std::string_view name(Role role) {
  switch (role) {
    case Role::anonymous:
      return "anonymous";
    case Role::user:
      return "user";
    case Role::admin:
      return "admin";
  }
  return "anonymous";
}

std::string make_secret() {
  std::string secret(kPrefix);
  while (secret.size() < kPrefix.size() + kRandomDigits) {
    std::array<unsigned char, 64> random{};
    if (::getentropy(random.data(), random.size()) != 0) {
      throw std::system_error(errno, std::generic_category(), "no random bytes can be had");
    }
    for (const unsigned char byte : random) {
      // 248 = 4 * 62: above it some digits would come more often.
      if (byte < 248 && secret.size() < kPrefix.size() + kRandomDigits) secret += kDigits[byte % kDigits.size()];
    }
  }
  return secret;
}

std::optional<Digest> digest_of(std::string_view secret) {
  if (secret.size() != kPrefix.size() + kRandomDigits || !secret.starts_with(kPrefix)) return std::nullopt;
  return sha256(as_bytes(secret));
}

}  // namespace vidi::auth
