// What a client may send to a node, as a stream of bytes, and what an endpoint gets of it. Whatever
// is taken for one request is exactly that to another reader, before and after it is rewritten.
#include <algorithm>
#include <string>
#include <vector>

#include "proxy/http/rewrite.h"
#include "proxy/http/upgrade.h"
#include "proxy/net/buffer.h"
#include "tests/fuzz/http_pieces.h"

namespace limpet::fuzz {
namespace {

constexpr std::string_view kClient = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff";
// Fields that a rewrite may add: those of forwarding, Host, TE and Connection.
constexpr size_t kMaxAdded = 8;
// And those of check_filters().
constexpr size_t kMaxFiltered = 4;

using Fields = std::vector<std::pair<std::string, std::string>>;

// Those that go from one end to the other as they are.
Fields end_to_end(const http::RequestHead& head) {
  Fields fields;
  for (const http::Field& field : head) {
    if (field.id == http::FieldId::kOther && !head.connection_lists(field.name) &&
        lower_case(std::string(field.name)) != "forwarded" &&
        lower_case(std::string(field.name)) != "via") {
      fields.emplace_back(field.name, field.value);
    }
  }
  return fields;
}

void require_no_hop_by_hop(const Lines& lines, bool wants_trailers, std::string_view upgrade) {
  for (const char* name : {"keep-alive", "proxy-connection"}) {
    require(lines.values(name).empty(), "no field of one connection is passed on");
  }
  using Values = std::vector<std::string>;
  Values listed;
  if (!upgrade.empty()) listed.emplace_back("upgrade");
  if (wants_trailers) listed.emplace_back("TE");
  const Values connection = lines.values("connection");
  require(connection.size() == (listed.empty() ? 0 : 1), "only our own Connection is passed on");
  require(listed.empty() || split_list(connection[0], ',') == listed, "it names our own alone");
  require(lines.values("upgrade") == (upgrade.empty() ? Values{} : Values{std::string(upgrade)}),
          "protocols are asked for if they are offered");
  require(lines.values("te") == (wants_trailers ? Values{"trailers"} : Values{}),
          "TE says trailers alone");
}

bool lists_trailers(const Lines& lines) {
  for (const std::string& value : lines.values("te")) {
    for (const std::string& item : split_list(value, ',')) {
      if (lower_case(item) == "trailers") return true;
    }
  }
  return false;
}

void check_rewrite(std::string_view text, const http::RequestHead& head, std::string_view upgrade) {
  http::RequestRewrite rewrite;
  rewrite.client_ip = kClient;
  rewrite.listener_port = 65535;
  rewrite.drop_cookie = "sid";
  rewrite.upgrade = upgrade;
  std::string out;
  http::rewrite_request(head, rewrite, out);
  require(out.size() <= text.size() + kHeadroom, "the new head fits before the body");
  const auto lines = read_head(out);
  require(lines && lines->size == out.size(), "it is one head to another reader");
  require_no_hop_by_hop(*lines, lists_trailers(*read_head(text)), upgrade);
  const auto clients = lines->values("x-forwarded-for");
  require(clients.size() == 1 && clients[0].ends_with(kClient), "it names the client, last");
  for (const std::string& cookies : lines->values("cookie")) {
    for (const std::string& cookie : split_list(cookies, ';')) {
      require(without_space(cookie.substr(0, cookie.find('='))) != "sid", "our cookie is gone");
    }
  }
  if (head.field_count + kMaxAdded > RequestLimits().fields) return;
  http::RequestHead again;
  require(parse_request(out, again) == http::ParseError::kNone, "it is one to us");
  const std::string slash = head.path_query.starts_with('?') ? "/" : "";
  require(again.method == head.method && again.path_query == slash + std::string(head.path_query) &&
              again.minor_version == std::min(head.minor_version, 1) &&
              again.authority == head.authority,
          "it asks for the same");
  require(again.body == head.body && again.content_length == head.content_length,
          "its body ends in the same place");
  require(end_to_end(again) == end_to_end(head), "other fields keep their order and bytes");
}

// Under filters that change the path, the host, and fields that the client has sent. The message is
// framed as it was, and has no field but what they and the client say.
void check_filters(const http::RequestHead& head) {
  const Fields before = end_to_end(head);
  HeaderChanges of_rule{{{"X-Set", "rule"}}, {{"x-added", "1"}, {"Cookie", "f=1"}}, {"via"}};
  HeaderChanges of_backend{{{"x-set", "backend"}}, {}, {"forwarded", "x-forwarded-for"}};
  if (!before.empty()) {
    of_rule.remove.push_back(before.front().first);
    of_backend.set.push_back({before.back().first, "instead"});
  }
  http::RequestRewrite rewrite;
  rewrite.client_ip = kClient;
  rewrite.forwarded = true;
  rewrite.via = "edge";
  if (head.path_query != "*") rewrite.path = "/new/path";
  rewrite.host = "in.example";
  rewrite.changes = {&of_rule, &of_backend};
  std::string out;
  http::rewrite_request(head, rewrite, out);
  const auto lines = read_head(out);
  require(lines && lines->size == out.size(), "it is one head to another reader");
  for (const char* gone : {"via", "forwarded", "x-forwarded-for"}) {
    require(lines->values(gone).empty(), "our own fields give way");
  }
  require(lines->values("host") == std::vector<std::string>{"in.example"}, "there is one host");
  require(lines->values("cookie").size() == 1, "cookies are in one field");
  if (head.field_count + kMaxAdded + kMaxFiltered > RequestLimits().fields) return;
  static http::RequestHead again;
  require(parse_request(out, again) == http::ParseError::kNone, "it is one to us");
  require(again.body == head.body && again.content_length == head.content_length,
          "its body ends in the same place");
  require(again.method == head.method && again.query() == head.query() &&
              (head.path_query == "*" ? again.path_query == "*" : again.path == "/new/path"),
          "it asks for the new path");
  Fields expected = before;
  std::erase_if(expected, [&](const auto& field) {
    return of_rule.replaces(field.first) || of_backend.replaces(field.first);
  });
  for (const HeaderChanges* changes : {&of_rule, &of_backend}) {
    for (const auto* fields : {&changes->set, &changes->add}) {
      for (const auto& [name, value] : *fields) {
        const bool later = changes == &of_rule && of_backend.replaces(name);
        if (!later && name != "Cookie") expected.emplace_back(name, value);
      }
    }
  }
  require(end_to_end(again) == expected, "other fields are what the filters make of them");
}

}  // namespace
}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::fuzz;
  static http::RequestHead head;
  static http::ResponseHead response;
  for (std::string_view text = text_of(data, size); !text.empty();) {
    const auto request = take_in_pieces(text, head, parse_request);
    require_agreement(request, read_request(text));
    if (!request) break;
    require(!take(text, text.size(), response, parse_any_response), "nothing is both");
    const std::string_view bytes = text.substr(0, request->head);
    check_rewrite(bytes, head, {});
    const std::string_view upgrade = http::offered_protocols(head);
    if (!upgrade.empty()) check_rewrite(bytes, head, upgrade);
    check_filters(head);
    if (!request->complete) break;
    text.remove_prefix(request->end);
  }
  return 0;
}
