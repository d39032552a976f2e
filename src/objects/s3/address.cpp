#include "objects/s3/address.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <utility>

namespace vidi::objects::s3 {
namespace {

std::unexpected<Error> refuse(const std::string& message) { return fail(ErrorCode::invalid_argument, message); }

std::optional<int> number_of(std::string_view text, int least, int most) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
bool is_bucket_name(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return name.size() >= 3 && name.size() <= 63 && std::ranges::all_of(name, good) && name.front() != '-' &&
         name.front() != '.' && name.back() != '-' && name.back() != '.';
}

Result<void> set_endpoint(std::string_view url, Address& address) {
  const std::size_t end = url.find("://");
  const std::string_view scheme = url.substr(0, end);
  if (end == std::string_view::npos || (scheme != "http" && scheme != "https")) {
    return refuse(fmt::format("endpoint={} is not of the form http://HOST[:PORT] or https://HOST[:PORT]", url));
  }
  std::string_view host = url.substr(end + 3);
  while (host.ends_with('/')) host.remove_suffix(1);
  if (host.empty() || host.contains('/')) return refuse(fmt::format("endpoint={} names no host", url));
  address.scheme = scheme;
  address.endpoint = host;
  return {};
}

Result<void> set_option(std::string_view name, std::string_view value, Address& address) {
  if (name == "endpoint") return set_endpoint(value, address);
  if (name == "region" && !value.empty()) {
    address.region = value;
    return {};
  }
  for (const auto& [known, target] :
       {std::pair{"timeout_ms", &address.request_timeout}, std::pair{"connect_timeout_ms", &address.connect_timeout}}) {
    if (name != known) continue;
    const auto milliseconds = number_of(value, 1, 600'000);
    if (!milliseconds) return refuse(fmt::format("{}={} is not a number from 1 to 600000", name, value));
    *target = std::chrono::milliseconds(*milliseconds);
    return {};
  }
  for (const auto& [known, target] :
       {std::pair{"attempts", &address.attempts}, std::pair{"connections", &address.connections}}) {
    if (name != known) continue;
    const auto number = number_of(value, 1, 1000);
    if (!number) return refuse(fmt::format("{}={} is not a number from 1 to 1000", name, value));
    *target = *number;
    return {};
  }
  return refuse(
      fmt::format("the option {}={} of an object store in S3 is not known: endpoint, region, timeout_ms, "
                  "connect_timeout_ms, attempts and connections are",
                  name, value));
}

}  // namespace

Result<Address> parse_address(std::string_view url) {
  constexpr std::string_view kScheme = "s3://";
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return refuse(fmt::format("\"{}\" does not begin with s3://", url));
  rest.remove_prefix(kScheme.size());
  const std::size_t question = rest.find('?');
  std::string_view options = question == std::string_view::npos ? "" : rest.substr(question + 1);
  rest = rest.substr(0, question);
  const std::size_t slash = rest.find('/');
  Address address;
  address.bucket = rest.substr(0, slash);
  if (!is_bucket_name(address.bucket)) {
    return refuse(
        fmt::format("the bucket \"{}\" of \"{}\" is not a name: 3 to 63 small letters, digits, dots and hyphens",
                    address.bucket, url));
  }
  std::string_view prefix = slash == std::string_view::npos ? "" : rest.substr(slash + 1);
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  address.prefix = prefix;
  while (!options.empty()) {
    const std::size_t end = options.find('&');
    const std::string_view option = options.substr(0, end);
    const std::size_t equal = option.find('=');
    if (equal == std::string_view::npos) {
      return refuse(fmt::format("the option \"{}\" is not of the form NAME=VALUE", option));
    }
    if (auto good = set_option(option.substr(0, equal), option.substr(equal + 1), address); !good) {
      return forward_error(good);
    }
    options = end == std::string_view::npos ? "" : options.substr(end + 1);
  }
  return address;
}

Credentials credentials_from_environment() {
  const auto value = [](const char* name) {
    const char* found = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
    return std::string(found != nullptr ? found : "");
  };
  return {value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY"), value("AWS_SESSION_TOKEN")};
}

}  // namespace vidi::objects::s3
