#include "cassandra/access.hpp"

#include <stdexcept>

namespace vidi::cassandra {

std::vector<Setting> access_settings() {
  using enum SettingType;
  return {
      {"cassandra-user", text, "", "The user at Cassandra; empty: it asks for none."},
      {"cassandra-password", text, "", "The user's password.", 0, UINT64_MAX, true},
      {"cassandra-tls", text, "off", "Whether Cassandra is spoken to over TLS: on or off."},
      {"cassandra-authorities", text, "",
       "PEM file of those who may have signed the certificates of Cassandra's nodes. Empty: the system's."},
      {"cassandra-certificate", text, "", "PEM file of the certificate with which vidi proves who it is to Cassandra."},
      {"cassandra-key", text, "", "PEM file of that certificate's key."},
  };
}

Access access_from(const Secrets& secrets) {
  Access access;
  access.user = secrets.text("cassandra-user");
  access.password = secrets.text("cassandra-password");
  access.tls = secrets.is_on("cassandra-tls");
  access.authorities = secrets.text("cassandra-authorities");
  access.certificate = secrets.text("cassandra-certificate");
  access.key = secrets.text("cassandra-key");
  if (access.certificate.empty() != access.key.empty()) {
    throw std::runtime_error("cassandra-certificate and cassandra-key belong together: give both or neither");
  }
  // Whoever names certificates must not send a password in clear text.
  if (!access.tls && !(access.authorities.empty() && access.certificate.empty())) {
    throw std::runtime_error("cassandra-authorities and cassandra-certificate need cassandra-tls to be on");
  }
  return access;
}

void check_access(const Secrets& secrets) { access_from(secrets); }

}  // namespace vidi::cassandra
