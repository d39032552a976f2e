// vidi-pdf: renders the pages of the PDF on its standard input to its standard output (documents/page_stream.hpp).
// Started by vidi for each document. It locks itself before it looks at the file: whoever takes it over by a damaged
// PDF can write pixels and nothing else.

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "documents/pdfium/library.hpp"
#include "documents/pdfium/render.hpp"
#include "documents/pdfium/sandbox.hpp"

namespace {

namespace fs = std::filesystem;
using namespace vidi::documents;

struct Arguments {
  fs::path library;
  std::size_t file_size = 0;
  std::uint64_t max_seconds = 0;
  std::size_t max_memory = 0;
  RenderLimits limits;
};

template <typename Number>
bool parse(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse(int count, char** words, Arguments& arguments) {
  if (count != 8) return false;
  arguments.library = words[1];
  return parse(words[2], arguments.file_size) && parse(words[3], arguments.limits.max_pages) &&
         parse(words[4], arguments.limits.max_pixels) && parse(words[5], arguments.max_seconds) &&
         parse(words[6], arguments.max_memory) && parse(words[7], arguments.limits.dots_per_inch);
}

// Where it is installed, beside this program; else where it was when this program was built, seen from its folder.
fs::path find_library() {
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  const fs::path beside = folder / "libpdfium.so";
  return fs::exists(beside, error) ? beside : folder / VIDI_PDFIUM_LIBRARY;
}

// While files can still be opened.
void prepare() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  close_range(STDERR_FILENO + 1, ~0U, 0);
  // When the machine runs out of memory, this is the process to end.
  std::ofstream("/proc/self/oom_score_adj") << 1000;
}

}  // namespace

int main(int count, char** words) {
  Arguments arguments;
  if (!parse(count, words, arguments)) {
    std::fputs("vidi-pdf is started by vidi, for each PDF.\n", stderr);
    return 2;
  }
  prepare();
  const auto library = PdfiumLibrary::load(arguments.library.empty() ? find_library() : arguments.library);
  if (!library) {
    write_failure(STDOUT_FILENO, Failure::library);
    return 1;
  }
  // Without Landlock there is still the filter of system calls, which has no call to open a file by.
  forbid_files();
  if (!limit_resources(arguments.max_memory, std::chrono::seconds(arguments.max_seconds)) || !allow_only_rendering()) {
    write_failure(STDOUT_FILENO, Failure::sandbox);
    _exit(1);
  }
  const void* bytes = nullptr;
  if (arguments.file_size > 0) {
    bytes = mmap(nullptr, arguments.file_size, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
    if (bytes == MAP_FAILED) {
      write_failure(STDOUT_FILENO, Failure::memory);
      _exit(1);
    }
  }
  const vidi::ByteView file(static_cast<const std::byte*>(bytes), arguments.file_size);
  // Without the work of ending a program, which asks for more than is allowed.
  _exit(render_document(*library, file, arguments.limits, STDOUT_FILENO) ? 0 : 1);
}
