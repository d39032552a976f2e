#include "grpc/server_state.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace vidi::grpc {
namespace {

constexpr const char* kAuthorization = "authorization";
constexpr const char* kUser = "x-vidi-user";  // as in HTTP
constexpr std::size_t kMaxUserBytes = 256;

std::optional<std::string_view> metadata(const Caller& caller, const char* key) {
  const auto& all = caller.context.client_metadata();
  const auto found = all.find(key);
  if (found == all.end()) return std::nullopt;
  return std::string_view(found->second.data(), found->second.size());
}

}  // namespace

void LongCalls::add(std::shared_ptr<LongCall> call) {
  const std::scoped_lock lock(mutex_);
  if (stopped_) call->stop();
  calls_.insert(std::move(call));
}

void LongCalls::remove(const std::shared_ptr<LongCall>& call) {
  const std::scoped_lock lock(mutex_);
  calls_.erase(call);
}

void LongCalls::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  for (const auto& call : calls_) call->stop();
}

Result<void> admit(Caller& caller, Access access) {
  if (access == Access::open) return {};
  if (caller.state.application.admit) {
    auto user = caller.state.application.admit(metadata(caller, kAuthorization), access);
    if (!user) return forward_error(user);
    caller.user = std::move(*user);
  }
  const auto name = metadata(caller, kUser);
  if (!caller.user.empty() || !name) return {};
  if (name->size() > kMaxUserBytes) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the user in {} has {} bytes; at most {} are allowed", kUser, name->size(), kMaxUserBytes));
  }
  caller.user = *name;
  return {};
}

Result<void> check_in_time(const Caller& caller) {
  if (caller.context.IsCancelled() || caller.context.deadline() <= std::chrono::system_clock::now()) {
    return fail(ErrorCode::deadline_exceeded, "the client's deadline passed, or it left, before the request's turn");
  }
  return {};
}

Slot::Slot(ServerState& state)
    : state_(state), granted_(state.requests.fetch_add(1, std::memory_order_relaxed) < state.options.max_requests) {
  state.arrivals.fetch_add(1, std::memory_order_relaxed);
}

Slot::~Slot() { state_.requests.fetch_sub(1, std::memory_order_relaxed); }

Result<void> Slot::check() const {
  if (state_.stopping) return fail(ErrorCode::unavailable, "the server is ending");
  if (granted_) return {};
  return fail(ErrorCode::overloaded, "there are too many requests: try again later");
}

Task<bool> is_ready(ServerState& state) {
  if (state.stopping) co_return false;
  if (!state.application.ready) co_return true;
  co_return co_await state.application.ready();
}

}  // namespace vidi::grpc
