#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "backbones/backbone.hpp"
#include "backbones/resnet50.hpp"
#include "net/loopback_server.hpp"

namespace vidi::backbones {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

class OpenBackbone : public testing::Test {
 protected:
  OpenBackbone() { fs::create_directories(folder_); }
  ~OpenBackbone() override { fs::remove_all(folder_); }
  OpenBackbone(const OpenBackbone&) = delete;
  OpenBackbone& operator=(const OpenBackbone&) = delete;
  OpenBackbone(OpenBackbone&&) = delete;
  OpenBackbone& operator=(OpenBackbone&&) = delete;

  static std::string error(const Choice& choice) {
    const auto opened = open_backbone(choice);
    return opened ? "no error" : opened.error().message;
  }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }

  const fs::path folder_ = testing::TempDir() + "backbones";
};

TEST_F(OpenBackbone, MakesResnet50OfRandomWeightsAndKeepsIt) {
  const auto made = open_backbone({.weights = "none", .seed = 7, .pooling = "avg", .width = 64, .height = 32});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->weights, "none, seed 7");
  EXPECT_EQ(made->columns, 2048U);
  EXPECT_EQ(made->input.width, 64);
  EXPECT_EQ(made->input.height, 32);
  // 23.5 million weights and nothing more.
  EXPECT_GT(made->onnx.size(), 93'800'000U);
  EXPECT_LT(made->onnx.size(), 94'000'000U);
  const fs::path kept = folder_ / "kept";
  const auto saved = save_backbone(*made, kept);
  ASSERT_TRUE(saved) << saved.error().message;
  const auto read = open_backbone({.backbone = (kept / "1" / "model.onnx").string()});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->name, "resnet50");
  EXPECT_TRUE(read->onnx == made->onnx);
  EXPECT_EQ(read->output, "features");
  EXPECT_EQ(read->columns, 2048U);
  EXPECT_EQ(read->input, made->input);
  EXPECT_THAT(read->weights, StartsWith("model.onnx, SHA-256 "));
}

TEST_F(OpenBackbone, FindsOneByName) {
  const auto found = open_backbone({.backbone = "efficientnet-lite0", .folders = {folder_, BACKBONES_DIR}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->columns, 1280U);
  EXPECT_EQ(found->input.width, 224);
  EXPECT_DOUBLE_EQ(found->input.scale, 1.0 / 128);
  EXPECT_DOUBLE_EQ(found->input.offset, -127.0 / 128);
}

// Keras' own file is not here; what comes instead is noticed and not kept.
TEST_F(OpenBackbone, DownloadsWeightsFromTheAddressThatIsGiven) {
  const net::testing_support::LoopbackServer server(
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 7\r\n\r\nweights"; });
  const fs::path cache = folder_ / "cache";
  const Choice choice{.weights = "imagenet", .cache = cache, .weights_home = server.url("/mirror/")};
  EXPECT_THAT(error(choice), HasSubstr("gave a file whose MD5 is 63f4f1e9b725370f459720575cd5f953 and not "
                                       "4d473c1dd8becc155b73f8504c6f6626"));
  EXPECT_EQ(server.requests().front(), "GET /mirror/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5");
  EXPECT_FALSE(fs::exists(cache / "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"));
}

TEST_F(OpenBackbone, SaysWhatItCouldBeInstead) {
  EXPECT_EQ(
      error({.backbone = "resnet500", .folders = {BACKBONES_DIR}}),
      "there is no backbone 'resnet500': expected efficientnet-lite0, resnet50, or the path of an ONNX file with a "
      "model.toml");
  EXPECT_THAT(error({.weights = "none", .pooling = "mean"}), HasSubstr("no pooling 'mean': max or avg"));
  EXPECT_THAT(error({.weights = "none", .width = 31}), HasSubstr("32 to 4096 pixels a side, not 31"));
  EXPECT_THAT(error({.weights = "no/such/weights.h5"}), HasSubstr("there is no file of weights no/such/weights.h5"));
  EXPECT_THAT(
      error({.weights = TEST_DATA "/keras/small.h5"}),
      HasSubstr("of 'conv1_conv/kernel' with shape (7, 7, 3, 64), which the network needs, its shape is (3, 3, 3, 4)"));
  const Choice small{.backbone = "efficientnet-lite0", .width = 96, .height = 96, .folders = {BACKBONES_DIR}};
  EXPECT_THAT(error(small), HasSubstr("the size can be chosen for resnet50 only"));
}

TEST_F(OpenBackbone, TakesANetworkWithLabelsToo) {
  const auto found = open_backbone({.backbone = MODELS_DIR "/digits-cnn/1/model.onnx"});
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message, HasSubstr("a backbone has the form \"picture\""));
  fs::create_directories(folder_ / "m");
  fs::copy_file(MODELS_DIR "/digits-cnn/1/model.onnx", folder_ / "m/net.onnx");
  const std::string toml =
      "format = 1\nname = \"m\"\nform = \"picture\"\nlabels = [\"a\"]\n[input]\nlayout = \"NHWC\"\nwidth = 28\nheight "
      "= "
      "28\nchannels = 1\n";
  write("m/model.toml", toml);
  const auto other = open_backbone({.backbone = (folder_ / "m/net.onnx").string()});
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->output, "probabilities");
  EXPECT_EQ(other->columns, 10U);
  EXPECT_EQ(other->input.name, "image");
}

TEST_F(OpenBackbone, SaysWhatIsWrongWithAFile) {
  EXPECT_THAT(error({.backbone = "no/such.onnx"}), HasSubstr("there is no file no/such.onnx"));
  write("alone/1/net.onnx", "nothing");
  EXPECT_THAT(error({.backbone = (folder_ / "alone/1/net.onnx").string()}), HasSubstr("has no model.toml"));
  EXPECT_THAT(error({.backbone = (folder_ / "alone").string()}), HasSubstr("there is no model.toml in"));
  write("other/model.toml", "format = 1\n");
  write("other/1/model.tflite", "nothing");
  EXPECT_THAT(error({.backbone = (folder_ / "other").string()}), HasSubstr("is not one (it is tflite)"));
}

}  // namespace
}  // namespace vidi::backbones
