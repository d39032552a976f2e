#pragma once
// What a training has come to, for people: a page in Markdown, and the confusion as a picture.

#include <string>

#include "classifier/classifier.hpp"
#include "classifier/evaluation.hpp"
#include "classifier/feature_table.hpp"
#include "image/image.hpp"

namespace vidi::classifier {

struct Report {
  std::string name;
  std::string command;
  const Origin& origin;
  const Trained& trained;
  const Groups& groups;
  const Origin* test_origin = nullptr;  // with `test`
  const Evaluation* test = nullptr;
};

// Accuracy with its interval, the strengths that were tried, what is confused most often, every label. It shows
// confusion.png beside it where there is a test.
std::string to_markdown(const Report& report);

// Rows: what it is; columns: the answer, none last. RGB.
image::Image draw_confusion(const Classifier& classifier, const Evaluation& evaluation);

}  // namespace vidi::classifier
