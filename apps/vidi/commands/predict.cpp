#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/information.hpp"
#include "commands/commands.hpp"
#include "files/read_file.hpp"
#include "image/png_file.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

struct PredictOptions {
  std::vector<std::string> files;
  bool json = false;
  std::string explanation;  // the PNG to write; empty: none
};

Result<Bytes> read_input(const std::string& path) {
  const bool is_standard_input = path == "-";
  auto bytes = is_standard_input ? files::read_rest(STDIN_FILENO) : files::read_file(path);
  if (bytes) return std::move(*bytes);
  if (is_standard_input) return fail(ErrorCode::internal, "cannot be read");
  return fail(ErrorCode::not_found, "cannot be opened");
}

// A line holds one picture, whatever its name or result holds.
std::string on_one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\t') {
      line += "\\t";
    } else if (c == '\f') {
      line += "\\f";
    } else if (c == '\\') {
      line += "\\\\";
    } else {
      line += c;
    }
  }
  return line;
}

Result<recognition::Upload> read_upload(const std::string& path) {
  auto bytes = read_input(path);
  if (!bytes) return forward_error(bytes);
  return recognition::new_upload(std::move(*bytes));
}

Result<void> explain(recognition::Recognizer& recognizer, const std::string& path, const std::string& model,
                     const std::string& explanation) {
  auto upload = read_upload(path);
  if (!upload) return forward_error(upload);
  const auto picture = run(recognizer.explain(*upload, model));
  if (!picture) return forward_error(picture);
  return image::write_png(explanation, *picture);
}

Result<records::Prediction> predict(recognition::Recognizer& recognizer, const std::string& path,
                                    const std::string& model) {
  auto read = read_upload(path);
  if (!read) return forward_error(read);
  recognition::Upload& upload = *read;
  auto prediction = run(recognizer.recognize(upload, model));
  if (prediction) prediction->latency = now() - upload.time;
  return prediction;
}

void print(const records::Prediction& prediction, const models::Repository& models, const std::string& path,
           bool json) {
  if (json) {
    nlohmann::ordered_json line;
    line["file"] = path;
    line.update(api::to_json(prediction, models));
    fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print("{}\t{}\t{:.4f}\n", on_one_line(path), on_one_line(prediction.result.value_or("-")),
               prediction.confidence);
    if (!prediction.result) fmt::print(stderr, "vidi: {}: {}\n", path, prediction.reason);
  }
  std::fflush(stdout);
}

int predict_all(const PredictOptions& options, const Settings& settings) {
  if (!options.explanation.empty() && (options.files.size() != 1 || options.files.front() == "-")) {
    throw std::runtime_error(fmt::format("--explain draws one picture file, and {} were given{}", options.files.size(),
                                         options.files.front() == "-" ? " (standard input is read only once)" : ""));
  }
  models::Repository models = open_models(settings);
  recognition::Recognizer recognizer(models, recognizer_options(settings));
  require_model(models, settings.text("model"));
  int status = 0;
  for (const std::string& path : options.files) {
    const auto prediction = predict(recognizer, path, settings.text("model"));
    if (prediction) {
      print(*prediction, models, path, options.json);
    } else {
      fmt::print(stderr, "vidi: {}: {}\n", path, prediction.error().message);
      status = 1;
    }
    if (!prediction || options.explanation.empty()) continue;
    const auto explained = explain(recognizer, path, settings.text("model"), options.explanation);
    if (explained) continue;
    fmt::print(stderr, "vidi: {}: {}\n", path, explained.error().message);
    status = 1;
  }
  return status;
}

}  // namespace

Action add_predict(Command program) {
  Command command =
      program.subcommand("predict", "Recognize picture files: one line each with file, result, confidence");
  command.footer(
      "Prints file, result and confidence (0 to 1), separated by tabs; '-' where the picture holds nothing the\n"
      "model knows. A file that cannot be read is reported on standard error, and the exit status is then 1.");
  auto options = std::make_shared<PredictOptions>();
  command.option("IMAGE", &options->files, "Picture files; - is standard input").required();
  command
      .option("--explain", &options->explanation,
              "Also write this PNG: the picture with the digits found, and each as the model saw it")
      .type_name("FILE.png");
  command.flag("--json", &options->json, "One JSON object a line instead");
  auto flags = std::make_shared<SettingFlags>(
      command, std::vector<std::string_view>{"model", "models", "candidates", "max-body-bytes", "max-pixels",
                                             "max-decode-bytes", "pdf-max-pages", "pdf-max-pixels", "pdf-dots-per-inch",
                                             "pdf-timeout", "pdf-max-memory", "pdf-library"});
  return [options, flags] { return predict_all(*options, flags->read()); };
}

}  // namespace vidi::app
