#include "grpc/server.hpp"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "inference/fake.hpp"
#include "objects/memory/memory_store.hpp"
#include "proto/inference.grpc.pb.h"
#include "records/memory/memory_store.hpp"

namespace vidi::grpc {
namespace {

using ::grpc::StatusCode;
using testing::HasSubstr;

models::Repository repository() {
  auto model = std::make_shared<models::LoadedModel>();
  model->description.name = "fake";
  model->description.labels = {"0", "1", "2", "3"};
  model->version = "1";
  model->network = inference::make_fake_model(2, 2, 4);
  return models::Repository({model});
}

// Let in by the metadata `authorization`: "Bearer ann" and the administrator's, "Bearer root".
Result<std::string> admit(std::optional<std::string_view> authorization, Access access) {
  if (!authorization) return fail(ErrorCode::unauthorized, "a key is needed");
  if (authorization == "Bearer root") return "root";
  if (authorization != "Bearer ann") return fail(ErrorCode::unauthorized, "the key is not valid");
  if (access == Access::admin) return fail(ErrorCode::forbidden, "the key is no administrator's");
  return "ann";
}

class GrpcServerTest : public testing::Test {
 protected:
  void SetUp() override {
    Application application{.service = service_, .version = "1.2.3"};
    application.admit = &admit;
    application.load = [this](std::string name) { return remember(loaded_, std::move(name)); };
    application.unload = [this](std::string name) { return remember(unloaded_, std::move(name)); };
    const std::vector<boost::asio::any_io_executor> executors{context_.get_executor()};
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    server_ = std::make_unique<Server>(options, std::move(application), executors);
    thread_ = std::thread([this] { context_.run(); });
    const auto channel = ::grpc::CreateChannel(server_->address(), ::grpc::InsecureChannelCredentials());
    stub_ = ::inference::GRPCInferenceService::NewStub(channel);
  }

  void TearDown() override {
    server_->stop();
    server_->wait();
    thread_.join();
  }

  static Task<Result<void>> remember(std::vector<std::string>& names, std::string name) {
    names.push_back(std::move(name));
    co_return Result<void>();
  }

  // One row for the fake model, with this metadata.
  ::grpc::Status infer(const std::string& authorization, const std::string& user = {}) {
    ::grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    if (!user.empty()) context.AddMetadata("x-vidi-user", user);
    ::inference::ModelInferRequest request;
    request.set_model_name("fake");
    auto& input = *request.add_inputs();
    input.set_name(service_.metadata("fake", "")->inputs.at(0).name);
    input.set_datatype("FP32");
    for (const int size : {1, 2, 2, 1}) input.add_shape(size);
    for (const float value : {1.0F, 1.0F, 0.0F, 0.0F}) input.mutable_contents()->add_fp32_contents(value);
    return stub_->ModelInfer(&context, request, &answer_);
  }

  std::string recorded_user() {
    const auto id = parse_uuid(answer_.parameters().at("predictions").string_param());
    return (*run(records_->find(*id)))->user;
  }

  ::grpc::Status load(const std::string& authorization) {
    ::grpc::ClientContext context;
    context.AddMetadata("authorization", authorization);
    ::inference::RepositoryModelLoadRequest request;
    request.set_model_name("other");
    ::inference::RepositoryModelLoadResponse response;
    return stub_->RepositoryModelLoad(&context, request, &response);
  }

  std::unique_ptr<records::RecordStore> records_ = records::memory::make_store();
  std::unique_ptr<objects::ObjectStore> objects_ = objects::memory::make_store();
  recognition::Recorder recorder_{*records_, *objects_};
  models::Repository models_ = repository();
  recognition::Recognizer recognizer_{models_, {}};
  open_inference::Service service_{recognizer_, recorder_, 1000};
  std::vector<std::string> loaded_;
  std::vector<std::string> unloaded_;
  boost::asio::io_context context_{1};
  std::unique_ptr<Server> server_;
  std::thread thread_;
  std::unique_ptr<::inference::GRPCInferenceService::Stub> stub_;
  ::inference::ModelInferResponse answer_;
};

TEST_F(GrpcServerTest, WhoHasNoKeyIsTurnedAway) {
  EXPECT_EQ(infer("").error_code(), StatusCode::UNAUTHENTICATED);
  const ::grpc::Status wrong = infer("Bearer eve");
  EXPECT_EQ(wrong.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(wrong.error_message(), HasSubstr("not valid"));
}

TEST_F(GrpcServerTest, TheKeysUserIsRecordedWhateverTheClientCallsItself) {
  const ::grpc::Status status = infer("Bearer ann", "eve");
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer_.outputs(0).contents().fp32_contents_size(), 4);
  EXPECT_EQ(recorded_user(), "ann");
}

TEST_F(GrpcServerTest, OnlyAnAdministratorLoadsModels) {
  EXPECT_EQ(load("Bearer ann").error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(loaded_.empty());
  EXPECT_TRUE(load("Bearer root").ok());
  EXPECT_THAT(loaded_, testing::ElementsAre("other"));
}

TEST_F(GrpcServerTest, HealthNeedsNoKey) {
  ::grpc::ClientContext context;
  ::inference::ServerReadyResponse response;
  ASSERT_TRUE(stub_->ServerReady(&context, {}, &response).ok());
  EXPECT_TRUE(response.ready());
}

TEST_F(GrpcServerTest, AfterTheEndNothingIsTaken) {
  server_->stop();
  server_->wait();
  EXPECT_EQ(infer("Bearer ann").error_code(), StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace vidi::grpc
