#include "image/test_pictures.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace vidi::image {

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return to_bytes(text);
}

Image read_pam(const std::filesystem::path& path) {
  const Bytes bytes = read_file(path);
  const std::string text(as_text(bytes));
  std::istringstream header(text);
  std::string word;
  Image image;
  while (header >> word && word != "ENDHDR") {
    if (word == "WIDTH") header >> image.width;
    if (word == "HEIGHT") header >> image.height;
    if (word == "DEPTH") header >> image.channels;
  }
  const std::size_t start = static_cast<std::size_t>(header.tellg()) + 1;
  const auto* pixels = reinterpret_cast<const std::uint8_t*>(bytes.data());
  image.pixels.assign(pixels + start, pixels + bytes.size());
  if (image.pixels.size() != image.row_bytes() * image.height) throw std::runtime_error(path.string() + " is cut");
  return image;
}

std::vector<std::string> picture_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TEST_DATA "/pictures")) {
    if (entry.path().extension() == ".pam") names.push_back(entry.path().stem().string());
  }
  std::ranges::sort(names);
  return names;
}

Bytes picture(const std::string& name) { return read_file(std::filesystem::path(TEST_DATA "/pictures") / name); }

Image expected_pixels(const std::string& name) {
  return read_pam(std::filesystem::path(TEST_DATA "/pictures") / (name + ".pam"));
}

}  // namespace vidi::image
