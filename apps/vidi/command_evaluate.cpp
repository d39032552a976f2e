#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

#include "commands.hpp"
#include "contact_sheet.hpp"
#include "datasets/accuracy.hpp"
#include "datasets/mnist.hpp"
#include "image/encode.hpp"
#include "png_file.hpp"
#include "program_settings.hpp"

namespace vidi::app {
namespace {

constexpr std::size_t kDigits = 10;

// confusion[label][answer]; the last column counts pictures without an answer.
using Confusion = std::array<std::array<std::size_t, kDigits + 1>, kDigits>;

struct Measurement {
  Confusion confusion{};
  std::vector<Misreading> misreadings;
};

// Every picture takes the whole way that an uploaded one takes, from the bytes of a PNG file on.
Measurement measure(recognition::Recognizer& recognizer, const datasets::LabelledImages& images,
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

int evaluate(const std::string& folder, const std::string& sheet, const Settings& settings) {
  const auto images = datasets::load_mnist(folder, datasets::Split::test);
  if (!images) throw std::runtime_error(images.error().message);
  models::Repository models = open_models(settings);
  require_digits(models, settings.text("model"));
  recognition::Recognizer recognizer(models, recognizer_options(settings));
  const Measurement measurement = measure(recognizer, *images, settings.text("model"));
  print(measurement.confusion);
  if (!sheet.empty()) {
    const auto written = write_png(sheet, draw_contact_sheet(*images, measurement.misreadings));
    if (!written) throw std::runtime_error(fmt::format("the contact sheet {}", written.error().message));
    fmt::print("\nwrote {}: the {} misread pictures\n", sheet, measurement.misreadings.size());
  }
  return 0;
}

}  // namespace

Command add_evaluate(CLI::App& program) {
  CLI::App* command = program.add_subcommand("evaluate", "Measure a model on MNIST's test images");
  auto folder = std::make_shared<std::string>();
  command->add_option("--data", *folder, "Folder with MNIST's t10k files, plain or gzipped")->required();
  auto sheet = std::make_shared<std::string>();
  command->add_option("--sheet", *sheet, "PNG file to write the misread pictures to, each with label and answer");
  auto flags = std::make_shared<SettingFlags>(*command, std::vector<std::string_view>{"model", "models"});
  return [folder, sheet, flags] { return evaluate(*folder, *sheet, flags->read()); };
}

}  // namespace vidi::app
