#include <spdlog/spdlog.h>

#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "api/application.hpp"
#include "commands.hpp"
#include "documents/pdf.hpp"
#include "grpc_service.hpp"
#include "http/server.hpp"
#include "key_settings.hpp"
#include "observability.hpp"
#include "program_settings.hpp"
#include "recognition/retention.hpp"
#include "stores.hpp"

namespace vidi::app {
namespace {

// Turns SIGTERM and SIGINT into a call of `stop`: the first lets requests finish, a second ends at once; and SIGHUP
// into a call of `reload`. Made before any other thread, so that every thread leaves the signals to it.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGHUP);
    sigaddset(&signals_, SIGUSR2);  // our own: the watch ends
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  // Until the returned thread is joined by unwatch().
  void watch(std::function<void()> stop, std::function<void()> reload) {
    watcher_ = std::thread([this, stop = std::move(stop), reload = std::move(reload)] {
      int signal = 0;
      while (sigwait(&signals_, &signal) == 0 && signal != SIGUSR2) {
        if (signal == SIGHUP) {
          reload();
          continue;
        }
        spdlog::info("stopping: requests in flight are finished");
        stop();
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

// Reads the certificate anew.
void reload(http::Server& server) {
  if (const auto done = server.reload_certificate(); !done) {
    spdlog::error("{}; the certificate stays as it was", done.error().message);
  }
}

bool has_tls(const Settings& settings) { return !settings.text("tls-certificate").empty(); }

http::ServerOptions server_options(const Settings& settings) {
  http::ServerOptions options;
  options.listen = settings.text("listen");
  options.tls_certificate = settings.text("tls-certificate");
  options.tls_key = settings.text("tls-key");
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
  auth::Authoriser authoriser(auth_mode(settings));
  const auto keys = watch_keys(settings, authoriser);
  const auth::Access metrics = metrics_access(settings);
  models::Repository models = open_models(settings);
  recognition::Recognizer recognizer(models, recognizer_options(settings));
  require_model(models, settings.text("model"));
  if (documents::find_renderer().empty()) {
    spdlog::warn("PDFs will be answered 503: their renderer, vidi-pdf, is not beside this program");
  }
  const Stores stores = open_stores(settings);
  recognition::Recorder recorder(*stores.records, *stores.objects);

  const recognition::RetentionRules rules = retention_rules(settings);
  std::optional<recognition::Retention> retention;
  if (!rules.empty()) retention.emplace(recorder, rules, kRetentionPause);

  open_inference::Service open_inference(recognizer, recorder, settings.bytes("max-body-bytes"));
  std::unique_ptr<http::Server> server;
  api::Application application{.recognizer = recognizer,
                               .recorder = recorder,
                               .open_inference = open_inference,
                               .authoriser = authoriser,
                               .metrics_access = metrics,
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
  models.watch({.settle = settings.duration("model-settle"), .poll = settings.duration("model-poll")});
  const auto watched = watch({.server = *server,
                              .options = options,
                              .models = models,
                              .recognizer = recognizer,
                              .records = *stores.records,
                              .objects = *stores.objects});
  const auto grpc = serve_grpc(settings, open_inference, application, server->executors(), observability.requests());
  const auto stop = [&] {
    if (grpc) grpc->stop();
    server->stop();
  };
  signals.watch(stop, [&] { reload(*server); });
  spdlog::info("listening on {}://{}", has_tls(settings) ? "https" : "http", server->address());
  server->run();
  if (grpc) grpc->wait();
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
