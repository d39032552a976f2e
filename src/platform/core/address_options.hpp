#pragma once
// The address of a store: SCHEME://AUTHORITY[/PATH][?NAME=VALUE[&NAME=VALUE...]]. Thread-safe.

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace vidi {

// Views of the address.
struct AddressParts {
  std::string_view authority;
  std::string_view path;     // without the slash before it
  std::string_view options;  // behind the question mark
};

// Error invalid_argument: the address does not begin with SCHEME://.
Result<AddressParts> split_address(std::string_view url, std::string_view scheme);

using AddressOptions = std::map<std::string, std::string>;

// Values are percent-decoded (RFC 3986, section 2.1). Error invalid_argument: an option without a name or a value, or
// one that stands there twice.
Result<AddressOptions> parse_address_options(std::string_view text);

// Takes an option away and returns it.
std::optional<std::string> take_option(AddressOptions& options, const std::string& name);

// The same for a number. Error invalid_argument: it is none, or out of bounds.
Result<std::optional<int>> take_number(AddressOptions& options, const std::string& name, int least, int most);

// Absent: `text` is no whole number, or out of bounds.
std::optional<int> number_within(std::string_view text, int least, int most);

}  // namespace vidi
