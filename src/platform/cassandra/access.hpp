#pragma once
// What a store needs to be let into a cluster. No part of an address: everybody who lists the processes would see it.

#include <string>

namespace vidi::cassandra {

struct Access {
  std::string user;  // empty: no authentication
  std::string password;
  bool tls = false;
  std::string authorities;  // PEM file of those who may have signed the nodes' certificates; empty: the system's
  std::string certificate;  // PEM files with which this side proves who it is; empty: it does not
  std::string key;
};

}  // namespace vidi::cassandra
