#include "backbones/imagenet.hpp"

#include "net/download.hpp"

namespace vidi::backbones {
namespace {

// As keras/src/applications/resnet.py has them (BASE_WEIGHTS_PATH, WEIGHTS_HASHES).
constexpr const char* kHome = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/";
constexpr const char* kFile = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5";
constexpr const char* kMd5 = "4d473c1dd8becc155b73f8504c6f6626";

}  // namespace

Result<std::filesystem::path> fetch_resnet50_weights(const std::filesystem::path& cache, const std::string& home) {
  if (cache.empty()) {
    return fail(ErrorCode::invalid_argument,
                "there is no folder to keep the downloaded weights in: name one as the cache");
  }
  std::filesystem::path path = cache / kFile;
  net::FileRequest request;
  request.url = (home.empty() ? kHome : home) + std::string(kFile);
  request.path = path;
  request.md5 = kMd5;
  if (auto done = net::download_file(request); !done) return forward_error(done);
  return path;
}

}  // namespace vidi::backbones
