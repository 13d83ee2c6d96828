// Heads that filters change: what of whose fields is left, and that no message comes to end
// elsewhere.
#include <gtest/gtest.h>

#include "proxy/http/rewrite.h"

namespace limpet::http {
namespace {

HeaderChanges set(std::vector<HeaderChanges::Field> fields) { return {std::move(fields), {}, {}}; }
HeaderChanges add(std::vector<HeaderChanges::Field> fields) { return {{}, std::move(fields), {}}; }
HeaderChanges remove(std::vector<std::string> names) { return {{}, {}, std::move(names)}; }

std::string rewritten(const std::string& text, RequestRewrite rewrite) {
  RequestHead head;
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone) << text;
  rewrite.client_ip = "10.0.0.9";
  rewrite.listener_port = 8000;
  std::string out;
  rewrite_request(head, rewrite, out);
  return out;
}

RequestRewrite quiet() {
  RequestRewrite rewrite;
  rewrite.x_forwarded = false;
  return rewrite;
}

// What is behind the Host, of a request with these fields behind it.
std::string fields_with(const FieldChanges& changes, const std::string& fields,
                        RequestRewrite rewrite = quiet()) {
  rewrite.changes = changes;
  const std::string begin = "GET / HTTP/1.1\r\nHost: h:1\r\n";
  const std::string out = rewritten(begin + fields + "\r\n", rewrite);
  EXPECT_TRUE(out.starts_with(begin)) << out;
  return out.substr(begin.size(), out.size() - begin.size() - 2);
}

TEST(RewriteFilters, ALaterChangeReplacesAllThatCameBefore) {
  const HeaderChanges set_rule = set({{"X-A", "rule"}});
  const HeaderChanges add_rule = add({{"X-A", "rule"}});
  const HeaderChanges set_backend = set({{"x-a", "backend"}});
  const HeaderChanges add_backend = add({{"x-a", "backend"}});
  const HeaderChanges gone = remove({"x-A"});
  const std::string sent = "X-a: client\r\nB: 1\r\nx-A: again\r\n";
  EXPECT_EQ(fields_with({&set_rule, nullptr}, sent), "B: 1\r\nX-A: rule\r\n");
  EXPECT_EQ(fields_with({&add_rule, nullptr}, sent), sent + "X-A: rule\r\n");
  EXPECT_EQ(fields_with({&gone, nullptr}, sent), "B: 1\r\n");
  EXPECT_EQ(fields_with({nullptr, &set_backend}, sent), "B: 1\r\nx-a: backend\r\n");
  EXPECT_EQ(fields_with({&set_rule, &set_backend}, sent), "B: 1\r\nx-a: backend\r\n");
  EXPECT_EQ(fields_with({&add_rule, &set_backend}, sent), "B: 1\r\nx-a: backend\r\n");
  EXPECT_EQ(fields_with({&set_rule, &gone}, sent), "B: 1\r\n");
  EXPECT_EQ(fields_with({&gone, &add_backend}, sent), "B: 1\r\nx-a: backend\r\n");
  EXPECT_EQ(fields_with({&set_rule, &add_backend}, sent), "B: 1\r\nX-A: rule\r\nx-a: backend\r\n");
}

TEST(RewriteFilters, WithinOneFilterAFieldIsRemovedThenSetThenAdded) {
  const HeaderChanges all{{{"x-a", "set"}}, {{"x-a", "added"}}, {"x-a"}};
  EXPECT_EQ(fields_with({&all, nullptr}, "x-a: client\r\n"), "x-a: set\r\nx-a: added\r\n");
}

TEST(RewriteFilters, TheGatewaysOwnFieldsGiveWay) {
  RequestRewrite rewrite;
  rewrite.trusted = true;
  rewrite.forwarded = true;
  rewrite.via = "edge";
  const HeaderChanges changes{
      {{"x-forwarded-for", "f"}, {"X-FORWARDED-PROTO", "https"}, {"forwarded", "for=f"}},
      {},
      {"x-forwarded-host", "via", "x-forwarded-prefix"}};
  EXPECT_EQ(fields_with({&changes, nullptr},
                        "X-Forwarded-For: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\nVia: 1.1 a\r\n"
                        "X-Forwarded-Prefix: /a\r\n",
                        rewrite),
            "X-Forwarded-Port: 8000\r\nx-forwarded-for: f\r\nX-FORWARDED-PROTO: https\r\n"
            "forwarded: for=f\r\n");
}

// By its own list a client could take fields away (RFC 9110 §7.6.1), but not those.
TEST(RewriteFilters, AClientsConnectionFieldTakesNothingOfAFilterAway) {
  const HeaderChanges changes{{{"x-user", "1"}}, {{"x-role", "2"}}, {}};
  EXPECT_EQ(fields_with({&changes, nullptr},
                        "Connection: x-user, x-role\r\nX-User: 0\r\nX-Role: 0\r\n"),
            "x-user: 1\r\nx-role: 2\r\n");
}

TEST(RewriteFilters, CookiesStayOneField) {
  RequestRewrite rewrite = quiet();
  rewrite.drop_cookie = "sid";
  const HeaderChanges rule = add({{"Cookie", "r=1"}});
  const HeaderChanges backend = add({{"cookie", "b=2"}});
  const HeaderChanges gone = remove({"Cookie"});
  const HeaderChanges instead = set({{"Cookie", "only=1"}});
  const std::string sent = "Cookie: a=1; sid=x\r\nAccept: y\r\nCookie: c=3\r\n";
  EXPECT_EQ(fields_with({&rule, nullptr}, sent, rewrite),
            "Cookie: a=1; c=3; r=1\r\nAccept: y\r\n");
  EXPECT_EQ(fields_with({&rule, &backend}, sent, rewrite),
            "Cookie: a=1; c=3; r=1; b=2\r\nAccept: y\r\n");
  EXPECT_EQ(fields_with({&rule, &backend}, "Cookie: sid=x\r\n", rewrite), "Cookie: r=1; b=2\r\n");
  EXPECT_EQ(fields_with({&rule, &backend}, "Accept: y\r\n", rewrite),
            "Accept: y\r\nCookie: r=1; b=2\r\n");
  EXPECT_EQ(fields_with({&rule, &gone}, sent, rewrite), "Accept: y\r\n");
  EXPECT_EQ(fields_with({&gone, &backend}, sent, rewrite), "Accept: y\r\nCookie: b=2\r\n");
  EXPECT_EQ(fields_with({&instead, nullptr}, sent, rewrite), "Accept: y\r\nCookie: only=1\r\n");
}

TEST(RewriteFilters, PathsAndHostsOfEveryForm) {
  const auto line = [](const std::string& text, std::string_view path, std::string_view host) {
    RequestRewrite rewrite = quiet();
    rewrite.path = path;
    rewrite.host = host;
    return rewritten(text, rewrite);
  };
  EXPECT_EQ(line("GET /a?b?c HTTP/1.1\r\nHost: h\r\n\r\n", "/new", ""),
            "GET /new?b?c HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(line("GET /a? HTTP/1.1\r\nHost: h\r\n\r\n", "/new", ""),
            "GET /new? HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(line("GET http://h?q HTTP/1.1\r\nHost: other\r\n\r\n", "/new", ""),
            "GET /new?q HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(line("GET http://h HTTP/1.1\r\nHost: other\r\n\r\n", "/new", "in"),
            "GET /new HTTP/1.1\r\nHost: in\r\n\r\n");
  EXPECT_EQ(line("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "", "in"),
            "OPTIONS * HTTP/1.1\r\nHost: in\r\n\r\n");
  EXPECT_EQ(line("GET / HTTP/1.0\r\n\r\n", "", "in"), "GET / HTTP/1.0\r\nHost: in\r\n\r\n");
}

// What frames the message, and how the connection goes on, is the same with any changes.
TEST(RewriteFilters, FramingIsNotTheirs) {
  const HeaderChanges changes{{{"x-a", "1"}}, {{"x-b", "2"}}, {"x-c", "accept"}};
  for (const char* framing :
       {"", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n"}) {
    const std::string text = std::string("POST /a HTTP/1.1\r\nHost: h\r\nX-C: 1\r\n") + framing +
                             "Connection: close, x-a\r\nX-A: 0\r\nAccept: x\r\n\r\n";
    RequestHead before;
    ASSERT_EQ(parse_request_head(text, {}, before), ParseError::kNone);
    RequestRewrite rewrite;
    rewrite.changes = {&changes, &changes};
    const std::string out = rewritten(text, rewrite);
    RequestHead after;
    ASSERT_EQ(parse_request_head(out, {}, after), ParseError::kNone) << out;
    EXPECT_EQ(after.body, before.body);
    EXPECT_EQ(after.content_length, before.content_length);
    EXPECT_EQ(after.find(FieldId::kConnection), nullptr);
    EXPECT_EQ(HeadScanner().scan(out), out.size()) << "one head";
  }
}

std::string rewritten_response(const std::string& text, const ResponseRewrite& rewrite) {
  ResponseHead head;
  EXPECT_EQ(parse_response_head(text, false, head), ParseError::kNone);
  EXPECT_TRUE(needs_rewrite(head, rewrite));
  std::string out;
  rewrite_response(head, rewrite, out);
  return out;
}

TEST(RewriteFilters, OfResponses) {
  const HeaderChanges rule{{{"x-a", "rule"}}, {{"X-B", "rule"}}, {"server", "VIA"}};
  const HeaderChanges backend = set({{"x-A", "backend"}});
  ResponseRewrite rewrite;
  rewrite.via = "edge";
  rewrite.changes = {&rule, &backend};
  EXPECT_EQ(rewritten_response("HTTP/1.1 200 OK\r\nServer: s\r\nX-A: 1\r\nx-b: 1\r\nVia: 1.1 a\r\n"
                               "content-length: 0\r\n\r\n",
                               rewrite),
            "HTTP/1.1 200 OK\r\nx-b: 1\r\ncontent-length: 0\r\nX-B: rule\r\nx-A: backend\r\n\r\n");
}

// A filter may make a response cacheable that was not, and must not share a session by that.
TEST(RewriteFilters, OurCookieStaysOutOfCaches) {
  const HeaderChanges gone = remove({"Cache-Control", "Set-Cookie"});
  const HeaderChanges shared = set({{"cache-control", "public, max-age=60"}});
  const HeaderChanges more = add({{"Cache-Control", "max-age=60"}});
  const HeaderChanges none = set({{"Cache-Control", "no-store"}});
  const auto is_private = [](const std::string& head, const FieldChanges& changes) {
    ResponseRewrite rewrite;
    rewrite.set_cookie = "sid=x";
    rewrite.changes = changes;
    const std::string out = rewritten_response(head + "Set-Cookie: own=1\r\n\r\n", rewrite);
    EXPECT_NE(out.find("set-cookie: sid=x\r\n"), std::string::npos) << out;
    return out.ends_with("\r\ncache-control: private\r\n\r\n");
  };
  const std::string stored_not = "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n";
  const std::string failed = "HTTP/1.1 503 No\r\n";
  EXPECT_FALSE(is_private(stored_not, {}));
  EXPECT_TRUE(is_private(stored_not, {&gone, nullptr}));
  EXPECT_TRUE(is_private(stored_not, {&shared, nullptr}));
  EXPECT_TRUE(is_private(stored_not, {&none, &gone}));
  EXPECT_FALSE(is_private(stored_not, {&gone, &none}));
  EXPECT_FALSE(is_private(stored_not, {&more, nullptr})) << "what is there still forbids it";
  EXPECT_FALSE(is_private(failed, {}));
  EXPECT_TRUE(is_private(failed, {&more, nullptr}));
  EXPECT_FALSE(is_private(failed, {&more, &gone}));
  EXPECT_FALSE(is_private("HTTP/1.1 200 OK\r\n", {&none, nullptr}));
}

}  // namespace
}  // namespace limpet::http
