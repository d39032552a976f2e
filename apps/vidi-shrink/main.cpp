// Makes of an ONNX file the one that ships with vidi: nothing but what leads to one output, weights in half precision.
//   vidi-shrink NETWORK.onnx OUTPUT SMALLER.onnx

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "files/read_file.hpp"
#include "onnx_writing/rewrite.hpp"

namespace {

vidi::Result<vidi::Bytes> shrink(const std::string& path, const std::string& output) {
  const auto network = vidi::files::read_file(path);
  if (!network) return vidi::fail(vidi::ErrorCode::not_found, "it cannot be read");
  const auto part = vidi::onnx_writing::keep_output(*network, output);
  if (!part) return part;
  return vidi::onnx_writing::halve(*part);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    fmt::print(stderr, "vidi-shrink NETWORK.onnx OUTPUT SMALLER.onnx\n");
    return 2;
  }
  const auto smaller = shrink(arguments[1], arguments[2]);
  if (!smaller) {
    fmt::print(stderr, "vidi-shrink: {}: {}\n", arguments[1], smaller.error().message);
    return 1;
  }
  std::ofstream file(arguments[3], std::ios::binary);
  file << vidi::as_text(*smaller);
  if (!file.flush()) {
    fmt::print(stderr, "vidi-shrink: {} cannot be written\n", arguments[3]);
    return 1;
  }
  return 0;
}
