// Runs a GoogleTest program in the project's folder, with a temporary folder of its own, so that tests can run side by
// side.

#include <gmock/gmock.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

int main(int count, char** arguments) {
  testing::InitGoogleMock(&count, arguments);
  std::filesystem::current_path(VIDI_SOURCE_DIR);
  std::string folder = (std::filesystem::temp_directory_path() / "vidi-test-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror("no temporary folder can be made");
    return 1;
  }
  // Some tests look at it as another user.
  std::filesystem::permissions(folder, std::filesystem::perms{0755});
  // testing::TempDir() is this; it must end in a slash.
  setenv("TEST_TMPDIR", (folder + "/").c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any thread
  const int status = RUN_ALL_TESTS();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return status;
}
