#include "models/network_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace vidi::models {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class NetworkFileTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  void add(const std::string& name, const std::string& content = "12345") const {
    std::ofstream(folder_ / name) << content;
  }
  [[nodiscard]] std::string found() const {
    const auto network = find_network(folder_);
    return network ? network->platform + " " + network->path.filename().string() : network.error().message;
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "version" / "1";
};

TEST_F(NetworkFileTest, KnowsEachForm) {
  add("model.onnx");
  EXPECT_EQ(found(), "onnx model.onnx");
  EXPECT_EQ(find_network(folder_)->bytes, 5U);
  fs::remove(folder_ / "model.onnx");
  add("model.xml");
  EXPECT_THAT(found(), HasSubstr("holds model.xml without model.bin"));
  add("model.bin");
  EXPECT_EQ(found(), "openvino_ir model.xml");
  EXPECT_EQ(find_network(folder_)->bytes, 10U);
  SetUp();
  add("saved_model.pb");
  EXPECT_EQ(found(), "tensorflow_savedmodel 1") << "the folder itself";
  SetUp();
  add("model.tflite");
  EXPECT_EQ(found(), "tflite model.tflite");
}

TEST_F(NetworkFileTest, TheFileCheckpointNamesTheCurrentOne) {
  for (const char* step : {"model.ckpt-90", "model.ckpt-1000"}) {
    for (const char* part : {".meta", ".index", ".data-00000-of-00001"}) add(std::string(step) + part);
  }
  EXPECT_THAT(found(), HasSubstr("the checkpoints model.ckpt-1000, model.ckpt-90, and no file `checkpoint`"));
  add("checkpoint",
      "model_checkpoint_path: \"/where/it/was/trained/model.ckpt-90\"\nall_model_checkpoint_paths: \"x\"\n");
  EXPECT_EQ(found(), "tensorflow_checkpoint model.ckpt-90.meta");
  add("checkpoint", "model_checkpoint_path: \"model.ckpt-1000\"\n");
  EXPECT_EQ(found(), "tensorflow_checkpoint model.ckpt-1000.meta");
  fs::remove(folder_ / "model.ckpt-1000.index");
  EXPECT_THAT(found(), HasSubstr("model.ckpt-1000.index is missing"));
  add("checkpoint", "nothing\n");
  EXPECT_THAT(found(), HasSubstr("names no checkpoint"));
}

TEST_F(NetworkFileTest, ACheckpointWithoutStepsNeedsNoFile) {
  for (const char* part : {"model.ckpt.meta", "model.ckpt.index"}) add(part);
  EXPECT_THAT(found(), HasSubstr("model.ckpt.data-00000-of-00001 is missing"));
  add("model.ckpt.data-00000-of-00002");
  EXPECT_EQ(found(), "tensorflow_checkpoint model.ckpt.meta");
}

TEST_F(NetworkFileTest, SaysWhatIsExpectedAndWhatIsTooMuch) {
  EXPECT_THAT(found(), HasSubstr("expected model.onnx, model.xml with model.bin"));
  add("model.onnx");
  add("model.tflite");
  EXPECT_THAT(found(), HasSubstr("holds model.onnx and model.tflite: keep one"));
}

}  // namespace
}  // namespace vidi::models
