// PDFs: starting a renderer, and the pages.

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "documents/make_pdf.hpp"
#include "documents/pdf.hpp"

namespace {

using namespace vidi;

Bytes document(std::size_t pages) {
  std::string content = "BT /F1 12 Tf 14 TL 50 780 Td ";
  for (int line = 0; line < 50; ++line) content += "(0123456789 a line of an ordinary page 0123456789) Tj T* ";
  return documents::make_pdf(std::vector<documents::PdfPage>(
      pages, {.media_box = "0 0 595 842", .content = content + "ET", .entries = {}, .resources = {}}));
}

void render_a4(benchmark::State& state) {
  const Bytes file = document(static_cast<std::size_t>(state.range(0)));
  const documents::PdfOptions options{.renderer = VIDI_PDF_PROGRAM};
  for (auto _ : state) {
    auto pages = documents::PdfPages::open(file, options);
    if (!pages) {
      state.SkipWithError(pages.error().message.c_str());
      break;
    }
    for (auto page = pages->next(); page && *page; page = pages->next()) benchmark::DoNotOptimize(*page);
  }
}
BENCHMARK(render_a4)->ArgName("pages")->Arg(1)->Arg(10)->Unit(benchmark::kMillisecond)->UseRealTime();

void start_and_open(benchmark::State& state) {
  const Bytes file = document(1);
  const documents::PdfOptions options{.renderer = VIDI_PDF_PROGRAM};
  for (auto _ : state) benchmark::DoNotOptimize(documents::PdfPages::open(file, options));
}
BENCHMARK(start_and_open)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
