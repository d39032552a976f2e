#include "telemetry/trace_context.hpp"

#include <fmt/format.h>

#include <random>

namespace vidi::telemetry {
namespace {

constexpr std::size_t kLength = 55;  // of version 00: "00-", 32 digits, "-", 16 digits, "-", 2 digits

// Lower case only: the specification allows no other.
std::optional<std::uint64_t> hexadecimal(std::string_view text) {
  std::uint64_t number = 0;
  for (const char digit : text) {
    unsigned value = 0;
    if (digit >= '0' && digit <= '9') {
      value = static_cast<unsigned>(digit - '0');
    } else if (digit >= 'a' && digit <= 'f') {
      value = static_cast<unsigned>(digit - 'a') + 10U;
    } else {
      return std::nullopt;
    }
    number = number << 4U | value;
  }
  return number;
}

std::uint64_t random_number() {
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return generator();
}

// By 56 bits of the trace's identifier, so that every program of a trace that decides so decides the same.
bool is_sampled(const TraceId& trace, double share) {
  constexpr std::uint64_t kRange = 1ULL << 56U;
  return static_cast<double>(trace.low % kRange) < share * static_cast<double>(kRange);
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view value) {
  if (value.size() < kLength) return std::nullopt;
  const auto version = hexadecimal(value.substr(0, 2));
  if (!version || *version == 0xFF || value[2] != '-' || value[35] != '-' || value[52] != '-') return std::nullopt;
  // A later version may add fields behind those of this one.
  if (*version == 0 ? value.size() != kLength : value.size() > kLength && value[kLength] != '-') return std::nullopt;
  const auto high = hexadecimal(value.substr(3, 16));
  const auto low = hexadecimal(value.substr(19, 16));
  const auto span = hexadecimal(value.substr(36, 16));
  const auto flags = hexadecimal(value.substr(53, 2));
  if (!high || !low || !span || !flags || (*high == 0 && *low == 0) || *span == 0) return std::nullopt;
  return TraceParent{.trace = {.high = *high, .low = *low}, .span = *span, .sampled = (*flags & 1U) != 0};
}

TraceContext start_trace(const std::optional<TraceParent>& parent, double sampling) {
  TraceContext context;
  context.span = new_span_id();
  if (parent) {
    context.trace = parent->trace;
    context.parent = parent->span;
    context.sampled = parent->sampled;
  } else {
    context.trace = {.high = random_number(), .low = new_span_id()};
    context.sampled = is_sampled(context.trace, sampling);
  }
  return context;
}

std::uint64_t new_span_id() {
  for (;;) {
    if (const std::uint64_t id = random_number(); id != 0) return id;
  }
}

std::string to_string(const TraceId& id) { return fmt::format("{:016x}{:016x}", id.high, id.low); }
std::string span_to_string(std::uint64_t id) { return fmt::format("{:016x}", id); }

}  // namespace vidi::telemetry
