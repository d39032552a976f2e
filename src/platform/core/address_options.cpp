#include "core/address_options.hpp"

#include <fmt/format.h>

#include <charconv>

namespace vidi {
namespace {

std::unexpected<Error> refuse(const std::string& message) { return fail(ErrorCode::invalid_argument, message); }

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    unsigned value = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 2 || error != std::errc() || end != digits.data() + 2) return std::nullopt;
    decoded += static_cast<char>(value);
    i += 2;
  }
  return decoded;
}

Result<void> add_option(std::string_view option, AddressOptions& options) {
  const std::size_t equal = option.find('=');
  const auto value = equal == std::string_view::npos ? std::nullopt : percent_decoded(option.substr(equal + 1));
  if (!value || equal == 0) return refuse(fmt::format("the option \"{}\" is not of the form NAME=VALUE", option));
  const std::string name(option.substr(0, equal));
  if (!options.emplace(name, *value).second) return refuse(fmt::format("the option {} stands there twice", name));
  return {};
}

}  // namespace

Result<AddressParts> split_address(std::string_view url, std::string_view scheme) {
  const auto behind = [](std::string_view text, std::size_t at) {
    return at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
  };
  constexpr std::string_view kSeparator = "://";
  if (!url.starts_with(scheme) || !url.substr(scheme.size()).starts_with(kSeparator)) {
    return refuse(fmt::format("\"{}\" does not begin with {}://", url, scheme));
  }
  const std::string_view rest = url.substr(scheme.size() + kSeparator.size());
  const std::size_t question = rest.find('?');
  const std::string_view place = rest.substr(0, question);
  const std::size_t slash = place.find('/');
  return AddressParts{
      .authority = place.substr(0, slash), .path = behind(place, slash), .options = behind(rest, question)};
}

Result<AddressOptions> parse_address_options(std::string_view text) {
  AddressOptions options;
  if (text.empty()) return options;
  while (true) {
    const std::size_t end = text.find('&');
    if (auto added = add_option(text.substr(0, end), options); !added) return forward_error(added);
    if (end == std::string_view::npos) return options;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> take_option(AddressOptions& options, const std::string& name) {
  const auto node = options.extract(name);
  if (node.empty()) return std::nullopt;
  return node.mapped();
}

Result<std::optional<int>> take_number(AddressOptions& options, const std::string& name, int least, int most) {
  const auto text = take_option(options, name);
  if (!text) return std::optional<int>();
  const auto number = number_within(*text, least, most);
  if (!number) return refuse(fmt::format("{}={} is not a number from {} to {}", name, *text, least, most));
  return number;
}

std::optional<int> number_within(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

}  // namespace vidi
