#pragma once
// From a picture to the places where digits may stand, each in MNIST's form. Used by training and serving alike.
//
// Where one digit ends and the next begins cannot be told from the ink alone. So a line of ink is cut into pieces, and
// every run of neighboring pieces that may be one digit is offered as a candidate; read.hpp chooses among them by what
// a model makes of each.

#include <string>
#include <vector>

#include "digits/form.hpp"
#include "image/image.hpp"

namespace vidi::digits {

// Pieces first to last - 1 of a line, taken as one digit.
struct Candidate {
  int first = 0;
  int last = 0;
  Box box;           // in pixels of the picture
  double ink = 0;    // its part of all ink that was found, 0 to 1
  double doubt = 0;  // of its shape, before a model has seen it: minus the logarithm of its odds; below 0: trust
  Form form{};
};

// A line of writing; pieces are numbered from left to right.
struct Line {
  int view = 0;
  int pieces = 0;
  std::vector<Candidate> candidates;
};

// What was found: lines from top to bottom, or the reason why there are none. Where it is not plain what is ink and
// what is paper, there are several views of the picture, the likeliest first; lines of different views exclude one
// another.
struct Findings {
  std::vector<Line> lines;
  std::string reason;  // a sentence; empty when there are lines
};

// Alpha is laid over white. A picture that already has MNIST's form (in either polarity) is one candidate with its
// values unchanged. Any size from 1x1; any thread. At most kMaxCandidates candidates, of the largest ink.
Findings find_digits(image::Image picture);

// The form of every candidate, line by line. They live as long as the findings.
std::vector<const Form*> forms_of(const Findings& findings);

constexpr std::size_t kMaxCandidates = 4096;

// A picture with more pixels than this on its longer side is reduced to it; decoding need not give more.
constexpr int kEnoughPixels = 1280;

}  // namespace vidi::digits
