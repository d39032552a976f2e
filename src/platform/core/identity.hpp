#pragma once
// Who sends a request, as far as whoever let it in has found out.

#include <string>

namespace vidi {

enum class Role {
  anonymous,  // nobody that is known
  user,       // sees and changes what is its own
  admin,      // sees and changes everything
};

struct Identity {
  std::string name;  // of the key; empty: not known
  Role role = Role::anonymous;

  bool operator==(const Identity&) const = default;
};

}  // namespace vidi
