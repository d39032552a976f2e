#include "samples/sampler.hpp"

#include <algorithm>
#include <array>
#include <opencv2/core/utility.hpp>
#include <span>

#include "core/parallel.hpp"
#include "samples/distort.hpp"
#include "samples/scene.hpp"

namespace vidi::samples {
namespace {

using digits::Form;

// A library is drawn in pages, each by chance of its own.
constexpr std::size_t kPage = 250;

// How many of each kind a page still takes.
struct Quotas {
  std::size_t scenes = kPage * 4 / 10;
  std::size_t strangers = kPage * 2 / 10;
  std::size_t none = kPage * 4 / 10;
};

const Handwriting::Digit& pick(const Handwriting& handwriting, Random& random) {
  return random.pick(std::span(handwriting.digits));
}

Form form_of(const Handwriting::Digit& digit) {
  Form form;
  std::copy_n(digit.pixels, form.size(), form.begin());
  return form;
}

class PageMaker {
 public:
  PageMaker(const Handwriting& handwriting, std::span<const Font> fonts, Random random)
      : handwriting_(handwriting), writing_(handwriting, fonts), random_(random) {}

  Library make() {
    // What comes of forms alone is quick to make.
    for (std::size_t i = 0; i < kPage / 20; ++i, --left_.none) page_.none.push_back(make_none());
    // A picture may hold nothing that is found.
    for (std::size_t tries = 0; tries < 2 * kPage && left_.scenes + left_.strangers + left_.none > 0; ++tries) {
      add_scene();
    }
    return std::move(page_);
  }

 private:
  Sample make_none() {
    // Half of most digits may be taken for another digit.
    constexpr std::array<bool, 10> kTellsWhenCut{false, false, true, true, false, true, false, false, false, false};
    const Handwriting::Digit& digit = pick(handwriting_, random_);
    if (kTellsWhenCut[digit.label]) return {cut_off(form_of(digit), random_), kNone};
    return {squeeze_together(form_of(digit), form_of(pick(handwriting_, random_)), random_), kNone};
  }

  Writer pick_writer() {
    if (left_.scenes >= left_.strangers) return Writer::mnist;
    return random_.chance(0.45) ? Writer::pen : Writer::font;
  }

  void add_scene() {
    const Writer writer = pick_writer();
    const bool digits_wanted = left_.scenes + left_.strangers > 0;
    const double others = !digits_wanted ? 1.0 : left_.none == 0 ? 0.0 : 0.4;
    constexpr double kCrops = 0.45;  // a scene holds three characters, a crop one
    const Scene scene = random_.chance(kCrops) ? draw_crop(writing_, writer, others, random_)
                                               : draw_scene(writing_, writer, others, random_);
    for (const digits::Line& line : digits::find_digits(scene.picture).lines) {
      for (const digits::Candidate& candidate : line.candidates) {
        add(candidate.form, match(candidate.box, scene.characters), writer);
      }
    }
  }

  void add(const Form& form, const Match& match, Writer writer) {
    // Of what is found in every picture, some is enough.
    if (match.shown == Shown::unclear) return;
    if (match.shown == Shown::several && !random_.chance(0.4)) return;
    if (match.shown == Shown::fragment && !random_.chance(0.4)) return;
    if (match.shown == Shown::dirt && !random_.chance(0.4)) return;
    const bool none = match.label == kNone;
    std::size_t& left = none ? left_.none : writer == Writer::mnist ? left_.scenes : left_.strangers;
    if (left == 0) return;
    --left;
    auto& part = none ? page_.none : writer == Writer::mnist ? page_.scenes : page_.strangers;
    part.push_back({form, match.label});
  }

  const Handwriting& handwriting_;
  const Writing writing_;
  Random random_;
  Quotas left_;
  Library page_;
};

Sample distorted(const Sample& sample, const Form& neighbor, Random& random) {
  const double kind = random.uniform();
  if (kind < 0.25) return sample;
  if (kind < 0.85) return {distort_gently(sample.form, random), sample.label};
  return {distort(sample.form, neighbor, random), sample.label};
}

}  // namespace

Library Sampler::fill_library(std::size_t count, std::uint64_t seed, std::size_t threads) const {
  std::vector<Library> pages((count + kPage - 1) / kPage);
  // Threads of OpenCV's own would only get into the way of these.
  cv::setNumThreads(1);
  in_parallel(threads, pages.size(),
              [&](std::size_t page) { pages[page] = PageMaker(handwriting_, fonts_, Random(seed, page)).make(); });
  Library library;
  for (const Library& page : pages) {
    library.scenes.insert(library.scenes.end(), page.scenes.begin(), page.scenes.end());
    library.strangers.insert(library.strangers.end(), page.strangers.begin(), page.strangers.end());
    library.none.insert(library.none.end(), page.none.begin(), page.none.end());
  }
  return library;
}

std::vector<Sample> Sampler::draw(std::size_t count, const Mix& mix, const Library& library, std::uint64_t seed,
                                  std::uint64_t number) const {
  Random random(~seed, number);
  std::vector<Sample> batch;
  batch.reserve(count);
  const auto add_part = [&](const std::vector<Sample>& part, int percent) {
    for (std::size_t i = 0; i < count * static_cast<std::size_t>(percent) / 100 && !part.empty(); ++i) {
      batch.push_back(distorted(random.pick(std::span(part)), form_of(pick(handwriting_, random)), random));
    }
  };
  add_part(library.scenes, mix.scenes);
  add_part(library.strangers, mix.strangers);
  add_part(library.none, mix.none);
  while (batch.size() < count) {
    const Handwriting::Digit& digit = pick(handwriting_, random);
    const Form form = form_of(digit);
    const double kind = random.uniform();
    if (kind < mix.untouched) {
      batch.push_back({form, digit.label});
    } else if (kind < mix.untouched + mix.gentle) {
      batch.push_back({distort_gently(form, random), digit.label});
    } else {
      batch.push_back({distort(form, form_of(pick(handwriting_, random)), random), digit.label});
    }
  }
  return batch;
}

}  // namespace vidi::samples
