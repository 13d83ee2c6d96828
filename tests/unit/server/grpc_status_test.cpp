#include "server/grpc_status.h"

#include <string>

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace limpet {
namespace {

google::rpc::BadRequest details_of(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
  google::rpc::BadRequest request;
  EXPECT_EQ(details.details_size(), 1);
  EXPECT_TRUE(details.details(0).UnpackTo(&request));
  return request;
}

TEST(GrpcStatusTest, KeepsCodeAndMessage) {
  EXPECT_TRUE(to_grpc(absl::OkStatus()).ok());
  const grpc::Status status = to_grpc(absl::AbortedError("words"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "words");
  EXPECT_TRUE(status.error_details().empty());
}

TEST(GrpcStatusTest, CarriesEveryViolation) {
  const google::rpc::BadRequest request = details_of(to_grpc(
      absl::InvalidArgumentError("2 violations"), {{"a", "is wrong"}, {"b", "too"}}));
  ASSERT_EQ(request.field_violations_size(), 2);
  EXPECT_EQ(request.field_violations(0).field(), "a");
  EXPECT_EQ(request.field_violations(1).description(), "too");
}

TEST(GrpcStatusTest, StaysBelowWhatClientsTake) {
  const std::vector<Violation> many(10'000, {std::string(100, 'f'), std::string(100, 'm')});
  const grpc::Status status = to_grpc(absl::InvalidArgumentError("many"), many);
  // In base64, with the message beside it.
  EXPECT_LT(status.error_details().size() * 4 / 3 + status.error_message().size(), 8000U);
  const google::rpc::BadRequest request = details_of(status);
  const int last = request.field_violations_size() - 1;
  EXPECT_EQ(request.field_violations(last).description(),
            "and " + std::to_string(10'000 - last) + " further violations");
}

}  // namespace
}  // namespace limpet
