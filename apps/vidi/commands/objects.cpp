#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "commands/commands.hpp"
#include "core/digest.hpp"
#include "objects/open.hpp"
#include "registry/registry.hpp"
#include "settings/program_settings.hpp"
#include "settings/stores.hpp"

namespace vidi::app {
namespace {

struct PresignOptions {
  std::string digest;
  std::int64_t expires = 3600;
};

std::string forms_with_links() {
  return registry::forms(objects::kinds(), "or", [](const objects::Kind& kind) { return kind.link != nullptr; });
}

int presign(const PresignOptions& options, const Settings& settings) {
  const auto digest = parse_digest(options.digest);
  if (!digest) {
    throw std::runtime_error(
        fmt::format("'{}' is no digest of a picture; expected the 64 hexadecimal digits that stand "
                    "in a prediction's \"image\"",
                    options.digest));
  }
  const std::string url = objects_url(settings);
  const auto link_to = objects::kind_of(url).link;
  if (link_to == nullptr) {
    throw std::runtime_error(fmt::format("only pictures in {0} have links, and objects is \"{1}\"; it must be {0}",
                                         forms_with_links(), url));
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto link = link_to(url, *digest, std::chrono::seconds(options.expires), now);
  if (!link) throw std::runtime_error(link.error().message);
  fmt::print("{}\n", *link);
  return 0;
}

}  // namespace

Action add_objects(Command program) {
  Command command = program.subcommand("objects", "Work with the pictures that are kept");
  Command link = command.subcommand(
      "presign", fmt::format("Print a link that opens a picture of {} for a while", forms_with_links()));
  auto options = std::make_shared<PresignOptions>();
  link.option("digest", &options->digest, "The picture's SHA-256, as a prediction's \"image\" says it").required();
  link.option("--expires", &options->expires, "For how many seconds: 1 to 604800").show_default();
  auto flags = std::make_shared<SettingFlags>(link, std::vector<std::string_view>{"objects"});
  command.require_subcommand();
  return [=] { return presign(*options, flags->read()); };
}

}  // namespace vidi::app
