// Any bytes as what the renderer of a PDF's pages writes: it gives at most the pages and pixels that the limits allow,
// and nothing after an error.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "documents/pdf.hpp"
#include "documents/renderer_process.hpp"

namespace {

using namespace vidi;

void require(bool condition) {
  if (!condition) std::abort();
}

documents::Descriptor file_of(const std::uint8_t* data, std::size_t size) {
  documents::Descriptor file(memfd_create("stream", MFD_CLOEXEC));
  require(write(file.number(), data, size) == static_cast<ssize_t>(size) && lseek(file.number(), 0, SEEK_SET) == 0);
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const documents::PdfOptions options{.max_pages = 5, .max_pixels = 1000};
  auto renderer = documents::RendererProcess::replay(file_of(data, size), options.max_time);
  auto pages = documents::PdfPages::listen(std::move(renderer), options);
  if (!pages) {
    require(!pages.error().message.empty());
    return 0;
  }
  require(pages->count() >= 1 && pages->count() <= options.max_pages);
  std::uint32_t count = 0;
  while (true) {
    const auto page = pages->next();
    if (!page) {
      require(!page.error().message.empty() && !pages->next()->has_value());
      return 0;
    }
    if (!*page) break;
    const image::Image& image = **page;
    require(image.width > 0 && image.height > 0 && image.channels == 3);
    require(static_cast<std::uint64_t>(image.width) * static_cast<std::uint64_t>(image.height) <= options.max_pixels);
    require(image.pixels.size() == image.row_bytes() * static_cast<std::size_t>(image.height));
    ++count;
  }
  require(count == pages->count());
  return 0;
}
