#include "server/door/answer.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace limpet {
namespace {

v1::Resource service(const std::string& name) {
  v1::Resource resource;
  resource.mutable_service()->set_kind("Service");
  resource.mutable_service()->mutable_metadata()->set_name(name);
  return resource;
}

TEST(HttpStatusOf, AsGoogleMapsThem) {
  using Code = absl::StatusCode;
  const std::pair<Code, unsigned> expected[] = {{Code::kOk, 200},
                                                {Code::kInvalidArgument, 400},
                                                {Code::kFailedPrecondition, 400},
                                                {Code::kUnauthenticated, 401},
                                                {Code::kPermissionDenied, 403},
                                                {Code::kNotFound, 404},
                                                {Code::kAlreadyExists, 409},
                                                {Code::kAborted, 409},
                                                {Code::kOutOfRange, 410},
                                                {Code::kResourceExhausted, 429},
                                                {Code::kCancelled, 499},
                                                {Code::kInternal, 500},
                                                {Code::kUnknown, 500},
                                                {Code::kDataLoss, 500},
                                                {Code::kUnimplemented, 501},
                                                {Code::kUnavailable, 503},
                                                {Code::kDeadlineExceeded, 504}};
  for (const auto& [code, status] : expected) EXPECT_EQ(http_status_of(code), status) << code;
}

TEST(AnswerOf, AnError) {
  google::rpc::BadRequest bad;
  bad.add_field_violations()->set_field("resources[0].spec");
  bad.mutable_field_violations(0)->set_description("is \"wrong\"");
  google::rpc::Status details;
  details.add_details()->PackFrom(bad);
  const AdminResponse answer =
      answer_of(error_of(absl::InvalidArgumentError("no"), details.SerializeAsString()));
  EXPECT_EQ(answer.status, 400u);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_EQ(answer.body,
            "{\n    \"code\": 3,\n    \"status\": \"INVALID_ARGUMENT\",\n    \"message\": \"no\",\n"
            "    \"details\": [\n        {\n            \"field\": \"resources[0].spec\",\n"
            "            \"description\": \"is \\\"wrong\\\"\"\n        }\n    ]\n}\n");
}

TEST(AnswerOf, ErrorsSayHowToGoOn) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const auto headers = [](DoorError error) { return answer_of(error).headers; };
  EXPECT_EQ(headers(error_of(absl::UnauthenticatedError(""), "")),
            (Headers{{"WWW-Authenticate", "Bearer"}}));
  EXPECT_EQ(headers(error_of(absl::UnavailableError(""), "garbage")),
            (Headers{{"Retry-After", "1"}}));
  EXPECT_EQ(headers({.http_status = 405, .status = absl::UnimplementedError(""), .allow = "GET"}),
            (Headers{{"Allow", "GET"}}));
}

TEST(AnswerOf, AnErrorIsTextWhateverItTells) {
  const auto body = [](const char* message) {
    return answer_of(error_of(absl::InvalidArgumentError(message), "")).body;
  };
  EXPECT_NE(body("not \xA0").find("\"not ?\""), std::string::npos);
  EXPECT_NE(body("\xC3\xA9").find("\xC3\xA9"), std::string::npos);
}

TEST(AnswerOf, AList) {
  v1::ListResponse list;
  list.mutable_state()->set_revision(7);
  *list.add_resources() = service("a");
  list.set_next_page_token("more");
  const std::string body = answer_of(list).body;
  EXPECT_NE(body.find("\"kind\": \"List\""), std::string::npos);
  EXPECT_NE(body.find("\"resourceVersion\": \"7\""), std::string::npos);
  EXPECT_NE(body.find("\"continue\": \"more\""), std::string::npos);
  EXPECT_NE(body.find("\"name\": \"a\""), std::string::npos);
}

TEST(EventsOf, AnIdOnlyWhenARevisionWasToldWhole) {
  v1::WatchResponse part;
  auto& event = *part.add_events();
  event.set_type(v1::WatchResponse::Event::UPSERTED);
  *event.mutable_resource() = service("a");
  const std::string upserted =
      "event: upserted\ndata: {\"kind\":\"Service\",\"metadata\":{\"name\":\"a\"}}\n\n";
  EXPECT_EQ(events_of(part), upserted);
  part.set_bookmark(12);
  EXPECT_EQ(events_of(part), upserted + "id: 12\nevent: bookmark\ndata: {\"revision\":12}\n\n");
  part.mutable_events(0)->set_type(v1::WatchResponse::Event::DELETED);
  EXPECT_TRUE(events_of(part).starts_with("event: deleted\n"));
}

TEST(EventOf, AnErrorInOneLine) {
  EXPECT_EQ(event_of(error_of(absl::AbortedError("a\nb"), "")),
            "event: failed\ndata: {\"code\":10,\"status\":\"ABORTED\",\"message\":\"a\\nb\","
            "\"details\":[]}\n\n");
}

}  // namespace
}  // namespace limpet
