#include <fmt/format.h>

#include <stdexcept>

#include "commands/commands.hpp"
#include "http_client/client.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

constexpr std::chrono::seconds kTimeout(5);

// Where this machine reaches the server of these settings.
http_client::Origin origin_of(const Settings& settings) {
  using enum http_client::Origin::Scheme;
  const std::string& listen = settings.text("listen");
  const std::size_t colon = listen.rfind(':');
  http_client::Origin origin;
  if (colon != std::string::npos) {
    origin.host = listen.substr(0, colon);
    origin.port = listen.substr(colon + 1);
  }
  if (origin.host.starts_with('[') && origin.host.ends_with(']')) {
    origin.host = origin.host.substr(1, origin.host.size() - 2);
  }
  if (origin.host.empty() || origin.port.empty() || origin.port == "0") {
    throw std::runtime_error(fmt::format(
        "listen is \"{}\" (from {}): that does not say where the server is; give its --listen, address:port", listen,
        settings.source("listen")));
  }
  if (origin.host == "0.0.0.0") origin.host = "127.0.0.1";
  if (origin.host == "::") origin.host = "::1";
  origin.scheme = settings.text("tls-certificate").empty() ? http : https_unverified;
  origin.authority = "localhost";
  return origin;
}

int check_health(const Settings& settings, bool live) {
  const http_client::Question question{.target = live ? "/health/live" : "/health/ready"};
  const auto answer = http_client::ask(origin_of(settings), question, kTimeout);
  if (!answer) {
    fmt::print(stderr, "vidi: no answer at {}: {}\n", settings.text("listen"), answer.error().message);
    return 1;
  }
  fmt::print("{}{}", answer->body, answer->body.ends_with('\n') ? "" : "\n");
  return answer->status == 200 ? 0 : 1;
}

}  // namespace

Command add_health(CLI::App& program) {
  CLI::App* command = program.add_subcommand("health", "Ask the server of this machine whether it is ready");
  command->footer("Ends with 0 when it is, else with 1; for a container's health check and for scripts.");
  auto live = std::make_shared<bool>(false);
  command->add_flag("--live", *live, "Whether it answers at all, ready or not");
  auto flags = std::make_shared<SettingFlags>(*command, std::vector<std::string_view>{"listen", "tls-certificate"});
  return [live, flags] { return check_health(flags->read(), *live); };
}

}  // namespace vidi::app
