// What an endpoint may send to a node, as a stream of bytes, and what a client gets of it. Whatever
// is taken for one response is exactly that to another reader, before and after it is rewritten.
#include <string>
#include <vector>

#include "proxy/http/rewrite.h"
#include "proxy/http/upgrade.h"
#include "proxy/net/buffer.h"
#include "tests/fuzz/http_pieces.h"

namespace limpet::fuzz {
namespace {

// Fields that a rewrite may add: Set-Cookie, Cache-Control, Connection and the like.
constexpr size_t kMaxAdded = 4;
constexpr std::string_view kCookie = "sid=0123456789abcdef; path=/; max-age=600; HttpOnly";

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields end_to_end(const http::ResponseHead& head) {
  Fields fields;
  for (const http::Field& field : head) {
    const std::string name = lower_case(std::string(field.name));
    if (field.id == http::FieldId::kOther && !head.connection_lists(field.name) && name != "via" &&
        !(name == "set-cookie" && field.value == kCookie)) {
      fields.emplace_back(field.name, field.value);
    }
  }
  return fields;
}

void require_no_hop_by_hop(const Lines& lines) {
  for (const char* name : {"keep-alive", "proxy-connection", "te", "upgrade"}) {
    require(lines.values(name).empty(), "no field of one connection is passed on");
  }
}

void require_same(const http::ResponseHead& head, const http::ResponseHead& again) {
  require(again.status == head.status && again.reason == head.reason, "it says the same");
  require(again.body == head.body, "its body ends in the same way");
  require(head.body != http::BodyKind::kLength || again.content_length == head.content_length,
          "its body ends in the same place");
  require(end_to_end(again) == end_to_end(head), "other fields keep their order and bytes");
}

void check_rewrite(std::string_view text, const http::ResponseHead& head, bool to_head,
                   const http::ResponseRewrite& rewrite) {
  if (!http::needs_rewrite(head, rewrite)) {
    require_no_hop_by_hop(*read_head(text));
    require(!rewrite.close && rewrite.set_cookie.empty(), "what is added needs a rewrite");
    return;
  }
  std::string out;
  http::rewrite_response(head, rewrite, out);
  require(out.size() <= text.size() + kHeadroom, "the new head fits before the body");
  const auto lines = read_head(out);
  require(lines && lines->size == out.size(), "it is one head to another reader");
  require_no_hop_by_hop(*lines);
  const auto connection = lines->values("connection");
  require(connection.size() <= 1, "one Connection, of our own");
  if (head.status >= 200 && rewrite.close) {
    require(connection.size() == 1 && connection[0] == "close", "it says that it closes");
  }
  const auto before = read_head(text)->values("set-cookie");
  auto cookies = lines->values("set-cookie");
  if (!rewrite.set_cookie.empty()) {
    require(!cookies.empty() && cookies.back() == rewrite.set_cookie, "our cookie is set");
    cookies.pop_back();
  }
  require(head.connection_lists("set-cookie") || cookies == before,
          "other cookies stay, each in a field");
  if (head.field_count + kMaxAdded > limpet::kMaxFields) return;
  static http::ResponseHead again;
  require(http::parse_response_head(out, to_head, again) == http::ParseError::kNone,
          "it is one to us");
  require_same(head, again);
}

void check_switch(const http::ResponseHead& head) {
  http::ResponseRewrite rewrite;
  rewrite.upgrade = true;
  std::string out;
  http::rewrite_response(head, rewrite, out);
  static http::ResponseHead again;
  require(parse_any_response(out, again) == http::ParseError::kNone, "it is one to us");
  require(http::is_switch_to("websocket, other/1", again), "it still switches");
  require(!http::is_switch_to("irc", again), "to nothing else");
  require_same(head, again);
}

// Under filters that take fields of the endpoint away and set others.
void check_filters(const http::ResponseHead& head, bool to_head) {
  const Fields before = end_to_end(head);
  HeaderChanges of_rule{{{"X-Set", "rule"}}, {}, {"set-cookie", "VIA"}};
  const HeaderChanges of_backend{{{"x-set", "backend"}}, {}, {}};
  if (!before.empty()) of_rule.set.push_back({before.back().first, "instead"});
  http::ResponseRewrite rewrite{1, false, kCookie};
  rewrite.via = "edge";
  rewrite.changes = {&of_rule, &of_backend};
  std::string out;
  http::rewrite_response(head, rewrite, out);
  const auto lines = read_head(out);
  require(lines && lines->size == out.size(), "it is one head to another reader");
  require_no_hop_by_hop(*lines);
  require(lines->values("via").empty(), "our own field gives way");
  require(!lines->values("set-cookie").empty() && lines->values("set-cookie").back() == kCookie,
          "our cookie is no filter's to take");
  if (head.field_count + kMaxAdded > limpet::kMaxFields) return;
  static http::ResponseHead again;
  require(http::parse_response_head(out, to_head, again) == http::ParseError::kNone,
          "it is one to us");
  require(again.status == head.status && again.body == head.body, "its body ends in the same way");
  require(head.body != http::BodyKind::kLength || again.content_length == head.content_length,
          "its body ends in the same place");
  require(lines->values("x-set") == std::vector<std::string>{"backend"},
          "the backend's word counts");
}

void check_rewrites(std::string_view text, const http::ResponseHead& head, bool to_head) {
  for (const int version : {0, 1}) {
    for (const bool close : {false, true}) {
      for (const std::string_view cookie : {std::string_view(), kCookie}) {
        check_rewrite(text, head, to_head, {version, close, cookie});
      }
    }
  }
  if (head.status >= 200) check_filters(head, to_head);
  if (head.status == 101 && http::is_switch_to("websocket, other/1", head)) check_switch(head);
}

}  // namespace
}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::fuzz;
  static http::RequestHead request;
  static http::ResponseHead head;
  for (std::string_view text = text_of(data, size); !text.empty();) {
    size_t end = 0;
    for (const bool to_head : {true, false}) {
      const auto response =
          take_in_pieces(text, head, [to_head](std::string_view bytes, http::ResponseHead& into) {
            return http::parse_response_head(bytes, to_head, into);
          });
      require_agreement(response, read_response(text, to_head));
      if (!response) continue;
      require(!take(text, text.size(), request, parse_request), "nothing is both");
      check_rewrites(text.substr(0, response->head), head, to_head);
      end = response->complete ? response->end : 0;
    }
    if (end == 0) break;
    text.remove_prefix(end);
  }
  return 0;
}
