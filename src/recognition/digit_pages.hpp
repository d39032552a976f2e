#pragma once
// A picture file's pages, and the digits on them.

#include <cstddef>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/task.hpp"
#include "digits/find.hpp"
#include "digits/read.hpp"
#include "image/decode.hpp"
#include "models/repository.hpp"
#include "records/prediction.hpp"

namespace vidi::recognition {

struct DigitPage {
  image::Image picture;  // as it was searched; empty unless it was asked for
  double scale = 1;      // a pixel of it in pixels of the file's picture
  digits::Findings findings;
  std::vector<float> probabilities;  // of each candidate, filled in by read_pages()
  digits::Reading reading;           // filled in by read_pages()
};

// Decodes the file and finds what may be digits: processor work. A picture file is one page.
// Errors: those of image::decode.
Result<std::vector<DigitPage>> find_pages(ByteView file, const image::DecodeLimits& limits, bool keep_pictures);

// Asks the model what each candidate is. Errors: the model's. `pages` and `model` must outlive the task.
Task<Result<void>> read_pages(std::vector<DigitPage>& pages, const models::LoadedModel& model);

// Result, confidence, candidates (at most that many), digits, or the reason: one string over all digits, lines
// separated by a newline, pages by a form feed.
void describe_pages(const std::vector<DigitPage>& pages, const models::Description& description, std::size_t candidates,
                    records::Prediction& prediction);

}  // namespace vidi::recognition
