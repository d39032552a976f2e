#include "inference/runtime.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "inference/fake_runtime.hpp"

namespace vidi::inference {
namespace {

using testing::HasSubstr;

constexpr std::array kOnnx{FileForm::onnx};
constexpr std::array kTwoForms{FileForm::onnx, FileForm::tflite};
constexpr std::array kFloat{Precision::f32};
constexpr std::array kLower{Precision::f32, Precision::bf16};

class Choosing : public testing::Test {
 protected:
  FakeRuntimeLog log_;
  const std::unique_ptr<Runtime> exact_ =
      make_fake_runtime({.attributes = {.reads = kTwoForms, .precisions = kFloat}, .time_of_batch = {}}, log_);
  const std::unique_ptr<Runtime> fast_ =
      make_fake_runtime({.attributes = {.reads = kOnnx, .precisions = kLower}, .time_of_batch = {}}, log_);
  const std::array<const Runtime*, 2> table_{exact_.get(), fast_.get()};
};

TEST_F(Choosing, TheFirstThatReadsAFormComputesIt) {
  EXPECT_EQ(*choose_runtime(table_, FileForm::onnx, Precision::f32), exact_.get());
  EXPECT_EQ(*choose_runtime(table_, FileForm::tflite, Precision::f32), exact_.get());
}

TEST_F(Choosing, ARuntimeWithoutThePrecisionIsPassedOver) {
  EXPECT_EQ(*choose_runtime(table_, FileForm::onnx, Precision::bf16), fast_.get());
}

TEST_F(Choosing, WhatNoRuntimeComputesIsSaid) {
  const auto none = choose_runtime(table_, FileForm::tflite, Precision::bf16);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(none.error().message, HasSubstr("tflite in bf16"));
}

TEST(FileForms, AreToldByTheEndingOfThePath) {
  EXPECT_EQ(form_of("models/digits/1/model.onnx"), FileForm::onnx);
  EXPECT_EQ(form_of("model.xml"), FileForm::openvino_ir);
  EXPECT_EQ(form_of("model.ckpt-2000.meta"), FileForm::tensorflow_checkpoint);
  EXPECT_EQ(form_of("model.tflite"), FileForm::tflite);
  EXPECT_EQ(form_of("models/fruits/1"), FileForm::tensorflow_savedmodel);
}

TEST(Precisions, HaveNamesThatAreReadBack) {
  for (const PrecisionEntry& each : kPrecisions) EXPECT_EQ(precision_named(precision_name(each.value)), each.value);
  EXPECT_FALSE(precision_named("f16"));
  EXPECT_EQ(precision_list("and"), "f32, bf16 and int8");
  EXPECT_EQ(served_precision_list("or"), "f32 or bf16");
}

}  // namespace
}  // namespace vidi::inference
