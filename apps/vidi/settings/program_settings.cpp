#include "settings/program_settings.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "files/program_folder.hpp"
#include "image/formats.hpp"
#include "objects/open.hpp"
#include "records/open.hpp"
#include "registry/registry.hpp"
#include "settings/stores.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultFile = "vidi.toml";
constexpr const char* kInstalledFile = "/etc/vidi/vidi.toml";

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

// The settings file when none is named: of the working folder, else that of the installed program. Empty: none.
std::string find_file() {
  std::error_code error;
  if (fs::exists(kDefaultFile, error)) return kDefaultFile;
  const bool installed = files::program_folder().string().starts_with("/usr/");
  return installed && fs::exists(kInstalledFile, error) ? kInstalledFile : "";
}

void check(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().message);
}

// Those that are shipped with the program, where the working folder has none.
void use_installed_models(Settings& settings) {
  const fs::path shipped = files::program_folder().parent_path() / "share/vidi/models";
  std::error_code error;
  if (!fs::exists(shipped, error)) return;
  check(settings.set("models", shipped.string(), "shipped with this program"));
}

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const auto first = text.find_first_not_of(' ', start);
    const auto last = text.find_last_not_of(' ', end == 0 ? 0 : end - 1);
    if (first < end && last != std::string::npos) parts.push_back(text.substr(first, last - first + 1));
    start = end + 1;
  }
  return parts;
}

// Where a setting's store may be, from the table of its kinds.
template <registry::Registered Kind>
std::string help_of(std::string_view what, std::span<const Kind> kinds) {
  const registry::Traits& usual = registry::default_kind(kinds).traits;
  return fmt::format("Where {}: {}. Empty: {}:{} in the data folder.", what, registry::forms(kinds, "or"), usual.scheme,
                     usual.in_data_folder);
}

std::vector<Setting> settings_of_stores() {
  using enum SettingType;
  std::vector<Setting> table{
      {"records", text, "", help_of("predictions are recorded", records::kinds())},
      {"objects", text, "", help_of("pictures are kept", objects::kinds())},
  };
  table.insert(table.end(), secret_settings().begin(), secret_settings().end());
  const std::vector<Setting> spool{
      {"spool", text, "",
       "Folder for what a remote store does not take at the moment. Empty: spool in the data folder."},
      {"spool-max-bytes", bytes, "1GiB", "The most that a spool holds; when it is full, requests are answered 503.",
       1U << 20U, 1ULL << 50U},
      {"spool-patience", duration, "250ms", "How long a remote store may take before the spool is used.", 1},
  };
  table.insert(table.end(), spool.begin(), spool.end());
  return table;
}

std::vector<Setting> settings_before_stores() {
  using enum SettingType;
  return {
      {"listen", text, "0.0.0.0:4000", "Address and port to serve on; port 0 takes a free one."},
      {"grpc-listen", text, "0.0.0.0:8001",
       "Address and port to serve gRPC on; port 0 takes a free one, off serves none. 0.0.0.0 is IPv6's addresses too."},
      {"data", text, "data", "Folder for what vidi keeps: records and pictures."},
      {"models", text, "models", "Folder of the models, each NAME/model.toml with networks in NAME/VERSION."},
      {"model", text, "digits", "The model that answers when a request names none."},
      {"model-settle", duration, "1s",
       "How long nothing in a model's folder may have changed before it is loaded anew."},
      {"model-poll", duration, "30s",
       "How often the models folder is looked at besides, where another machine changes it; 0s: never."},
  };
}

std::vector<Setting> settings_after_stores() {
  using enum SettingType;
  return {
      {"auth.mode", text, "open",
       "Who may use the server: open (everybody) or keys (whoever sends a key of `vidi keys`)."},
      {"auth.keys", text, "", "File of the keys. Empty: keys.toml in the data folder."},
      {"auth.metrics", text, "admin", "Who may read /metrics of a server that asks for keys: open, user or admin."},
      {"tls-certificate", text, "",
       "PEM file of the server's certificate, then those that vouch for it; HTTP and gRPC speak TLS when it is set."},
      {"tls-key", text, "", "PEM file of that certificate's key."},
      {"retention", text, "",
       "How many days predictions are kept, for all models or by model: 365, or digits=30,365. Empty: for ever."},
      {"extensions", text, fmt::format("{}", fmt::join(image::known_endings(), ",")),
       "What an uploaded file's name may end in, in any case."},
      {"candidates", count, "5", "How many candidates an answer lists.", 1, 1000},
      {"max-body-bytes", bytes, "32MiB", "The largest request body; more is answered 413 before it is read.", 1,
       1ULL << 40U},
      {"max-pixels", count, "64000000", "The largest picture, width times height.", 1, 1ULL << 40U},
      {"max-decode-bytes", bytes, "512MiB", "The memory that decoding one picture may take.", 1, 1ULL << 40U},
      {"max-connections", count, "4096", "Connections at once; more are answered 503.", 1, 1'000'000},
      {"max-requests", count, "1024", "Requests being handled at once; more are answered 503.", 1, 1'000'000},
      {"max-header-bytes", bytes, "16KiB", "The largest request head.", 256, 1U << 20U},
      {"max-parts", count, "64", "Parts of a multipart form.", 1, 100'000},
      {"max-part-header-bytes", bytes, "64KiB", "The largest head of one part, its file's name included.", 256,
       16U << 20U},
      {"header-timeout", duration, "10s", "From a request's first byte to the end of its head.", 1},
      {"body-timeout", duration, "60s", "For a request's whole body.", 1},
      {"idle-timeout", duration, "75s", "Between the requests of a connection.", 1},
      {"write-timeout", duration, "60s", "For a whole response.", 1},
      {"stop-delay", duration, "0s",
       "How long SIGTERM leaves the server serving while /health/ready says 503, so that a load balancer turns away."},
      {"stop-timeout", duration, "30s", "How long SIGTERM waits for requests in flight.", 1},
      {"threads", count, "0", "Threads that serve the network; 0 is one a processor.", 0, 1024},
      {"grpc-threads", count, "1", "Threads that speak gRPC; the threads of the network answer its requests.", 1, 1024},
      {"grpc-max-memory", bytes, "256MiB",
       "What may have arrived over gRPC and is not yet a request; who sends more is cut off.", 1U << 20U, 1ULL << 50U},
      {"grpc-stream-requests", count, "64",
       "Requests of one gRPC stream that wait for their answer; more are read when there is room.", 1, 1'000'000},
      {"workers", count, "0", "Threads that decode large pictures; 0 is one a processor.", 0, 1024},
      {"worker-queue", count, "64", "Large pictures that may wait for a worker; more are answered 503.", 1, 1'000'000},
      {"inline-pixels", count, "16384", "Pictures up to this many pixels are decoded without a worker.", 0,
       1ULL << 40U},
      {"response-cache", bytes, "0",
       "Memory for answers to pictures that the same version of a model has seen; they are recorded as ever. 0: none.",
       0, 1ULL << 40U},
      {"pdf-max-pages", count, "50", "The most pages of a PDF; one with more is answered 413.", 1, 10'000},
      {"pdf-max-pixels", count, "16000000", "The largest page of a PDF; a larger one is rendered more coarsely.",
       10'000, 500'000'000},
      {"pdf-dots-per-inch", count, "150", "How finely the pages of a PDF are rendered.", 10, 2400},
      {"pdf-timeout", duration, "20s", "For rendering all pages of a PDF; its renderer is killed then.", 1},
      {"pdf-max-memory", bytes, "1GiB", "The memory that rendering one PDF may take.", 64U << 20U, 1ULL << 40U},
      {"pdf-workers", count, "2", "PDFs that are rendered at once, each in a process of its own.", 1, 256},
      {"pdf-queue", count, "16", "PDFs that may wait for their turn; more are answered 503.", 1, 1'000'000},
      {"pdf-library", text, "", "PDFium's file. Empty: libpdfium.so beside vidi-pdf, or the one vidi was built with."},
      {"log-level", text, "info", "What is logged: debug, info, warn or error."},
      {"log-format", text, "text", "How it is logged: text, or json for one JSON object a line."},
      {"log-requests", text, "on", "Whether every request is logged, in one line: on or off."},
      {"log-buffer", bytes, "1MiB", "What may wait to be written to the log; lines beyond are dropped and counted.",
       4096, 1ULL << 32U},
      {"otlp-endpoint", text, "",
       "Where traces are sent by OTLP over HTTP, for example http://127.0.0.1:4318. Empty: nowhere."},
      {"otlp-queue", count, "4096", "Requests whose traces may wait to be sent; those of more are dropped and counted.",
       1, 1'000'000},
      {"otlp-timeout", duration, "10s", "How long the collector may take for one message.", 1},
      {"trace-sampling", text, "1", "The share of the requests without a traceparent that are traced, from 0 to 1."},
  };
}

}  // namespace

const std::vector<Setting>& settings_table() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> all = settings_before_stores();
    for (const auto& more : {settings_of_stores(), settings_after_stores()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return table;
}

SettingFlags::SettingFlags(Command command, const std::vector<std::string_view>& keys) {
  command.option("--config", config_.get(), "Settings file; vidi.toml of the working folder when there is one")
      .environment("VIDI_CONFIG");
  for (const Setting& setting : settings_table()) {
    if (setting.secret || (!keys.empty() && std::ranges::find(keys, setting.key) == keys.end())) continue;
    auto value = std::make_unique<std::string>();
    const std::string help =
        setting.default_value.empty() ? setting.help : fmt::format("{} [{}]", setting.help, setting.default_value);
    const Option option = command.option(flag_name(setting), value.get(), help);
    flags_.push_back({.setting = &setting, .value = std::move(value), .option = option});
  }
}

Settings SettingFlags::read() const {
  Settings settings(settings_table());
  const std::string file = config_->empty() ? find_file() : *config_;
  if (!file.empty()) check(settings.read_file(file));
  auto variables = environment();
  variables.erase("VIDI_CONFIG");
  const auto warnings = settings.read_environment(variables);
  if (!warnings) throw std::runtime_error(warnings.error().message);
  for (const std::string& warning : *warnings) spdlog::warn("{}", warning);
  for (const Flag& flag : flags_) {
    if (flag.option.is_given()) check(settings.set(flag.setting->key, *flag.value, flag_name(*flag.setting)));
  }
  if (settings.source("models") == "default" && !fs::exists(settings.text("models"))) use_installed_models(settings);
  return settings;
}

recognition::RecognizerOptions recognizer_options(const Settings& settings) {
  recognition::RecognizerOptions options;
  options.rules.extensions = split_at_commas(settings.text("extensions"));
  for (std::string& ending : options.rules.extensions) {
    std::ranges::transform(ending, ending.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }
  options.limits.max_bytes = settings.bytes("max-body-bytes");
  options.limits.max_pixels = settings.count("max-pixels");
  options.limits.max_memory = settings.bytes("max-decode-bytes");
  options.inline_pixels = settings.count("inline-pixels");
  options.candidates = settings.count("candidates");
  options.response_cache = settings.bytes("response-cache");
  options.workers = {.threads = settings.count("workers"), .max_queue = settings.count("worker-queue")};
  options.pdf.library = settings.text("pdf-library");
  options.pdf.max_pages = static_cast<std::uint32_t>(settings.count("pdf-max-pages"));
  options.pdf.max_pixels = settings.count("pdf-max-pixels");
  options.pdf.dots_per_inch = static_cast<std::uint32_t>(settings.count("pdf-dots-per-inch"));
  options.pdf.max_time = settings.duration("pdf-timeout");
  options.pdf.max_memory = settings.bytes("pdf-max-memory");
  options.pdf_workers = {.threads = settings.count("pdf-workers"), .max_queue = settings.count("pdf-queue")};
  return options;
}

models::Repository open_models(const Settings& settings) {
  auto models = models::Repository::open(settings.text("models"));
  if (!models) throw std::runtime_error(models.error().message);
  return std::move(*models);
}

std::shared_ptr<const models::LoadedModel> require_model(const models::Repository& models, const std::string& name) {
  auto found = models.find(name);
  if (found) return *found;
  for (const models::IndexEntry& entry : models.index()) {
    if (entry.name == name && !entry.reason.empty()) throw std::runtime_error(entry.reason);
  }
  throw std::runtime_error(found.error().message);
}

std::shared_ptr<const models::LoadedModel> require_digits(const models::Repository& models, const std::string& name) {
  auto model = require_model(models, name);
  if (model->description.form == models::Form::digits) return model;
  throw std::runtime_error(fmt::format("the model {} is of pictures; this takes one of digits", name));
}

}  // namespace vidi::app
