#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands/commands.hpp"
#include "net/ask.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

constexpr std::chrono::seconds kTimeout(5);

// Where this machine reaches the server of these settings.
net::Url url_of(const Settings& settings, std::string target) {
  const std::string& listen = settings.text("listen");
  auto [host, port] = net::split_authority(listen);
  if (host.empty() || port.empty() || port == "0") {
    throw std::runtime_error(fmt::format(
        "listen is \"{}\" (from {}): that does not say where the server is; give its --listen, address:port", listen,
        settings.source("listen")));
  }
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return {.is_secure = !settings.text("tls-certificate").empty(),
          .host = std::move(host),
          .port = std::move(port),
          .authority = "localhost",
          .target = std::move(target)};
}

int check_health(const Settings& settings, bool live) {
  const net::Url url = url_of(settings, live ? "/health/live" : "/health/ready");
  const auto answer = net::ask(url, {.trust = net::Trust::anybody}, kTimeout);
  if (!answer) {
    fmt::print(stderr, "vidi: no answer at {}: {}\n", settings.text("listen"), answer.error().message);
    return 1;
  }
  fmt::print("{}{}", answer->body, answer->body.ends_with('\n') ? "" : "\n");
  return answer->status == 200 ? 0 : 1;
}

}  // namespace

Action add_health(Command program) {
  Command command = program.subcommand("health", "Ask the server of this machine whether it is ready");
  command.footer("Ends with 0 when it is, else with 1; for a container's health check and for scripts.");
  auto live = std::make_shared<bool>(false);
  command.flag("--live", live.get(), "Whether it answers at all, ready or not");
  auto flags = std::make_shared<SettingFlags>(command, std::vector<std::string_view>{"listen", "tls-certificate"});
  return [live, flags] { return check_health(flags->read(), *live); };
}

}  // namespace vidi::app
