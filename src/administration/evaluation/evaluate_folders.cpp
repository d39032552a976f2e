#include "evaluation/evaluate_folders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>

#include "core/parallel.hpp"
#include "core/settings.hpp"
#include "files/read_file.hpp"
#include "recognition/upload.hpp"

namespace vidi::evaluation {
namespace {

using datasets::Evaluation;
using datasets::LabeledFile;
using Json = nlohmann::ordered_json;

Evaluation make_evaluation(const models::Description& description) {
  std::map<std::string, std::string, std::less<>> groups;
  for (const std::string& label : description.labels) {
    groups[label] = description.information ? std::string(description.information->group_of(label)) : label;
  }
  return Evaluation(std::move(groups));
}

void require_known_labels(const Evaluation& evaluation, const std::vector<LabeledFile>& files,
                          const std::string& model) {
  for (const LabeledFile& file : files) {
    if (evaluation.knows(file.label)) continue;
    const auto near = nearest(file.label, evaluation.known());
    throw std::runtime_error(fmt::format(
        "the folder {} is named after no label and no group of the model {}{}; pictures of what it does not know are "
        "kept in a folder named {}",
        file.path.parent_path().string(), model, near ? fmt::format("; did you mean '{}'?", *near) : "",
        datasets::kNoneOfThem));
  }
}

// What was made of the pictures, from several threads.
class Tally {
 public:
  Tally(Evaluation evaluation, const Unreadable& unreadable)
      : measured_{.evaluation = std::move(evaluation)}, unreadable_(unreadable) {}

  void add(const LabeledFile& file, const Result<records::Prediction>& prediction) {
    const std::scoped_lock lock(mutex_);
    if (prediction) {
      measured_.evaluation.add(file.label, prediction->result);
    } else if (++measured_.unreadable <= kNamed) {
      unreadable_(file.path, prediction.error().message);
    }
  }

  // After the threads have ended.
  MeasuredFolders finish() { return std::move(measured_); }

 private:
  std::mutex mutex_;
  MeasuredFolders measured_;
  const Unreadable& unreadable_;
};

Result<records::Prediction> recognize_file(recognition::Recognizer& recognizer, const LabeledFile& file,
                                           const std::string& model) {
  auto bytes = files::read_file(file.path);
  if (!bytes) return fail(ErrorCode::not_found, "cannot be opened");
  const recognition::Upload upload = recognition::new_upload(std::move(*bytes));
  while (true) {
    auto prediction = run(recognizer.recognize(upload, model));
    if (prediction || prediction.error().code != ErrorCode::overloaded) return prediction;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void recognize_all(recognition::Recognizer& recognizer, const std::vector<LabeledFile>& files, const std::string& model,
                   Tally& tally) {
  // Two for each processor: while one waits for its batch, another decodes.
  in_parallel(2 * processors(), files.size(),
              [&](std::size_t i) { tally.add(files[i], recognize_file(recognizer, files[i], model)); });
}

std::string rows_to_text(const Evaluation& evaluation) {
  std::size_t width = std::string_view("label").size();
  for (const auto& [truth, row] : evaluation.rows()) width = std::max(width, truth.size());
  std::string text =
      fmt::format("\n{:<{}}  {:>8}  {:>8}  {:>8}  {:>8}\n", "label", width, "pictures", "right", "by group", "none");
  for (const auto& [truth, row] : evaluation.rows()) {
    text += fmt::format("{:<{}}  {:>8}  {:>8}  {:>8}  {:>8}\n", truth, width, row.pictures, row.right, row.right_group,
                        row.none);
  }
  return text;
}

Json to_json(const datasets::Accuracy& accuracy) {
  const datasets::Interval interval = datasets::wilson_interval(accuracy);
  return {{"right", accuracy.correct},
          {"pictures", accuracy.count},
          {"fraction", accuracy.fraction()},
          {"interval", {interval.low, interval.high}}};
}

}  // namespace

MeasuredFolders evaluate_folders(recognition::Recognizer& recognizer, const models::LoadedModel& model,
                                 const std::vector<LabeledFile>& files, const Unreadable& unreadable) {
  Evaluation evaluation = make_evaluation(model.description);
  require_known_labels(evaluation, files, model.description.name);
  Tally tally(std::move(evaluation), unreadable);
  recognize_all(recognizer, files, model.description.name, tally);
  return tally.finish();
}

std::string to_text(const MeasuredFolders& measured) {
  const Evaluation& evaluation = measured.evaluation;
  std::string text = fmt::format("accuracy: {}\n", datasets::describe(evaluation.accuracy()));
  text += fmt::format("by group: {}\n", datasets::describe(evaluation.group_accuracy()));
  text += fmt::format("no answer: {}\nunreadable, not counted: {}\n", datasets::with_thousands(evaluation.none()),
                      datasets::with_thousands(measured.unreadable));
  text += rows_to_text(evaluation);
  const auto confusions = evaluation.confusions();
  if (!confusions.empty()) text += "\nconfusion (pictures, label, answer)\n";
  for (const auto& [truth, answer, count] : confusions) {
    text += fmt::format("{:>6}  {}  ->  {}\n", count, truth, answer.empty() ? "no answer" : answer);
  }
  return text;
}

std::string to_json(const MeasuredFolders& measured, const models::LoadedModel& model) {
  const Evaluation& evaluation = measured.evaluation;
  Json json;
  json["model"] = model.description.name;
  json["version"] = model.version;
  json["accuracy"] = to_json(evaluation.accuracy());
  json["accuracy_by_group"] = to_json(evaluation.group_accuracy());
  json["none"] = evaluation.none();
  json["unreadable"] = measured.unreadable;
  json["labels"] = Json::object();
  for (const auto& [truth, row] : evaluation.rows()) {
    json["labels"][truth] = {{"pictures", row.pictures},
                             {"right", row.right},
                             {"right_by_group", row.right_group},
                             {"none", row.none},
                             {"answers", Json(row.answers)}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vidi::evaluation
