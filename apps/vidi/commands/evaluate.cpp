#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "commands/commands.hpp"
#include "datasets/accuracy.hpp"
#include "datasets/labeled_folders.hpp"
#include "datasets/mnist.hpp"
#include "evaluation/contact_sheet.hpp"
#include "evaluation/evaluate_folders.hpp"
#include "image/encode.hpp"
#include "image/png_file.hpp"
#include "settings/program_settings.hpp"

namespace vidi::app {
namespace {

constexpr std::size_t kDigits = 10;

// confusion[label][answer]; the last column counts pictures without an answer.
using Confusion = std::array<std::array<std::size_t, kDigits + 1>, kDigits>;

struct Measurement {
  Confusion confusion{};
  std::vector<evaluation::Misreading> misreadings;
};

// Every picture takes the whole way that an uploaded one takes, from the bytes of a PNG file on.
Measurement measure(recognition::Recognizer& recognizer, const datasets::LabeledImages& images,
                    const std::string& model) {
  Measurement measurement;
  for (std::size_t i = 0; i < images.size(); ++i) {
    image::Image picture = image::make_image(static_cast<int>(images.columns), static_cast<int>(images.rows), 1);
    std::ranges::copy(images.image(i), picture.pixels.begin());
    recognition::Upload upload;
    upload.bytes = image::encode_png(picture);
    const auto prediction = run(recognizer.recognize(upload, model));
    if (!prediction) throw std::runtime_error(fmt::format("picture {}: {}", i, prediction.error().message));
    const std::string answer = prediction->result.value_or("");
    const bool is_digit = answer.size() == 1 && answer[0] >= '0' && answer[0] <= '9';
    const std::size_t column = is_digit ? static_cast<std::size_t>(answer[0] - '0') : kDigits;
    ++measurement.confusion[images.labels[i]][column];
    if (column != images.labels[i]) measurement.misreadings.push_back({i, images.labels[i], answer});
  }
  return measurement;
}

void print(const Confusion& confusion) {
  datasets::Accuracy accuracy;
  for (std::size_t label = 0; label < kDigits; ++label) {
    accuracy.correct += confusion[label][label];
    for (const std::size_t count : confusion[label]) accuracy.count += count;
  }
  fmt::print("accuracy: {}\n\nconfusion (rows: label, columns: answer)\n     ", datasets::describe(accuracy));
  for (std::size_t answer = 0; answer < kDigits; ++answer) fmt::print("{:>6}", answer);
  fmt::print("  none\n");
  for (std::size_t label = 0; label < kDigits; ++label) {
    fmt::print("{:>5}", label);
    for (const std::size_t count : confusion[label]) fmt::print("{:>6}", count);
    fmt::print("\n");
  }
}

struct EvaluateOptions {
  std::string folder;
  std::string sheet;  // the PNG to write; empty: none
  bool json = false;
};

int evaluate_mnist(recognition::Recognizer& recognizer, const datasets::LabeledImages& images,
                   const EvaluateOptions& options, const std::string& model) {
  if (options.json) throw std::runtime_error("--json is for folders of pictures, and this is MNIST: leave it out");
  const Measurement measurement = measure(recognizer, images, model);
  print(measurement.confusion);
  if (!options.sheet.empty()) {
    const auto written =
        image::write_png(options.sheet, evaluation::draw_contact_sheet(images, measurement.misreadings));
    if (!written) throw std::runtime_error(fmt::format("the contact sheet {}", written.error().message));
    fmt::print("\nwrote {}: the {} misread pictures\n", options.sheet, measurement.misreadings.size());
  }
  return 0;
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
  return evaluation::evaluate_folders(recognizer, *model, *files, options.json);
}

}  // namespace

Command add_evaluate(CLI::App& program) {
  CLI::App* command = program.add_subcommand("evaluate", "Measure a model on labeled pictures, or on MNIST");
  command->footer(
      "Folders of pictures are named after a label of the model, after a group of labels (\"Apple\": any variety of it "
      "is\n"
      "right), or none: pictures of what it does not know. Pictures of digits may also be MNIST's test images.");
  auto options = std::make_shared<EvaluateOptions>();
  command
      ->add_option("--data", options->folder,
                   "Folder with a folder of pictures for each label, or with MNIST's t10k files, plain or gzipped")
      ->required();
  command->add_option("--sheet", options->sheet,
                      "PNG file to write MNIST's misread pictures to, each with label and answer");
  command->add_flag("--json", options->json, "One JSON object instead, of folders of pictures");
  auto flags = std::make_shared<SettingFlags>(*command, std::vector<std::string_view>{"model", "models"});
  return [options, flags] { return evaluate(*options, flags->read()); };
}

}  // namespace vidi::app
