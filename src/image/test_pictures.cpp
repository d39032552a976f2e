#include "image/test_pictures.hpp"

#include <cstdio>
#include <cstdlib>
// jpeglib.h needs FILE declared before it.
#include <jpeglib.h>

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

Bytes make_jpeg(int width, int height, bool progressive) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(width) * 3);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      row[3 * static_cast<std::size_t>(x)] = static_cast<std::uint8_t>(x * 255 / width);
      row[3 * static_cast<std::size_t>(x) + 1] = static_cast<std::uint8_t>(y * 255 / height);
    }
    JSAMPROW rows = row.data();
    jpeg_write_scanlines(&info, &rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  const auto* bytes = reinterpret_cast<const std::byte*>(buffer);
  Bytes file(bytes, bytes + size);
  std::free(buffer);
  return file;
}

}  // namespace vidi::image
