#include "recipes/cascade.hpp"

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "files/atomic_file.hpp"
#include "inference/load.hpp"
#include "recipes/image_range.hpp"
#include "recipes/tensors.hpp"
#include "support/fresh_folder.hpp"

namespace vidi::recipes {
namespace {

constexpr auto kClasses = static_cast<std::int64_t>(kDeepClasses);

// A network that says `likely` for dark pictures and is torn between all for bright ones: one pixel of kernel, whose
// output is the brightness, and a dense layer that turns it against the bias.
FoldedNetwork network(std::int64_t likely) {
  at::Tensor kernel = at::zeros({1, 1, 3, 3}, at::kFloat);
  kernel.view({-1})[4] = 1.0F;
  at::Tensor biases = at::zeros({kClasses}, at::kFloat);
  biases[likely] = 10.0F;
  at::Tensor dense = at::zeros({kClasses, 1, 1, 1}, at::kFloat);
  dense[likely] = -9.0F;
  return {{{kernel, at::zeros({1}, at::kFloat), true}, {dense, biases, false}}};
}

// Dark, bright, dark, bright.
at::Tensor pictures() {
  at::Tensor pixels = at::full({4, static_cast<std::int64_t>(kDigitPixels)}, 0.01F);
  pixels[1].fill_(1.0F);
  pixels[3].fill_(0.9F);
  return pixels;
}

std::vector<float> values(const at::Tensor& tensor) {
  const at::Tensor contiguous = tensor.contiguous();
  const auto all = values_of(contiguous);
  return {all.begin(), all.end()};
}

TEST(Cascade, AsksFurtherNetworksOnlyWhereTheFirstIsNotSure) {
  const at::Tensor first = network(3).probabilities(pictures());
  const at::Tensor second = network(7).probabilities(pictures());
  const Cascade cascade({network(3), network(7)});
  const auto [both, unsure] = cascade.ask(pictures());
  EXPECT_EQ(values(both[0]), values(first[0]));
  EXPECT_EQ(values(both[2]), values(first[2]));
  EXPECT_EQ(values(both[1]), values(first[1].add(second[1]).div(2.0)));
  EXPECT_EQ(values(both[3]), values(first[3].add(second[3]).div(2.0)));
  EXPECT_EQ(unsure, 2U);
}

TEST(Cascade, OfOneNetworkIsThatNetwork) {
  EXPECT_EQ(values(Cascade({network(3)}).ask(pictures()).probabilities), values(network(3).probabilities(pictures())));
}

// What is written answers as what was trained, whatever is together in a batch.
class CascadeFile : public testing::TestWithParam<std::vector<std::int64_t>> {
 protected:
  std::vector<float> answer_of(const Cascade& cascade, const at::Tensor& pixels) {
    const auto onnx = cascade.to_onnx("test");
    EXPECT_TRUE(onnx) << onnx.error().message;
    const auto path = folder_.path() / "model.onnx";
    EXPECT_TRUE(files::write_flushed(path, *onnx));
    const auto model = inference::load_model(path.string(), {});
    EXPECT_TRUE(model) << model.error().message;
    const auto answer = vidi::run((*model)->infer({.shape = {pixels.size(0), 28, 28, 1}, .values = values(pixels)}));
    EXPECT_TRUE(answer) << answer.error().message;
    EXPECT_THAT(answer->shape, testing::ElementsAre(pixels.size(0), kClasses));
    return answer->values;
  }

  FreshFolder folder_;
};

TEST_P(CascadeFile, AnswersAsTheNetworks) {
  std::vector<FoldedNetwork> members;
  for (const std::int64_t likely : GetParam()) members.push_back(network(likely));
  const Cascade cascade(std::move(members));
  const at::Tensor all = pictures();
  for (const at::Tensor& pixels : {all, all.slice(0, 0, 1), all.slice(0, 1, 2), all.slice(0, 1, 4)}) {
    EXPECT_THAT(answer_of(cascade, pixels),
                testing::Pointwise(testing::FloatNear(1e-5F), values(cascade.ask(pixels).probabilities)));
  }
}

INSTANTIATE_TEST_SUITE_P(OfSeveralSizes, CascadeFile,
                         testing::Values(std::vector<std::int64_t>{3}, std::vector<std::int64_t>{3, 7},
                                         std::vector<std::int64_t>{3, 7, 3, 1}));

}  // namespace
}  // namespace vidi::recipes
