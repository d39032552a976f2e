#pragma once
// What stores need besides their addresses to be let in: users, passwords, files of certificates. These are no part of
// an address because everybody who lists the processes would see them there.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace vidi {

// Values by the key of their setting, such as "cassandra-user". Each store takes out what it needs. Const access is
// thread-safe.
class Secrets {
 public:
  Secrets() = default;
  explicit Secrets(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}

  void set(std::string key, std::string value) { values_.insert_or_assign(std::move(key), std::move(value)); }

  // Empty: there is none.
  [[nodiscard]] std::string text(std::string_view key) const;

  // False: there is none. Throws std::runtime_error when the value is neither "on" nor "off".
  [[nodiscard]] bool is_on(std::string_view key) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace vidi
