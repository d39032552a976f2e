#include "objects/s3/address.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/address_options.hpp"

namespace vidi::objects::s3 {
namespace {

std::unexpected<Error> refuse(const std::string& message) { return fail(ErrorCode::invalid_argument, message); }

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

Result<void> use_options(AddressOptions& options, Address& address) {
  if (const auto endpoint = take_option(options, "endpoint")) {
    if (auto set = set_endpoint(*endpoint, address); !set) return set;
  }
  if (const auto region = take_option(options, "region")) {
    if (region->empty()) return refuse("region= names none");
    address.region = *region;
  }
  for (const auto& [name, target] :
       {std::pair{"timeout_ms", &address.request_timeout}, std::pair{"connect_timeout_ms", &address.connect_timeout}}) {
    auto milliseconds = take_number(options, name, 1, 600'000);
    if (!milliseconds) return forward_error(milliseconds);
    if (*milliseconds) *target = std::chrono::milliseconds(**milliseconds);
  }
  for (const auto& [name, target] :
       {std::pair{"attempts", &address.attempts}, std::pair{"connections", &address.connections}}) {
    auto number = take_number(options, name, 1, 1000);
    if (!number) return forward_error(number);
    if (*number) *target = **number;
  }
  if (options.empty()) return {};
  return refuse(
      fmt::format("the option {}={} of an object store in S3 is not known: endpoint, region, timeout_ms, "
                  "connect_timeout_ms, attempts and connections are",
                  options.begin()->first, options.begin()->second));
}

std::string variable(const char* name) {
  const char* found = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing changes the environment
  return found != nullptr ? found : "";
}

}  // namespace

Result<Address> parse_address(std::string_view url) {
  const auto parts = split_address(url, "s3");
  if (!parts) return forward_error(parts);
  Address address;
  address.bucket = parts->authority;
  if (!is_bucket_name(address.bucket)) {
    return refuse(
        fmt::format("the bucket \"{}\" of \"{}\" is not a name: 3 to 63 small letters, digits, dots and hyphens",
                    address.bucket, url));
  }
  std::string_view prefix = parts->path;
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  address.prefix = prefix;
  auto parsed = parse_address_options(parts->options);
  if (!parsed) return forward_error(parsed);
  if (auto used = use_options(*parsed, address); !used) return forward_error(used);
  return address;
}

Result<Address> complete_address(std::string_view url) {
  std::string completed(url);
  const auto add = [&](const std::string& option, const std::string& value) {
    if (value.empty() || completed.contains(option + "=")) return;
    completed += (completed.contains('?') ? "&" : "?") + option + "=" + value;
  };
  const std::string endpoint = variable("AWS_ENDPOINT_URL_S3");
  add("endpoint", endpoint.empty() ? variable("AWS_ENDPOINT_URL") : endpoint);
  add("region", variable("AWS_REGION"));
  return parse_address(completed);
}

Credentials credentials_from_environment() {
  return {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN")};
}

}  // namespace vidi::objects::s3
