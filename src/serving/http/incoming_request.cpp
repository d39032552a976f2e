#include "http/incoming_request.hpp"

#include <algorithm>
#include <utility>

#include "http/text.hpp"

namespace vidi::http {

IncomingRequest::IncomingRequest(Body& body, std::string remote_address, telemetry::RequestRecord* record)
    : body_(&body), remote_address_(std::move(remote_address)), record_(record) {}

bool IncomingRequest::start(const RequestHead& head, Timestamp arrived) {
  head_ = &head;
  arrived_ = arrived;
  set_identity({});
  parameters_.clear();
  decoded_.clear();
  path_ = head.path;
  if (path_.find('%') == std::string_view::npos) return true;
  auto path = percent_decoded(path_);
  if (!path || path->find('\0') != std::string::npos) return false;
  decoded_path_ = std::move(*path);
  path_ = decoded_path_;
  return true;
}

void IncomingRequest::set_parameters(std::vector<std::pair<std::string_view, std::string_view>> parameters) {
  parameters_ = std::move(parameters);
}

std::string_view IncomingRequest::method() const { return head_->method == "HEAD" ? "GET" : head_->method; }

std::optional<std::string_view> IncomingRequest::query(std::string_view name) const {
  std::string_view rest = head_->query;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view key = pair.substr(0, equals);
    const bool plain = key.find_first_of("%+") == std::string_view::npos;
    if (plain ? key != name : form_decoded(key) != name) continue;
    return decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

std::optional<std::string_view> IncomingRequest::header(std::string_view name) const { return head_->field(name); }

std::string_view IncomingRequest::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return {};
}

std::string_view IncomingRequest::decoded(std::string_view text) const {
  if (text.find_first_of("%+") == std::string_view::npos) return text;
  return decoded_.emplace_front(form_decoded(text));
}

}  // namespace vidi::http
