#pragma once
// What vidi remembers of one request: the picture, the answer, who asked, and what somebody later said was right.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/time.hpp"
#include "core/uuid.hpp"

namespace vidi::records {

struct Candidate {
  std::string label;
  double probability = 0;  // 0 to 1

  bool operator==(const Candidate&) const = default;
};

// One digit found in a picture.
struct Digit {
  std::string label;
  double probability = 0;
  std::array<int, 4> box{};  // x, y, width, height in pixels of the picture

  bool operator==(const Digit&) const = default;
};

// What a person said the answer should have been. It never overwrites the answer.
struct Correction {
  std::string label;
  std::string user;  // empty: not known
  Timestamp time;

  bool operator==(const Correction&) const = default;
};

struct Prediction {
  Uuid id;         // version 7, made when the request arrived; its time is `time`
  Timestamp time;  // when the request arrived
  std::string model;
  std::string version;
  std::optional<std::string> result;  // absent: the picture holds nothing the model knows, and `reason` says why
  std::string reason;
  double confidence = 0;              // of `result`, 0 to 1
  std::vector<Candidate> candidates;  // most likely first
  std::vector<Digit> digits;          // in reading order; empty for models that are not of digits
  std::string filename;         // as the client sent it, cut to a sane length: never a path, always escaped when shown
  std::string safe_filename;    // see recognition/filename.hpp
  std::string user;             // empty: not known
  std::optional<Digest> image;  // of the picture in the object store; absent: a request without a picture
  std::string media_type;       // of the picture, for example "image/png"
  std::chrono::microseconds latency{};  // from the request's arrival to just before it was recorded
  std::optional<Correction> correction;

  bool operator==(const Prediction&) const = default;
};

}  // namespace vidi::records
