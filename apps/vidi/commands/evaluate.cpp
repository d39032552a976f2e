#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "commands/commands.hpp"
#include "datasets/labeled_folders.hpp"
#include "datasets/mnist.hpp"
#include "evaluation/contact_sheet.hpp"
#include "evaluation/evaluate_digits.hpp"
#include "evaluation/evaluate_folders.hpp"
#include "image/png_file.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

struct EvaluateOptions {
  std::string folder;
  std::string sheet;  // the PNG to write; empty: none
  bool json = false;
};

int evaluate_mnist(recognition::Recognizer& recognizer, const datasets::LabeledImages& images,
                   const EvaluateOptions& options, const std::string& model) {
  if (options.json) throw std::runtime_error("--json is for folders of pictures, and this is MNIST: leave it out");
  const evaluation::MeasuredDigits measured = evaluation::evaluate_digits(recognizer, images, model);
  fmt::print("{}", evaluation::to_text(measured.confusion));
  if (!options.sheet.empty()) {
    const auto written = image::write_png(options.sheet, evaluation::draw_contact_sheet(images, measured.misreadings));
    if (!written) throw std::runtime_error(fmt::format("the contact sheet {}", written.error().message));
    fmt::print("\nwrote {}: the {} misread pictures\n", options.sheet, measured.misreadings.size());
  }
  return 0;
}

// 1 where no picture could be recognized.
int evaluate_folders(recognition::Recognizer& recognizer, const models::LoadedModel& model,
                     const std::vector<datasets::LabeledFile>& files, const EvaluateOptions& options) {
  const auto measured =
      evaluation::evaluate_folders(recognizer, model, files, [](const std::filesystem::path& file, const auto& why) {
        fmt::print(stderr, "vidi: {}: {}\n", file.string(), why);
      });
  if (measured.unreadable > evaluation::kNamed) {
    fmt::print(stderr, "vidi: and {} more that are not pictures\n", measured.unreadable - evaluation::kNamed);
  }
  fmt::print("{}", options.json ? evaluation::to_json(measured, model) : evaluation::to_text(measured));
  return measured.evaluation.rows().empty() ? 1 : 0;
}

// A model of digits takes MNIST's files where they are, any model folders of pictures.
int evaluate(const EvaluateOptions& options, const Settings& settings) {
  models::Repository models = open_models(settings);
  const std::string& name = settings.text("model");
  const auto model = require_model(models, name);
  recognition::Recognizer recognizer(models, recognizer_options(settings));
  const auto files = datasets::list_labeled_files(options.folder);
  if (model->description.form == models::Form::digits) {
    const auto images = datasets::load_mnist(options.folder, datasets::Split::test);
    if (images) return evaluate_mnist(recognizer, *images, options, name);
    if (!files || images.error().code != ErrorCode::not_found) throw std::runtime_error(images.error().message);
  }
  if (!files) throw std::runtime_error(files.error().message);
  if (!options.sheet.empty()) {
    throw std::runtime_error("--sheet draws MNIST's pictures, and these are folders of pictures: leave it out");
  }
  return evaluate_folders(recognizer, *model, *files, options);
}

}  // namespace

Action add_evaluate(Command program) {
  Command command = program.subcommand("evaluate", "Measure a model on labeled pictures, or on MNIST");
  command.footer(
      "Folders of pictures are named after a label of the model, after a group of labels (\"Apple\": any variety of it "
      "is\n"
      "right), or none: pictures of what it does not know. Pictures of digits may also be MNIST's test images.");
  auto options = std::make_shared<EvaluateOptions>();
  command
      .option("--data", &options->folder,
              "Folder with a folder of pictures for each label, or with MNIST's t10k files, plain or gzipped")
      .required();
  command.option("--sheet", &options->sheet,
                 "PNG file to write MNIST's misread pictures to, each with label and answer");
  command.flag("--json", &options->json, "One JSON object instead, of folders of pictures");
  auto flags = std::make_shared<SettingFlags>(command, std::vector<std::string_view>{"model", "models"});
  return [options, flags] { return evaluate(*options, flags->read()); };
}

}  // namespace vidi::app
