#pragma once
// The Request that a handler sees, over a parsed head.

#include <forward_list>

#include "http/message.hpp"
#include "http/request_head.hpp"
#include "http/router.hpp"

namespace vidi::http {

class IncomingRequest final : public Request {
 public:
  // All must outlive it; `record` may be null.
  IncomingRequest(Body& body, std::string remote_address, telemetry::RequestRecord* record);

  // A new request. False when its path is not validly encoded.
  bool start(const RequestHead& head, Timestamp arrived);
  void set_body(Body& body) { body_ = &body; }
  void set_parameters(std::vector<std::pair<std::string_view, std::string_view>> parameters);

  [[nodiscard]] std::string_view method() const override;
  [[nodiscard]] std::string_view path() const override { return path_; }
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const override;
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const override;
  [[nodiscard]] std::string_view parameter(std::string_view name) const override;
  [[nodiscard]] std::string_view remote_address() const override { return remote_address_; }
  [[nodiscard]] Timestamp arrived() const override { return arrived_; }
  [[nodiscard]] Body& body() override { return *body_; }
  [[nodiscard]] telemetry::RequestRecord* record() const override { return record_; }

 private:
  [[nodiscard]] std::string_view decoded(std::string_view text) const;

  Body* body_;
  std::string remote_address_;
  telemetry::RequestRecord* const record_;
  const RequestHead* head_ = nullptr;
  std::string_view path_;
  std::string decoded_path_;
  Timestamp arrived_;
  std::vector<std::pair<std::string_view, std::string_view>> parameters_;
  mutable std::forward_list<std::string> decoded_;  // keeps what query() returned
};

}  // namespace vidi::http
