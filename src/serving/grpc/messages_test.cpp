#include "grpc/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "grpc/status.hpp"

namespace vidi::grpc {
namespace {

using open_inference::DataType;
using open_inference::Tensor;
using testing::HasSubstr;

constexpr std::size_t kMost = 1000;

template <typename Value>
Bytes bytes_of(const std::vector<Value>& values) {
  return to_bytes(std::as_bytes(std::span(values)));
}

messages::ModelInferRequest request_of(const std::string& type, std::int64_t count) {
  messages::ModelInferRequest request;
  request.set_model_name("m");
  auto& input = *request.add_inputs();
  input.set_name("x");
  input.set_datatype(type);
  input.add_shape(count);
  return request;
}

messages::InferTensorContents& contents_of(messages::ModelInferRequest& request) {
  return *request.mutable_inputs(0)->mutable_contents();
}

Tensor read(const messages::ModelInferRequest& request) {
  auto read = to_request(request, kMost);
  EXPECT_TRUE(read) << read.error().message;
  return read ? read->inputs.at(0) : Tensor();
}

std::string refusal(const messages::ModelInferRequest& request) {
  const auto read = to_request(request, kMost);
  if (read) return "it was taken";
  EXPECT_EQ(read.error().code, ErrorCode::invalid_argument);
  return read.error().message;
}

// A tensor that goes out and comes in again, in both forms.
Tensor there_and_back(const Tensor& tensor, bool raw) {
  open_inference::InferAnswer answer;
  answer.outputs.push_back(tensor);
  messages::ModelInferResponse response;
  write_answer(answer, raw, response);
  messages::ModelInferRequest request;
  auto& input = *request.add_inputs();
  input.set_name(response.outputs(0).name());
  input.set_datatype(response.outputs(0).datatype());
  *input.mutable_shape() = response.outputs(0).shape();
  if (response.outputs(0).has_contents()) *input.mutable_contents() = response.outputs(0).contents();
  for (const std::string& values : response.raw_output_contents()) request.add_raw_input_contents(values);
  return read(request);
}

TEST(Messages, EveryTypeGoesOutAndComesInAgain) {
  const std::vector<std::pair<DataType, Bytes>> cases{
      {DataType::boolean, bytes_of<std::uint8_t>({1, 0})},
      {DataType::uint8, bytes_of<std::uint8_t>({0, 255})},
      {DataType::uint16, bytes_of<std::uint16_t>({0, 65535})},
      {DataType::uint32, bytes_of<std::uint32_t>({0, 4294967295})},
      {DataType::uint64, bytes_of<std::uint64_t>({0, std::numeric_limits<std::uint64_t>::max()})},
      {DataType::int8, bytes_of<std::int8_t>({-128, 127})},
      {DataType::int16, bytes_of<std::int16_t>({-32768, 32767})},
      {DataType::int32, bytes_of<std::int32_t>({-1, std::numeric_limits<std::int32_t>::max()})},
      {DataType::int64, bytes_of<std::int64_t>({-1, std::numeric_limits<std::int64_t>::max()})},
      {DataType::fp16, bytes_of<std::uint16_t>({0x3C00, 0xC000})},
      {DataType::fp32, bytes_of<float>({1.5F, -0.0F})},
      {DataType::fp64, bytes_of<double>({1.5, -1e300})}};
  for (const auto& [type, values] : cases) {
    for (const bool raw : {true, false}) {
      Tensor tensor;
      tensor.name = "x";
      tensor.type = type;
      tensor.shape = {2};
      tensor.values = values;
      const Tensor back = there_and_back(tensor, raw);
      EXPECT_EQ(back.type, type);
      EXPECT_EQ(back.shape, tensor.shape);
      EXPECT_EQ(back.values, values) << name(type) << (raw ? " raw" : " typed");
    }
  }
}

TEST(Messages, ElementsOfAnyBytesGoOutAndComeInAgain) {
  Tensor tensor;
  tensor.name = "x";
  tensor.type = DataType::bytes;
  tensor.shape = {3};
  tensor.elements = {to_bytes(std::string_view("a\0\xFF", 3)), Bytes(), to_bytes(std::string(300, 'z'))};
  for (const bool raw : {true, false}) EXPECT_EQ(there_and_back(tensor, raw).elements, tensor.elements);
}

TEST(Messages, RawValuesAreLittleEndianAndInTheOrderOfTheInputs) {
  auto request = request_of("INT16", 2);
  request.add_raw_input_contents(std::string("\x01\x02\x03\x04", 4));
  auto& second = *request.add_inputs();
  second.set_name("y");
  second.set_datatype("BYTES");
  second.add_shape(1);
  request.add_raw_input_contents(std::string("\x02\0\0\0ab", 6));
  const auto read = to_request(request, kMost);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->inputs[0].values, (bytes_of<std::int16_t>({0x0201, 0x0403})));
  EXPECT_EQ(read->inputs[1].elements, (std::vector<Bytes>{to_bytes(std::string_view("ab"))}));
}

TEST(Messages, WhatIsAskedForIsRead) {
  auto request = request_of("FP32", 1);
  contents_of(request).add_fp32_contents(1);
  request.set_model_version("3");
  request.set_id("mine");
  auto& output = *request.add_outputs();
  output.set_name("y");
  (*output.mutable_parameters())["classification"].set_int64_param(5);
  request.add_outputs()->set_name("z");
  const auto read = to_request(request, kMost);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->model, "m");
  EXPECT_EQ(read->version, "3");
  EXPECT_EQ(read->id, "mine");
  ASSERT_EQ(read->outputs.size(), 2U);
  EXPECT_EQ(read->outputs[0].name, "y");
  EXPECT_EQ(read->outputs[0].classes, 5U);
  EXPECT_EQ(read->outputs[1].classes, 0U);
}

TEST(Messages, TheTimeoutBecomesADeadline) {
  auto request = request_of("FP32", 1);
  contents_of(request).add_fp32_contents(1);
  EXPECT_EQ(to_request(request, kMost)->deadline, inference::kNoDeadline);
  auto& timeout = (*request.mutable_parameters())["timeout"];
  timeout.set_int64_param(0);
  EXPECT_EQ(to_request(request, kMost)->deadline, inference::kNoDeadline) << "as Triton has it";
  timeout.set_uint64_param(UINT64_MAX);
  EXPECT_EQ(to_request(request, kMost)->deadline, inference::kNoDeadline);
  const auto before = std::chrono::steady_clock::now();
  timeout.set_int64_param(30'000'000);
  const auto rest = to_request(request, kMost)->deadline - before;
  EXPECT_GE(rest, std::chrono::seconds(30));
  EXPECT_LT(rest, std::chrono::seconds(60));
  timeout.set_int64_param(-1);
  EXPECT_THAT(refusal(request), HasSubstr("'timeout'"));
}

TEST(Messages, TheAnswerHasTheFormOfTheRequest) {
  auto request = request_of("FP32", 1);
  EXPECT_FALSE(wants_raw_answer(request));
  request.add_raw_input_contents("");
  EXPECT_TRUE(wants_raw_answer(request));
  (*request.mutable_parameters())["binary_data_output"].set_bool_param(false);
  EXPECT_FALSE(wants_raw_answer(request));
}

TEST(Messages, MistakesAreNamed) {
  auto request = request_of("FP32", 2);
  EXPECT_THAT(refusal(request), HasSubstr("needs 8 bytes, and 0 came"));
  contents_of(request).add_fp32_contents(1);
  EXPECT_THAT(refusal(request), HasSubstr("needs 8 bytes, and 4 came"));
  contents_of(request).add_fp64_contents(1);
  EXPECT_THAT(refusal(request), HasSubstr("values in fp64_contents; they must stand in fp32_contents"));
  request.add_raw_input_contents("12345678");
  EXPECT_THAT(refusal(request), HasSubstr("contents and raw_input_contents"));
  request.mutable_inputs(0)->clear_contents();
  EXPECT_EQ(refusal(request), "it was taken");
  request.add_raw_input_contents("12345678");
  EXPECT_THAT(refusal(request), HasSubstr("1 inputs and 2 raw_input_contents"));
}

TEST(Messages, ValuesThatTheTypeCannotHoldAreNamed) {
  auto request = request_of("INT8", 1);
  contents_of(request).add_int_contents(-129);
  EXPECT_THAT(refusal(request), testing::AllOf(HasSubstr("-129"), HasSubstr("-128 to 127")));
  request = request_of("UINT16", 1);
  contents_of(request).add_uint_contents(65536);
  EXPECT_THAT(refusal(request), HasSubstr("0 to 65535"));
  request = request_of("FP16", 1);
  contents_of(request).add_fp32_contents(1);
  EXPECT_THAT(refusal(request), HasSubstr("raw_input_contents"));
}

TEST(Messages, ShapesAreBounded) {
  auto request = request_of("FP32", static_cast<std::int64_t>(kMost) + 1);
  EXPECT_THAT(refusal(request), HasSubstr("more than 1000 elements"));
  request = request_of("FP32", std::numeric_limits<std::int64_t>::max());
  request.mutable_inputs(0)->add_shape(std::numeric_limits<std::int64_t>::max());
  EXPECT_THAT(refusal(request), HasSubstr("more than 1000 elements"));
  request = request_of("FP32", -1);
  EXPECT_THAT(refusal(request), HasSubstr("-1"));
  request = request_of("PICTURE", 1);
  EXPECT_THAT(refusal(request), HasSubstr("'PICTURE'"));
}

TEST(Messages, ElementsThatDoNotEndWhereTheBytesDoAreNamed) {
  auto request = request_of("BYTES", 1);
  request.add_raw_input_contents(std::string("\xFF\xFF\xFF\xFFrest", 8));
  EXPECT_THAT(refusal(request), HasSubstr("4294967295 bytes, and 4 are left"));
  request.set_raw_input_contents(0, std::string(4 * (kMost + 1), '\0'));
  EXPECT_THAT(refusal(request), HasSubstr("more than 1000 elements"));
}

TEST(Messages, ClassesAreCounted) {
  for (const std::int64_t wrong : {0, -1}) {
    messages::ModelInferRequest request;
    (*request.add_outputs()->mutable_parameters())["classification"].set_int64_param(wrong);
    EXPECT_THAT(refusal(request), HasSubstr("at least 1"));
  }
  messages::ModelInferRequest request;
  (*request.add_outputs()->mutable_parameters())["classification"].set_bool_param(true);
  EXPECT_THAT(refusal(request), HasSubstr("no integer"));
}

TEST(Messages, AConfigurationLeavesTheBatchOut) {
  open_inference::ModelMetadata metadata;
  metadata.inputs.push_back({.name = "x", .type = DataType::fp32, .shape = {-1, 10, 10}});
  metadata.outputs.push_back({.name = "y", .type = DataType::bytes, .shape = {-1}});
  messages::ModelConfig config;
  write_configuration(metadata, kMost, config);
  EXPECT_EQ(config.max_batch_size(), 10);
  EXPECT_THAT(config.input(0).dims(), testing::ElementsAre(10, 10));
  EXPECT_EQ(config.input(0).data_type(), messages::TYPE_FP32);
  EXPECT_EQ(config.output(0).dims_size(), 0);
  EXPECT_EQ(config.output(0).data_type(), messages::TYPE_STRING);
  metadata.inputs[0].shape = {1, 10, 10};
  write_configuration(metadata, kMost, config);
  EXPECT_EQ(config.max_batch_size(), 0);
}

TEST(Status, EveryErrorHasAStatusOfItsKind) {
  EXPECT_EQ(to_status({ErrorCode::not_found, "x"}).error_code(), ::grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(to_status({ErrorCode::undecodable, "x"}).error_code(), ::grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(to_status({ErrorCode::overloaded, "x"}).error_code(), ::grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(to_status({ErrorCode::unauthorized, "x"}).error_code(), ::grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(to_status({ErrorCode::internal, "x"}).error_message(), "x");
}

}  // namespace
}  // namespace vidi::grpc
