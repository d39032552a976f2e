#pragma once
// What a store needs to be let into a cluster.

#include <string>
#include <vector>

#include "core/secrets.hpp"
#include "core/settings.hpp"

namespace vidi::cassandra {

struct Access {
  std::string user;  // empty: no authentication
  std::string password;
  bool tls = false;
  std::string authorities;  // PEM file of those who may have signed the nodes' certificates; empty: the system's
  std::string certificate;  // PEM files with which this side proves who it is; empty: it does not
  std::string key;
};

// The settings that name it.
std::vector<Setting> access_settings();

// Throws std::runtime_error with a sentence for the operator when values contradict each other.
Access access_from(const Secrets& secrets);
void check_access(const Secrets& secrets);

}  // namespace vidi::cassandra
