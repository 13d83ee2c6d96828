#include "server/door/call.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

HttpHead head(const std::string& method, const std::string& target) {
  HttpHead head;
  head.method = method;
  head.target = target;
  head.content_type = "application/json";
  return head;
}

template <typename Request>
Request request_of(const HttpHead& of) {
  const CallOrError read = read_call(of);
  const auto* error = std::get_if<DoorError>(&read);
  EXPECT_EQ(error, nullptr) << error->status;
  return error == nullptr ? std::get<Request>(std::get<DoorCall>(read)) : Request();
}

DoorError error_of(const HttpHead& of) {
  const CallOrError read = read_call(of);
  EXPECT_TRUE(std::holds_alternative<DoorError>(read));
  return std::holds_alternative<DoorError>(read) ? std::get<DoorError>(read) : DoorError();
}

TEST(ReadCall, Objects) {
  const auto get = request_of<v1::GetRequest>(head("GET", "/v1/httproutes/shop/web"));
  EXPECT_EQ(get.key().kind(), "HTTPRoute");
  EXPECT_EQ(get.key().namespace_(), "shop");
  EXPECT_EQ(get.key().name(), "web");
  const auto global = request_of<v1::GetRequest>(head("GET", "/v1/gatewayclasses/limpet"));
  EXPECT_EQ(global.key().namespace_(), "");
  EXPECT_EQ(global.key().name(), "limpet");
}

TEST(ReadCall, List) {
  const auto list = request_of<v1::ListRequest>(
      head("GET", "/v1/services?namespace=a&labelSelector=x%3Dy&limit=3&continue=z"));
  EXPECT_EQ(list.kind(), "Service");
  EXPECT_EQ(list.namespace_(), "a");
  EXPECT_EQ(list.label_selector(), "x=y");
  EXPECT_EQ(list.limit(), 3u);
  EXPECT_EQ(list.page_token(), "z");
}

TEST(ReadCall, Delete) {
  const auto remove = request_of<v1::DeleteRequest>(
      head("DELETE",
           "/v1/services/a/b?ignoreNotFound&expectedRevision=9&validateOnly=true&message=bye+all"
           "&requestId=r&allowMassDelete=false"));
  EXPECT_EQ(remove.keys(0).name(), "b");
  EXPECT_TRUE(remove.ignore_not_found());
  EXPECT_EQ(remove.options().expected_revision(), 9u);
  EXPECT_TRUE(remove.options().validate_only());
  EXPECT_FALSE(remove.options().allow_mass_delete());
  EXPECT_EQ(remove.options().message(), "bye all");
  EXPECT_EQ(remove.options().request_id(), "r");
}

TEST(ReadCall, AWatchGoesOnBehindTheLastEvent) {
  HttpHead watch = head("GET", "/v1/watch?kind=svc&fromRevision=3");
  EXPECT_EQ(request_of<v1::WatchRequest>(watch).from_revision(), 3u);
  EXPECT_EQ(request_of<v1::WatchRequest>(watch).kind(), "Service");
  watch.last_event_id = "12";
  EXPECT_EQ(request_of<v1::WatchRequest>(watch).from_revision(), 12u);
  watch.last_event_id = "x";
  EXPECT_EQ(error_of(watch).http_status, 400u);
}

TEST(ReadCall, ABodyMustBeJson) {
  HttpHead apply = head("POST", "/v1/apply");
  for (const char* right : {"application/json", "Application/JSON; charset=utf-8"}) {
    apply.content_type = right;
    request_of<ApplyCall>(apply);
  }
  // What a form of any page may send.
  for (const char* wrong :
       {"", "text/plain", "application/x-www-form-urlencoded", "text/plain;application/json"}) {
    apply.content_type = wrong;
    EXPECT_EQ(error_of(apply).http_status, 415u) << wrong;
  }
}

TEST(ReadCall, Refusals) {
  for (const char* none :
       {"/v1/", "/v1/nothing", "/v1/Service", "/v1/services/a", "/v1/services/a/",
        "/v1/services/a/b/c", "/v1/gatewayclasses/a/b", "/v1/apply/x"}) {
    EXPECT_EQ(error_of(head("GET", none)).http_status, 404u) << none;
  }
  const DoorError method = error_of(head("PUT", "/v1/services/a/b"));
  EXPECT_EQ(method.http_status, 405u);
  EXPECT_EQ(method.allow, "GET, DELETE");
  EXPECT_EQ(error_of(head("GET", "/v1/apply")).http_status, 405u);
  EXPECT_EQ(error_of(head("GET", "/v1/services?nope=1")).status.message(),
            "unknown parameter \"nope\"; known are: namespace, labelSelector, limit, continue");
  EXPECT_EQ(error_of(head("GET", "/v1/services?limit=x")).http_status, 400u);
  EXPECT_EQ(error_of(head("GET", "/v1/%")).http_status, 400u);
}

TEST(HostOf, LeavesThePortAway) {
  EXPECT_EQ(host_of("localhost:7701"), "localhost");
  EXPECT_EQ(host_of("localhost"), "localhost");
  EXPECT_EQ(host_of("[::1]:7701"), "::1");
  EXPECT_EQ(host_of("["), "");
  EXPECT_EQ(host_of(""), "");
}

}  // namespace
}  // namespace limpet
