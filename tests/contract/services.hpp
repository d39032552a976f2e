#pragma once
// The real services that ctest has started for these tests (scripts/services.sh).

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace vidi::test {

// HOST:PORT of "cassandra" or "s3". Throws when it does not run.
inline std::string address_of(const std::string& service) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing changes the environment meanwhile
  const char* folder = std::getenv("VIDI_TEST_SERVICES");
  if (folder == nullptr) throw std::runtime_error("VIDI_TEST_SERVICES names no folder of scripts/services.sh");
  std::string address;
  std::ifstream(std::filesystem::path(folder) / service / "address") >> address;
  if (address.empty()) throw std::runtime_error("no " + service + " runs in " + folder);
  return address;
}

// A name that no other test uses, so that its store is empty at first.
inline std::string fresh_name() {
  static std::atomic<int> count = 0;
  return "test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

}  // namespace vidi::test
