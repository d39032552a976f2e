#include "grpc/observation.hpp"

#include <optional>

namespace vidi::grpc {
namespace {

// "127.0.0.1" of "ipv4:127.0.0.1:50123", "::1" of "ipv6:%5B::1%5D:50123".
std::string address_of(const std::string& peer) {
  const auto begin = peer.find(':');
  const auto end = peer.rfind(':');
  if (begin == end) return peer;
  std::string address = peer.substr(begin + 1, end - begin - 1);
  if (address.starts_with("%5B") && address.ends_with("%5D")) address = address.substr(3, address.size() - 6);
  return address;
}

}  // namespace

void Observation::start(const ::grpc::ServerContext& context, std::string_view path, Timestamp arrived,
                        std::size_t bytes) {
  telemetry::RequestObserver* const observer = state_.application.observer;
  if (observer == nullptr) return;
  remote_address_ = address_of(context.peer());
  record_.method = "POST";  // of every call (grpc/grpc, doc/PROTOCOL-HTTP2.md)
  record_.path = path;
  record_.route = path;
  record_.remote_address = remote_address_;
  record_.arrived = arrived;
  record_.begin = telemetry::Clock::now();
  record_.bytes_in = bytes;
  record_.protocol = "grpc";
  const auto& metadata = context.client_metadata();
  const auto value = [&metadata](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string_view() : std::string_view(found->second.data(), found->second.size());
  };
  record_.user_agent = value("user-agent");
  if (telemetry::is_request_id(value("x-request-id"))) record_.request_id = value("x-request-id");
  std::optional<telemetry::TraceParent> parent;
  // More than one is none (Trace Context, 3.2.1).
  if (metadata.count("traceparent") == 1) parent = telemetry::parse_traceparent(value("traceparent"));
  record_.trace = observer->start(parent);
}

telemetry::RequestRecord* Observation::record() { return state_.application.observer != nullptr ? &record_ : nullptr; }

void Observation::answer(const Result<void>& result, const std::string& user, std::size_t bytes) {
  if (state_.application.observer == nullptr) return;
  answered_ = telemetry::Clock::now();
  record_.user = user;
  record_.bytes_out = bytes;
  record_.status = 200;
  if (result) return;
  record_.error = result.error().code;
  record_.status = state_.application.http_status(result.error().code);
}

void Observation::finish(bool sent) {
  if (state_.application.observer == nullptr) return;
  record_.end = telemetry::Clock::now();
  record_.sent = sent;
  record_.stages.add(telemetry::Stage::write, answered_, record_.end);
  state_.application.observer->finish(record_);
}

}  // namespace vidi::grpc
