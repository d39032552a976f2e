#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "commands/commands.hpp"
#include "core/digest.hpp"
#include "objects/s3/s3_store.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

struct PresignOptions {
  std::string digest;
  std::int64_t expires = 3600;
};

int presign(const PresignOptions& options, const Settings& settings) {
  const auto digest = parse_digest(options.digest);
  if (!digest) {
    throw std::runtime_error(
        fmt::format("'{}' is no digest of a picture; expected the 64 hexadecimal digits that stand "
                    "in a prediction's \"image\"",
                    options.digest));
  }
  const std::string& url = settings.text("objects");
  if (!url.starts_with("s3:")) {
    throw std::runtime_error(
        fmt::format("only pictures in S3 have links, and objects is \"{}\"; it must be s3://BUCKET/PREFIX", url));
  }
  const auto address = objects::s3::parse_address(url);
  if (!address) throw std::runtime_error(address.error().message);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto link =
      objects::s3::presign(*address, objects::s3::key_of(*address, *digest),
                           objects::s3::credentials_from_environment(), std::chrono::seconds(options.expires), now);
  if (!link) throw std::runtime_error(link.error().message);
  fmt::print("{}\n", *link);
  return 0;
}

}  // namespace

Command add_objects(CLI::App& program) {
  CLI::App* command = program.add_subcommand("objects", "Work with the pictures that are kept");
  CLI::App* link = command->add_subcommand("presign", "Print a link that opens a picture in S3 for a while");
  auto options = std::make_shared<PresignOptions>();
  link->add_option("digest", options->digest, "The picture's SHA-256, as a prediction's \"image\" says it")->required();
  link->add_option("--expires", options->expires, "For how many seconds: 1 to 604800")->capture_default_str();
  auto flags = std::make_shared<SettingFlags>(*link, std::vector<std::string_view>{"objects"});
  command->require_subcommand(1);
  return [=] { return presign(*options, flags->read()); };
}

}  // namespace vidi::app
