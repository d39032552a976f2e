#include <spdlog/spdlog.h>

#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "api/application.hpp"
#include "commands.hpp"
#include "documents/pdf.hpp"
#include "http/server.hpp"
#include "observability.hpp"
#include "program_settings.hpp"
#include "recognition/retention.hpp"
#include "stores.hpp"

namespace vidi::app {
namespace {

// Turns SIGTERM and SIGINT into server.stop(): the first lets requests finish, a second ends at once. Made before any
// other thread, so that every thread leaves the signals to it.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGUSR2);  // our own: the watch ends
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  // Until the returned thread is joined by unwatch().
  void watch(http::Server& server) {
    watcher_ = std::thread([this, &server] {
      int signal = 0;
      while (sigwait(&signals_, &signal) == 0 && signal != SIGUSR2) {
        spdlog::info("stopping: requests in flight are finished");
        server.stop();
      }
    });
  }

  void unwatch() {
    pthread_kill(watcher_.native_handle(), SIGUSR2);
    watcher_.join();
  }

 private:
  sigset_t signals_{};
  std::thread watcher_;
};

http::ServerOptions server_options(const Settings& settings) {
  http::ServerOptions options;
  options.listen = settings.text("listen");
  options.threads = settings.count("threads");
  options.max_connections = settings.count("max-connections");
  options.max_requests = settings.count("max-requests");
  options.max_header_bytes = settings.bytes("max-header-bytes");
  options.max_body_bytes = settings.bytes("max-body-bytes");
  options.header_timeout = settings.duration("header-timeout");
  options.body_timeout = settings.duration("body-timeout");
  options.idle_timeout = settings.duration("idle-timeout");
  options.write_timeout = settings.duration("write-timeout");
  options.stop_timeout = settings.duration("stop-timeout");
  return options;
}

// Days are what predictions are kept for.
constexpr std::chrono::hours kRetentionPause(1);

recognition::RetentionRules retention_rules(const Settings& settings) {
  auto rules = recognition::parse_retention(settings.text("retention"));
  if (!rules) throw std::runtime_error("retention: " + rules.error().message);
  return std::move(*rules);
}

int serve(const Settings& settings) {
  StopSignals signals;
  spdlog::set_level(spdlog::level::from_str(settings.text("log-level")));
  Observability observability(settings);
  recognition::Recognizer recognizer(open_models(settings), recognizer_options(settings));
  if (const auto model = recognizer.models().find(settings.text("model")); !model) {
    throw std::runtime_error(model.error().message);
  }
  if (documents::find_renderer().empty()) {
    spdlog::warn("PDFs will be answered 503: their renderer, vidi-pdf, is not beside this program");
  }
  const Stores stores = open_stores(settings);
  recognition::Recorder recorder(*stores.records, *stores.objects);

  const recognition::RetentionRules rules = retention_rules(settings);
  std::optional<recognition::Retention> retention;
  if (!rules.empty()) retention.emplace(recorder, rules, kRetentionPause);

  std::unique_ptr<http::Server> server;
  api::Application application{.recognizer = recognizer,
                               .recorder = recorder,
                               .default_model = settings.text("model"),
                               .max_body_bytes = settings.bytes("max-body-bytes"),
                               .multipart = {.max_parts = settings.count("max-parts"),
                                             .max_header_bytes = settings.bytes("max-part-header-bytes"),
                                             .max_filename_bytes = settings.bytes("max-part-header-bytes")},
                               .stopping = [&server] { return server && server->stopping(); },
                               .spools = stores.spools};
  http::ServerOptions options = server_options(settings);
  options.observer = &observability.requests();
  server = std::make_unique<http::Server>(options, api::make_router(application), &api::error_page);
  const auto watched = watch({.server = *server,
                              .options = options,
                              .recognizer = recognizer,
                              .records = *stores.records,
                              .objects = *stores.objects});
  signals.watch(*server);
  spdlog::info("listening on http://{}", server->address());
  server->run();
  signals.unwatch();
  spdlog::info("stopped");
  return 0;
}

}  // namespace

Command add_serve(CLI::App& program) {
  CLI::App* command = program.add_subcommand("serve", "Serve models over HTTP and record every prediction");
  auto flags = std::make_shared<SettingFlags>(*command);
  return [flags] { return serve(flags->read()); };
}

}  // namespace vidi::app
