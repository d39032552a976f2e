#include <spdlog/spdlog.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "api/application.hpp"
#include "commands/commands.hpp"
#include "documents/pdf.hpp"
#include "http/server.hpp"
#include "recognition/retention.hpp"
#include "server/grpc_service.hpp"
#include "server/observability.hpp"
#include "settings/key_settings.hpp"
#include "settings/program_settings.hpp"
#include "settings/stores.hpp"

namespace vidi::app {
namespace {

struct SignalActions {
  std::function<void()> leave;   // once, before `stop`
  std::function<void()> stop;    // the first call lets requests finish, a second ends at once
  std::function<void()> reload;  // for SIGHUP
};

// Turns SIGTERM and SIGINT into `leave` and, a while later or at the next signal, `stop`; another signal stops again.
// Made before any other thread, so that every thread leaves the signals to it.
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

  // Until unwatch().
  void watch(std::chrono::milliseconds stop_delay, SignalActions actions) {
    watcher_ = std::thread([this, stop_delay, actions = std::move(actions)] {
      int signal = wait_for_stop(actions);
      if (signal == SIGUSR2) return;
      actions.leave();
      if (stop_delay > std::chrono::milliseconds(0)) {
        spdlog::info("stopping in {} ms: still serving, and not ready for more", stop_delay.count());
        signal = wait(stop_delay);
      }
      while (signal != SIGUSR2) {
        spdlog::info("stopping: requests in flight are finished");
        actions.stop();
        signal = wait_for_stop(actions);
      }
    });
  }

  void unwatch() {
    pthread_kill(watcher_.native_handle(), SIGUSR2);
    watcher_.join();
  }

 private:
  int wait_for_stop(const SignalActions& actions) const {
    int signal = 0;
    while (sigwait(&signals_, &signal) == 0 && signal == SIGHUP) actions.reload();
    return signal;
  }

  // The signal that came, or 0 when none did. A certificate is not read anew for so short a time.
  [[nodiscard]] int wait(std::chrono::milliseconds time) const {
    const auto end = std::chrono::steady_clock::now() + time;
    while (true) {
      const auto left = end - std::chrono::steady_clock::now();
      if (left <= left.zero()) return 0;
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
      const timespec pause{.tv_sec = seconds.count(), .tv_nsec = std::chrono::nanoseconds(left - seconds).count()};
      const int signal = sigtimedwait(&signals_, nullptr, &pause);
      if (signal > 0 && signal != SIGHUP) return signal;
    }
  }

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
  auth::Authorizer authorizer(auth_mode(settings));
  const auto keys = watch_keys(settings, authorizer);
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
                               .authorizer = authorizer,
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
  signals.watch(settings.duration("stop-delay"), {.leave = [&] { server->leave(); },
                                                  .stop =
                                                      [&] {
                                                        if (grpc) grpc->stop();
                                                        server->stop();
                                                      },
                                                  .reload = [&] { reload(*server); }});
  spdlog::info("listening on {}://{}", has_tls(settings) ? "https" : "http", server->address());
  server->run();
  if (grpc) grpc->wait();
  signals.unwatch();
  spdlog::info("stopped");
  return 0;
}

}  // namespace

Action add_serve(Command program) {
  Command command = program.subcommand("serve", "Serve models over HTTP and record every prediction");
  auto flags = std::make_shared<SettingFlags>(command);
  return [flags] { return serve(flags->read()); };
}

}  // namespace vidi::app
