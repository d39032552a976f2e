// The parts of a request for a 28x28 PNG, each alone on one thread: where the microseconds of POST /predict go.
// Over MNIST's test images, a different one each time.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/answer.hpp"
#include "core/digest.hpp"
#include "datasets/mnist.hpp"
#include "digits/find.hpp"
#include "http/multipart.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"
#include "models/repository.hpp"
#include "objects/object_store.hpp"
#include "objects/open.hpp"
#include "recognition/recognizer.hpp"
#include "records/open.hpp"
#include "records/record_store.hpp"

namespace {

using namespace vidi;

const std::vector<Bytes>& pictures() {
  static const std::vector<Bytes> files = [] {
    const auto mnist = datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
    if (!mnist) std::abort();
    std::vector<Bytes> result;
    for (std::size_t i = 0; i < mnist->size(); ++i) {
      image::Image image = image::make_image(28, 28, 1);
      std::ranges::copy(mnist->image(i), image.pixels.begin());
      result.push_back(image::encode_png(image));
    }
    return result;
  }();
  return files;
}

const Bytes& picture(std::size_t index) { return pictures()[index % pictures().size()]; }

recognition::Upload upload_of(const Bytes& bytes) {
  recognition::Upload upload;
  upload.time = now();
  upload.id = make_uuid(upload.time);
  upload.bytes = bytes;
  upload.filename = "4.png";
  return upload;
}

class FormBody final : public http::Body {
 public:
  explicit FormBody(const Bytes& picture) {
    form_ = to_bytes(
        "--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"4.png\"\r\n"
        "Content-Type: image/png\r\n\r\n");
    form_.insert(form_.end(), picture.begin(), picture.end());
    const Bytes end = to_bytes("\r\n--boundary--\r\n");
    form_.insert(form_.end(), end.begin(), end.end());
  }
  Task<Result<ByteView>> read() override {
    const ByteView rest = read_ ? ByteView() : ByteView(form_);
    read_ = true;
    co_return rest;
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return form_.size(); }
  void rewind() { read_ = false; }

 private:
  Bytes form_;
  bool read_ = false;
};

Task<std::size_t> read_form(FormBody& body) {
  http::MultipartReader reader(body, "boundary", {});
  std::size_t size = 0;
  while (true) {
    const auto part = co_await reader.next();
    if (!part || !*part) co_return size;
    const auto content = co_await reader.read_all(1U << 20U);
    size += content->size();
  }
}

void parse_form(benchmark::State& state) {
  FormBody body(picture(0));
  for (auto _ : state) {
    body.rewind();
    benchmark::DoNotOptimize(run(read_form(body)));
  }
}
BENCHMARK(parse_form);

void digest(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sha256(picture(i++)));
}
BENCHMARK(digest);

void decode(benchmark::State& state) {
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(image::decode(picture(i++)));
}
BENCHMARK(decode);

void find(benchmark::State& state) {
  std::vector<image::Image> images;
  for (std::size_t i = 0; i < 1000; ++i) images.push_back(*image::decode(picture(i)));
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(digits::find_digits(images[i++ % images.size()]));
}
BENCHMARK(find);

void infer(benchmark::State& state) {
  const auto models = models::Repository::open(MODELS_DIR);
  const auto model = *models->find("digits-softmax");
  const auto batch = state.range(0);
  const inference::Tensor input{{batch, 28, 28, 1}, std::vector<float>(static_cast<std::size_t>(batch) * 784, 0.1F)};
  for (auto _ : state) {
    inference::Tensor copy = input;
    benchmark::DoNotOptimize(run(model->network->infer(std::move(copy))));
  }
  state.SetItemsProcessed(state.iterations() * batch);
}
BENCHMARK(infer)->Arg(1)->Arg(8)->Arg(32);

void recognize(benchmark::State& state) {
  auto models = models::Repository::open(MODELS_DIR);
  recognition::Recognizer recognizer(*models, {});
  std::size_t i = 0;
  for (auto _ : state) {
    const auto upload = upload_of(picture(i++));
    benchmark::DoNotOptimize(run(recognizer.recognize(upload, "digits-softmax")));
  }
}
BENCHMARK(recognize);

// One at a time: mostly the disk's answer to fdatasync. Requests that wait together share it.
void record_alone(benchmark::State& state) {
  const auto folder = std::filesystem::current_path() / "parts-benchmark-data";
  std::filesystem::remove_all(folder);
  {
    const auto records = records::open_record_store("sqlite:" + (folder / "records.db").string());
    auto models = models::Repository::open(MODELS_DIR);
    recognition::Recognizer recognizer(*models, {});
    const auto upload = upload_of(picture(0));
    const auto prediction = run(recognizer.recognize(upload, "digits-softmax"));
    for (auto _ : state) {
      records::Prediction copy = *prediction;
      copy.time = now();
      copy.id = make_uuid(copy.time);
      benchmark::DoNotOptimize(run(records->append(std::move(copy))));
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(record_alone);

void keep_alone(benchmark::State& state) {
  const auto folder = std::filesystem::current_path() / "parts-benchmark-objects";
  std::filesystem::remove_all(folder);
  {
    const auto objects = objects::open_object_store("file:" + folder.string());
    std::uint64_t serial = 0;
    for (auto _ : state) {
      Bytes bytes = picture(0);
      const Bytes suffix = to_bytes(std::to_string(serial++));
      bytes.insert(bytes.end(), suffix.begin(), suffix.end());
      benchmark::DoNotOptimize(run(objects->put(sha256(bytes), bytes)));
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(keep_alone);

void write_text(benchmark::State& state) {
  auto models = models::Repository::open(MODELS_DIR);
  recognition::Recognizer recognizer(*models, {});
  const auto upload = upload_of(picture(0));
  const auto prediction = run(recognizer.recognize(upload, "digits-softmax"));
  for (auto _ : state) benchmark::DoNotOptimize(api::to_text(*prediction));
}
BENCHMARK(write_text);

}  // namespace

BENCHMARK_MAIN();
