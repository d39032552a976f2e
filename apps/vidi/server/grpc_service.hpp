#pragma once
// The gRPC server of `vidi serve`.

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <vector>

#include "api/application.hpp"
#include "core/settings.hpp"
#include "grpc/server.hpp"
#include "open_inference/service.hpp"
#include "telemetry/request_record.hpp"

namespace vidi::app {

// Listens, and answers on the executors what HTTP answers too. `service`, `application` and `observer` must outlive it.
// Null: the settings switch it off. Throws std::runtime_error when it cannot listen.
std::unique_ptr<grpc::Server> serve_grpc(const Settings& settings, open_inference::Service& service,
                                         api::Application& application,
                                         const std::vector<boost::asio::any_io_executor>& executors,
                                         telemetry::RequestObserver& observer);

}  // namespace vidi::app
