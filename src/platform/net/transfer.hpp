#pragma once
// One request for what a URL names. For the other files of this folder.

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::net {

struct Transfer {
  std::string url;
  std::uint64_t from = 0;                                      // bytes that are there already
  std::uint64_t max_bytes = 0;                                 // of the whole
  std::chrono::milliseconds timeout{0};                        // of all of it; 0: any
  std::chrono::milliseconds patience{30'000};                  // how long nothing may arrive
  std::function<Result<void>(ByteView)> take;                  // what arrives, in order; an error ends the transfer
  std::function<void(std::uint64_t, std::uint64_t)> progress;  // may be empty
};

// Errors: as download.hpp says; conflict when the server does not go on from there.
Result<void> transfer(const Transfer& transfer);

}  // namespace vidi::net
