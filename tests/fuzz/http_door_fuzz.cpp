// The API's HTTP door: what anybody who reaches the admin address may send, from the bytes of a
// request to the message that the API gets, and the answers made of what came.
#include <algorithm>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "core/resource/object.h"
#include "manifest/json_tree.h"
#include "manifest/utf8.h"
#include "runtime/http_limits.h"
#include "server/door/answer.h"
#include "server/door/apply_body.h"
#include "server/door/call.h"
#include "server/door/query.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {
namespace {

namespace http = boost::beast::http;

std::string post(const std::string& body) {
  return "POST /v1/apply HTTP/1.1\r\nHost: localhost:7701\r\nContent-Type: application/json\r\n"
         "Authorization: Bearer lmp_ci_00\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string get(const std::string& target, const std::string& method = "GET") {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\n\r\n";
}

void check_answer(const AdminResponse& answer) {
  require(!parse_json(answer.body).error, "an answer is JSON");
}

void check_apply(std::string_view body) {
  v1::ApplyRequest request;
  const std::optional<DoorError> error = read_apply(body, request);
  if (error) return check_answer(answer_of(*error));
  std::string bytes;
  require(request.SerializeToString(&bytes), "a request can be sent");
  require(v1::ApplyRequest().ParseFromString(bytes), "and be read where it comes to");
  v1::ListResponse list;
  v1::WatchResponse watch;
  for (const v1::Resource& resource : request.resources()) {
    require(object_of(resource) != nullptr, "a resource holds an object");
    *list.add_resources() = resource;
    *watch.add_events()->mutable_resource() = resource;
  }
  const AdminResponse answer = answer_of(list);
  check_answer(answer);
  v1::ApplyRequest again;
  require(!read_apply(answer.body, again), "what is listed can be applied");
  require(again.resources_size() == request.resources_size(), "all of it");
  const std::string events = events_of(watch);
  const auto lines = std::count(events.begin(), events.end(), '\n');
  require(lines == 3 * watch.events_size(), "an event's data is one line");
}

void check_call(const CallOrError& read) {
  if (const DoorError* error = std::get_if<DoorError>(&read)) {
    require(error->http_status >= 400 && !error->status.ok(), "an error says so");
    return check_answer(answer_of(*error));
  }
  const auto* call = std::get_if<DoorCall>(&read);
  if (const auto* get_call = std::get_if<v1::GetRequest>(call)) {
    require(is_utf8(get_call->key().name()), "a name is text");
    require(!get_call->key().name().empty(), "a name is given");
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const std::string bodies[] = {
      R"({"resources": [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web",
              "labels": {"a": "b\u00e9\n"}},
              "spec": {"ports": [{"port": 80, "targetPort": "http"}]}}],
              "deletes": [{"kind": "Service", "namespace": "a", "name": "b"}],
              "pruneLabels": {"a": "b"},
              "options": {"expectedRevision": "12", "validateOnly": true, "message": "x"}})",
      R"({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion":
              "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "web-1"},
              "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"],
              "conditions": {"ready": true}}], "ports": [{"port": 8080}]}, {"kind": "HTTPRoute",
              "apiVersion": "gateway.networking.k8s.io/v1", "metadata": {"name": "r"}, "spec":
              {"rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/a"}}],
              "filters": [{"type": "X", "x": [1.5e3, null, {}]}]}]}}]})"};
  return {
      bodies[0],
      bodies[1],
      "/v1/services?limit=2&continue=%41",
      "/v1/watch?kind=svc&fromRevision=12",
      post(bodies[0]),
      post(bodies[1]),
      "POST /v1/apply HTTP/1.1\r\nContent-Type: application/json; charset=utf-8\r\n"
      "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      get("/v1/services?namespace=shop&labelSelector=team%3Dshop%2Ctier+in+%28a%29&limit=2"),
      get("/v1/httproutes/shop/web"),
      get("/v1/services/shop/web?validateOnly&expectedRevision=3&message=%C3%A9", "DELETE"),
      get("/v1/watch?kind=svc&fromRevision=12"),
  };
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  namespace http = boost::beast::http;
  http::request_parser<http::string_body> parser;
  parser.header_limit(kMaxHttpHeadBytes);
  parser.body_limit(kMaxHttpBodyBytes);
  parser.eager(true);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(data, size), error);
  if (parser.is_header_done()) {
    const HttpHead head = head_of(parser.get());
    fuzz::check_call(read_call(head));
    host_of(head.host);
  }
  if (parser.is_done()) fuzz::check_apply(parser.get().body());
  // Without a head in the way, too.
  fuzz::check_apply(fuzz::text_of(data, size));
  HttpHead bare;
  bare.method = "GET";
  bare.target = std::string(fuzz::text_of(data, size));
  fuzz::check_call(read_call(bare));
  host_of(bare.target);
  return 0;
}
