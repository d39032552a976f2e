#include "cassandra/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace vidi::cassandra {
namespace {

std::unexpected<Error> refuse(const std::string& message) { return fail(ErrorCode::invalid_argument, message); }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct NamedConsistency {
  std::string_view name;
  Consistency consistency;
};

constexpr std::array<NamedConsistency, 8> kConsistencies{{{"one", Consistency::one},
                                                          {"two", Consistency::two},
                                                          {"three", Consistency::three},
                                                          {"quorum", Consistency::quorum},
                                                          {"all", Consistency::all},
                                                          {"local_quorum", Consistency::local_quorum},
                                                          {"each_quorum", Consistency::each_quorum},
                                                          {"local_one", Consistency::local_one}}};

Result<Consistency> consistency_of(const std::string& name) {
  const auto found = std::ranges::find(kConsistencies, std::string_view(name), &NamedConsistency::name);
  if (found != kConsistencies.end()) return found->consistency;
  return refuse(
      fmt::format("consistency={} is none: one, two, three, quorum, all, local_quorum, each_quorum and "
                  "local_one are",
                  name));
}

constexpr int kMostCopies = 100;

Result<Replication> replication_of(const std::string& text) {
  const auto wrong = [&] {
    return refuse(
        fmt::format("replication={} is neither a number of copies (3) nor numbers by datacenter "
                    "(dc1:3,dc2:3)",
                    text));
  };
  Replication replication;
  if (const auto copies = number_within(text, 1, kMostCopies)) {
    replication.simple = *copies;
    return replication;
  }
  for (const std::string& part : split(text, ',')) {
    const std::size_t colon = part.rfind(':');
    if (colon == std::string::npos || colon == 0 || part.contains('\'')) return wrong();
    const auto copies = number_within(std::string_view(part).substr(colon + 1), 0, kMostCopies);
    if (!copies) return wrong();
    replication.by_datacenter[part.substr(0, colon)] = *copies;
  }
  return replication;
}

Result<void> read_hosts(std::string_view authority, Cluster& cluster) {
  for (const std::string& host : split(authority, ',')) {
    const std::size_t colon = host.rfind(':');
    // The colons of an IPv6 address stand within brackets.
    const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
    if (host.empty() || colon == 0) {
      return refuse(
          fmt::format("\"{}\" names no host: cassandra://HOST[:PORT][,HOST...]/KEYSPACE is expected", authority));
    }
    if (has_port && !number_within(std::string_view(host).substr(colon + 1), 1, 65'535)) {
      return refuse(fmt::format("the port of the host \"{}\" is not one: it must be 1 to 65535", host));
    }
    cluster.hosts.push_back(has_port ? host : host + ":9042");
  }
  return {};
}

Result<void> use_options(Address& address) {
  AddressOptions& options = address.options;
  if (const auto name = take_option(options, "consistency")) {
    const auto consistency = consistency_of(*name);
    if (!consistency) return forward_error(consistency);
    address.cluster.consistency = *consistency;
  }
  if (const auto text = take_option(options, "replication")) {
    auto replication = replication_of(*text);
    if (!replication) return forward_error(replication);
    address.replication = std::move(*replication);
  }
  if (const auto name = take_option(options, "datacenter")) address.cluster.datacenter = *name;
  for (const auto& [name, target] : {std::pair{"timeout_ms", &address.cluster.request_timeout},
                                     std::pair{"connect_timeout_ms", &address.cluster.connect_timeout}}) {
    auto milliseconds = take_number(options, name, 1, 600'000);
    if (!milliseconds) return forward_error(milliseconds);
    if (*milliseconds) *target = std::chrono::milliseconds(**milliseconds);
  }
  auto in_flight = take_number(options, "in_flight", 1, 32'768);
  if (!in_flight) return forward_error(in_flight);
  if (*in_flight) address.cluster.in_flight = static_cast<std::uint32_t>(**in_flight);
  return {};
}

}  // namespace

std::string Replication::to_cql() const {
  if (by_datacenter.empty()) return fmt::format("{{'class': 'SimpleStrategy', 'replication_factor': {}}}", simple);
  std::string text = "{'class': 'NetworkTopologyStrategy'";
  for (const auto& [datacenter, copies] : by_datacenter) text += fmt::format(", '{}': {}", datacenter, copies);
  return text + "}";
}

bool is_plain_name(std::string_view name) {
  constexpr std::size_t kLongest = 48;
  return !name.empty() && name.size() <= kLongest && is_letter(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

Result<Address> parse_address(std::string_view url) {
  const auto parts = split_address(url, "cassandra");
  if (!parts) return forward_error(parts);
  if (parts->authority.contains('@')) {
    return refuse(
        "a store's address holds no password: everybody who lists the processes would see it. User and "
        "password are settings of their own");
  }
  Address address;
  address.keyspace = parts->path;
  if (!is_plain_name(address.keyspace)) {
    return refuse(
        fmt::format("the keyspace \"{}\" of \"{}\" is not a name: a letter, then letters, digits and "
                    "underscores, at most 48",
                    address.keyspace, url));
  }
  // Cassandra takes names without quotes as lower case.
  std::ranges::transform(address.keyspace, address.keyspace.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (auto good = read_hosts(parts->authority, address.cluster); !good) return forward_error(good);
  auto parsed = parse_address_options(parts->options);
  if (!parsed) return forward_error(parsed);
  address.options = std::move(*parsed);
  if (auto good = use_options(address); !good) return forward_error(good);
  return address;
}

}  // namespace vidi::cassandra
