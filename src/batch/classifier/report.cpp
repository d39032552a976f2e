#include "classifier/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>
#include <vector>

namespace vidi::classifier {
namespace {

constexpr std::size_t kMostConfusions = 20;

// A label inside a table of Markdown.
std::string table_cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|' || c == '\\') escaped += '\\';
    escaped += c == '\n' ? ' ' : c;
  }
  return escaped;
}

std::string percent(std::size_t part, std::size_t of) {
  if (of == 0) return "-";
  return fmt::format("{:.2f} %", 100.0 * static_cast<double>(part) / static_cast<double>(of));
}

std::string with_interval(const datasets::Accuracy& accuracy) {
  const auto interval = datasets::wilson_interval(accuracy);
  return fmt::format("{} of {} = {} | {:.2f} to {:.2f}", datasets::with_thousands(accuracy.correct),
                     datasets::with_thousands(accuracy.count), percent(accuracy.correct, accuracy.count),
                     100 * interval.low, 100 * interval.high);
}

std::string accuracies(const Report& report) {
  std::string text = "| what | right | 95 % interval |\n|---|---|---|\n";
  text += fmt::format("| held out, cross-validation | {} |\n",
                      with_interval({.correct = report.trained.correct, .count = report.trained.rows}));
  if (report.trained.none_rows > 0) {
    text += fmt::format("| held out, pictures of none that get no answer | {} |\n",
                        with_interval({.correct = report.trained.none_rows - report.trained.none_accepted,
                                       .count = report.trained.none_rows}));
  }
  if (report.test == nullptr) return text;
  text += fmt::format("| test, the label | {} |\n", with_interval(report.test->labels));
  if (!report.groups.empty()) {
    text += fmt::format("| test, the group of the label | {} |\n", with_interval(report.test->groups));
  }
  if (report.test->none.count > 0) {
    text += fmt::format("| test, pictures of none that get no answer | {} |\n", with_interval(report.test->none));
  }
  return text;
}

std::string strengths(const Trained& trained) {
  std::string text = "| L2 | log loss | right |\n|---|---|---|\n";
  for (const auto& strength : trained.strengths) {
    const bool is_chosen = strength.l2 == trained.l2;
    const std::size_t rows = trained.rows + trained.none_rows;
    text += fmt::format("| {0}{1:g}{0} | {2:.5f} | {3} |\n", is_chosen ? "**" : "", strength.l2, strength.log_loss,
                        percent(strength.correct, rows));
  }
  return text;
}

std::string confusions(const Classifier& classifier, const Evaluation& evaluation) {
  const auto name = [&](std::size_t k) {
    return k < classifier.labels.size() ? table_cell(classifier.labels[k]) : "none";
  };
  std::vector<std::tuple<std::size_t, std::size_t, std::size_t>> found;
  for (std::size_t truth = 0; truth < evaluation.confusion.size(); ++truth) {
    for (std::size_t answer = 0; answer < evaluation.confusion.size(); ++answer) {
      const std::size_t count = evaluation.confusion[truth][answer];
      if (truth != answer && count > 0) found.emplace_back(count, truth, answer);
    }
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return std::tuple(std::get<0>(b), std::get<1>(a), std::get<2>(a)) <
           std::tuple(std::get<0>(a), std::get<1>(b), std::get<2>(b));
  });
  if (found.empty()) return "Nothing is confused.\n";
  std::string text = "| what it is | what it is taken for | pictures |\n|---|---|---|\n";
  for (std::size_t i = 0; i < std::min(found.size(), kMostConfusions); ++i) {
    const auto& [count, truth, answer] = found[i];
    text += fmt::format("| {} | {} | {} |\n", name(truth), name(answer), count);
  }
  if (found.size() > kMostConfusions) {
    text += fmt::format("\nand {} other pairs, less often.\n", found.size() - kMostConfusions);
  }
  return text;
}

std::string labels(const Report& report) {
  const auto& names = report.trained.classifier.labels;
  const bool grouped = !report.groups.empty();
  std::string text =
      fmt::format("| label | pictures | right |{} no answer | answers that are right |\n|---|---|---|{}---|---|\n",
                  grouped ? " group right |" : "", grouped ? "---|" : "");
  for (std::size_t k = 0; k < names.size(); ++k) {
    const LabelCounts& counts = report.test->by_label[k];
    text += fmt::format("| {} | {} | {} |{} {} | {} |\n", table_cell(names[k]), counts.count,
                        percent(counts.correct, counts.count),
                        grouped ? fmt::format(" {} |", percent(counts.group, counts.count)) : "",
                        percent(counts.none, counts.count), percent(counts.correct, counts.answered));
  }
  return text;
}

std::string origin_line(std::string_view what, const Origin& origin) {
  std::string text =
      fmt::format("{} {} pictures of `{}`", what, datasets::with_thousands(origin.pictures), origin.source);
  if (origin.augment > 0) text += fmt::format(", each with {} variants", origin.augment);
  return text + ".\n";
}

}  // namespace

std::string to_markdown(const Report& report) {
  const Trained& trained = report.trained;
  std::string text = fmt::format("# {}\n\nMade by\n\n    {}\n\n", report.name, report.command);
  text += origin_line("Learned from", report.origin);
  if (report.test != nullptr) text += origin_line("Tested with", *report.test_origin);
  text += fmt::format("Backbone {} ({}), {} components, logistic regression with L2 {:g}.\n\n", report.origin.backbone,
                      report.origin.weights, trained.classifier.regression.columns(), trained.l2);
  text += accuracies(report);
  text += fmt::format(
      "\nAn answer takes a probability of {:.2f}, and more than that of none; of the right answers to what was held "
      "out, "
      "{} are lost by that, and count as wrong above.\n\n## L2\n\n",
      trained.classifier.least_probability, percent(trained.lost, trained.correct + trained.lost));
  text += strengths(trained);
  if (report.test == nullptr) return text;
  text += "\n## Confusions\n\n" + confusions(trained.classifier, *report.test);
  text += "\n![Rows: what it is; columns: the answer](confusion.png)\n\n## Labels\n\n" + labels(report);
  return text;
}

}  // namespace vidi::classifier
