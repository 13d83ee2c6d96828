// What an HTTPRoute's filters do to requests and responses, on the wire.
#include "tests/component/policy_fixture.h"

namespace limpet::testing {
namespace {

class FiltersTest : public PolicyTest {
 protected:
  FiltersTest() {
    SnapshotBuilder builder = with_endpoints({web_.port()});
    serve(builder.build());
  }
  // shop/web by this rule, whose one backend has these filters.
  void serve_rule(const std::string& rule, const std::string& of_backend = "") {
    SnapshotBuilder builder = with_endpoints({web_.port()});
    add_rule(builder, rule, of_backend);
    serve(builder.build());
  }
  // Without a backend.
  void serve_redirect(const std::string& redirect, const std::string& rule = "") {
    SnapshotBuilder builder = with_endpoints({web_.port()});
    builder.add<v1::HTTPRoute>(
        str_cat("metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } ",
                "rules { filters { type: 'RequestRedirect' request_redirect { ", redirect, " } } ",
                rule, " } }"));
    serve(builder.build());
  }
  // What the endpoint got for it.
  std::string passed_on(const std::string& request) {
    const size_t before = web_.requests().size();
    const std::string answer = ask(request);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    const std::vector<std::string> requests = web_.requests();
    return requests.size() == before + 1 ? requests.back() : "(nothing)";
  }
  std::string location_of(const std::string& request) {
    const std::string answer = ask(request);
    const size_t begin = answer.find("location: ");
    if (begin == std::string::npos) return answer;
    return answer.substr(begin + 10, answer.find("\r\n", begin) - begin - 10);
  }

  std::string answer_ = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: s\r\nX-A: 1\r\n"
                        "Set-Cookie: own=1\r\n\r\nwell!";
  FakeUpstream web_{[this](const std::string&) { return Answer{answer_}; }};
};

size_t count(const std::string& text, const std::string& part) {
  size_t times = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

std::string request_changes(const std::string& changes) {
  return "filters { type: 'RequestHeaderModifier' request_header_modifier { " + changes + " } } ";
}

TEST_F(FiltersTest, RequestHeadersAreRemovedSetAndAdded) {
  serve_rule(request_changes("remove: 'x-gone' set { name: 'X-Set' value: 'new' } "
                             "add { name: 'X-Add' value: 'more' }"));
  const std::string got = passed_on(
      "GET /a HTTP/1.1\r\nHost: h\r\nX-GONE: 1\r\nx-set: old\r\nX-SET: old\r\nx-add: first\r\n"
      "x-stays: 1\r\n\r\n");
  EXPECT_EQ(count(got, "X-GONE"), 0U);
  EXPECT_EQ(count(got, "old"), 0U);
  EXPECT_EQ(count(got, "X-Set: new\r\n"), 1U);
  EXPECT_EQ(count(got, "x-add: first\r\n"), 1U);
  EXPECT_EQ(count(got, "X-Add: more\r\n"), 1U);
  EXPECT_EQ(count(got, "x-stays: 1\r\n"), 1U);
}

TEST_F(FiltersTest, TheBackendsFiltersComeAfterTheRules) {
  serve_rule(request_changes("set { name: 'x-by' value: 'rule' } add { name: 'x-r' value: '1' }"),
             request_changes("set { name: 'X-By' value: 'backend' } remove: 'x-r'"));
  const std::string got = passed_on("GET /a HTTP/1.1\r\nHost: h\r\nx-by: client\r\n\r\n");
  EXPECT_EQ(count(got, "X-By: backend\r\n"), 1U);
  EXPECT_EQ(count(got, "rule"), 0U);
  EXPECT_EQ(count(got, "client"), 0U);
  EXPECT_EQ(count(got, "x-r"), 0U);
}

TEST_F(FiltersTest, AFilterStandsInPlaceOfTheGatewaysOwnField) {
  serve_rule(request_changes("set { name: 'x-forwarded-proto' value: 'https' } "
                             "remove: 'X-Forwarded-For'"));
  const std::string got = passed_on(kGet);
  EXPECT_EQ(count(got, "x-forwarded-proto: https\r\n"), 1U);
  EXPECT_EQ(count(got, "X-Forwarded-Proto"), 0U);
  EXPECT_EQ(count(got, "X-Forwarded-For"), 0U);
  EXPECT_EQ(count(got, "X-Forwarded-Host: h\r\n"), 1U);
}

TEST_F(FiltersTest, LargeChangesFitBesideALargeRequest) {
  const std::string large(4'000, 'v');
  std::string changes;
  for (int i = 0; i < 9; ++i) {
    changes += str_cat("set { name: 'x-", i, "' value: '", large, "' } ");
  }
  serve_rule(request_changes(changes));
  const std::string body(5'000, 'b');
  const std::string got = passed_on(
      str_cat("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  for (int i = 0; i < 9; ++i) EXPECT_EQ(count(got, str_cat("x-", i, ": ", large, "\r\n")), 1U);
  EXPECT_TRUE(got.ends_with("\r\n\r\n" + body));
}

// `count` fields of 4,000 bytes.
std::string large_fields(int count) {
  std::string changes;
  for (int i = 0; i < count; ++i) {
    changes += str_cat("set { name: 'x-", i, "' value: '", std::string(4'000, 'v'), "' } ");
  }
  return changes;
}

// The buffer is as full as it gets: what has come of the body leaves no room for a longer head.
TEST_F(FiltersTest, LargeChangesFitBesideAFullBufferOfTheRequest) {
  serve_rule(request_changes(large_fields(5)));
  const std::string body(100'000, 'b');
  for (int i = 0; i < 3; ++i) {
    const std::string got = passed_on(
        str_cat("POST /a HTTP/1.1\r\nHost: h\r\nx-pad: ", std::string(20'000, 'p'),
                "\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
    EXPECT_EQ(count(got, "vvvv\r\n"), 5U);
    EXPECT_TRUE(got.ends_with("\r\n\r\n" + body));
  }
}

TEST_F(FiltersTest, AHeadThatNobodyWouldTakeIsRefused) {
  serve_rule(request_changes(large_fields(16)));
  const std::string pad(1'000, 'p');
  EXPECT_TRUE(ask("GET /a HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_TRUE(ask(str_cat("GET /a HTTP/1.1\r\nHost: h\r\nx: ", pad, pad, "\r\n\r\n"))
                  .starts_with("HTTP/1.1 431 "));
}

std::string response_changes(const std::string& changes) {
  return "filters { type: 'ResponseHeaderModifier' response_header_modifier { " + changes + " } } ";
}

TEST_F(FiltersTest, LargeChangesFitBesideAFullBufferOfTheResponse) {
  RawUpstream upstream;
  SnapshotBuilder builder = with_endpoints({upstream.port()});
  builder.add<v1::HTTPRoute>(
      str_cat("metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } ",
              "rules { backend_refs { name: 'web' port: 80 } ",
              response_changes(large_fields(5)), " } }"));
  serve(builder.build());
  RawConnection connection = client();
  connection.send(kGet);
  RawConnection endpoint = upstream.accept();
  endpoint.read_until("\r\n\r\n");
  const std::string body = std::string(100'000, 'b') + "end!";
  // So that the end of the head comes together with more than there is room for.
  endpoint.send("HTTP/1.1 200 OK\r\nX-Pad: " + std::string(40'000, 'p'));
  endpoint.send(str_cat("\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  const std::string answer = connection.read_until("end!");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer.substr(0, 200);
  EXPECT_EQ(count(answer, "vvvv\r\n"), 5U);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n" + body));
}

TEST_F(FiltersTest, OnlyFinalResponsesOfBackendsAreChanged) {
  serve_rule(response_changes("set { name: 'x-f' value: '1' }"));
  answer_ = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + answer_;
  const std::string answer = ask(kGet);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 "))
      << answer;
  EXPECT_EQ(count(answer, "x-f: 1\r\n"), 1U);
  answer_ = "not HTTP\r\n\r\n";
  const std::string own = ask(kGet);
  EXPECT_TRUE(own.starts_with("HTTP/1.1 502 ")) << own;
  EXPECT_EQ(count(own, "x-f"), 0U);
}

TEST_F(FiltersTest, ResponseHeadersAreChanged) {
  serve_rule(response_changes("remove: 'server' set { name: 'x-a' value: '2' } "
                              "add { name: 'x-b' value: '3' }"));
  RawConnection connection = client();
  for (int i = 0; i < 2; ++i) {
    connection.send(kGet);
    const std::string answer = connection.read_until("well!");
    EXPECT_EQ(count(answer, "Server"), 0U);
    EXPECT_EQ(count(answer, "X-A"), 0U);
    EXPECT_EQ(count(answer, "x-a: 2\r\n"), 1U);
    EXPECT_EQ(count(answer, "x-b: 3\r\n"), 1U);
    EXPECT_EQ(count(answer, "Set-Cookie: own=1\r\n"), 1U);
  }
}

TEST_F(FiltersTest, OurCookieIsNotTheFiltersToTake) {
  serve_rule("session_persistence { session_name: 'sid' } " +
             response_changes("remove: 'Set-Cookie'") + request_changes("remove: 'Cookie'"));
  const std::string answer = ask(kGet);
  EXPECT_EQ(count(answer, "own=1"), 0U);
  ASSERT_EQ(count(answer, "set-cookie: sid="), 1U);
  const size_t begin = answer.find("sid=");
  const std::string cookie = answer.substr(begin, answer.find(';', begin) - begin);
  const std::string request = "GET /a HTTP/1.1\r\nHost: h\r\nCookie: a=1; " + cookie + "\r\n\r\n";
  EXPECT_EQ(count(ask(request), "set-cookie"), 0U) << "the session is known by it";
  EXPECT_EQ(count(web_.requests().back(), "ookie"), 0U);
}

std::string rewrite(const std::string& fields) {
  return "filters { type: 'URLRewrite' url_rewrite { " + fields + " } } ";
}

TEST_F(FiltersTest, PathAndHostAreRewritten) {
  const std::string shop = "matches { path { value: '/shop' } } ";
  serve_rule(shop + rewrite("hostname: 'In.example' path { type: 'ReplacePrefixMatch' "
                            "replace_prefix_match: '/v2' }"));
  std::string got = passed_on("GET /shop/cart?x=/shop HTTP/1.1\r\nHost: out.example:8\r\n\r\n");
  EXPECT_TRUE(got.starts_with("GET /v2/cart?x=/shop HTTP/1.1\r\n")) << got;
  EXPECT_EQ(count(got, "Host: in.example\r\n"), 1U);
  EXPECT_EQ(count(got, "X-Forwarded-Host: out.example:8\r\n"), 1U);
  got = passed_on("GET http://out.example/shop HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_TRUE(got.starts_with("GET /v2 HTTP/1.1\r\n")) << got;
  EXPECT_EQ(count(got, "Host: in.example\r\n"), 1U);
  serve_rule(rewrite("path { type: 'ReplaceFullPath' replace_full_path: '/all' }"));
  EXPECT_TRUE(passed_on("GET /any?q HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("GET /all?q HTTP/"));
  EXPECT_TRUE(passed_on("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("OPTIONS * HTTP/"));
}

TEST_F(FiltersTest, TheBackendsRewriteCountsMore) {
  serve_rule(rewrite("hostname: 'rule.example' path { type: 'ReplaceFullPath' "
                     "replace_full_path: '/rule' }"),
             rewrite("hostname: 'backend.example'"));
  const std::string got = passed_on(kGet);
  EXPECT_TRUE(got.starts_with("GET /rule HTTP/")) << got;
  EXPECT_EQ(count(got, "Host: backend.example\r\n"), 1U);
}

// As it was rewritten, in whatever buffer that was.
TEST_F(FiltersTest, ARequestThatIsSentAgainIsTheSame) {
  for (const bool lost : {false, true}) {
    FakeUpstream bad([&](const std::string&) {
      Answer answer{"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"};
      answer.reset = lost;
      return answer;
    });
    SnapshotBuilder builder = with_endpoints({bad.port(), web_.port()});
    add_policy<v1::RetryPolicy>(builder, "retry_on: '503' backoff_base_interval: 0.005");
    builder.add<v1::HTTPRoute>(
        str_cat("metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } ",
                "rules { backend_refs { name: 'web' port: 80 ",
                request_changes(large_fields(9)), " } ",
                rewrite("path { type: 'ReplaceFullPath' replace_full_path: '/new' }"), " } }"));
    serve(builder.build());
    const std::string request =
        str_cat("PUT /a?q HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n",
                std::string(9'000, 'b'));
    while (bad.requests().empty()) passed_on(request);
    EXPECT_TRUE(bad.requests()[0].starts_with("PUT /new?q HTTP/1.1\r\n"));
    EXPECT_EQ(count(bad.requests()[0], "vvvv\r\n"), 9U);
    EXPECT_EQ(web_.requests().back(), bad.requests()[0]);
  }
}

// Each with its own, as the weights and the sessions have it.
TEST_F(FiltersTest, TheBackendThatWasChosenDecidesWhichFilters) {
  FakeUpstream beta([](const std::string&) { return Answer{ok_response("beta!")}; });
  SnapshotBuilder builder = with_endpoints({web_.port()});
  builder.add<v1::Service>(
      "metadata { name: 'beta' namespace: 'shop' } spec { ports { port: 80 } }");
  builder.add<v1::EndpointSlice>(
      str_cat("metadata { name: 'beta-1' namespace: 'shop' labels { key: "
              "'kubernetes.io/service-name' value: 'beta' } } address_type: 'IPv4' "
              "endpoints { addresses: '127.0.0.1' } ports { port: ", beta.port(), " }"));
  const auto by = [](const std::string& name) {
    return request_changes("set { name: 'x-by' value: '" + name + "' }") +
           response_changes("set { name: 'x-by' value: '" + name + "' }");
  };
  builder.add<v1::HTTPRoute>(
      str_cat("metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } ",
              "rules { session_persistence { session_name: 'sid' } ",
              "backend_refs { name: 'web' port: 80 ", by("web"), " } ",
              "backend_refs { name: 'beta' port: 80 ", by("beta"), " } } }"));
  serve(builder.build());
  const auto is_right = [](const std::string& answer) {
    return count(answer, "x-by: ") == 1 &&
           count(answer, "x-by: web") == (answer.ends_with("well!") ? 1U : 0U);
  };
  for (int i = 0; i < 4; ++i) {
    const std::string first = ask(kGet);
    EXPECT_TRUE(is_right(first)) << first;
    const size_t begin = first.find("sid=");
    ASSERT_NE(begin, std::string::npos);
    const std::string again =
        ask(str_cat("GET /a HTTP/1.1\r\nHost: h\r\nCookie: ",
                    first.substr(begin, first.find(';', begin) - begin), "\r\n\r\n"));
    EXPECT_TRUE(is_right(again)) << again;
    EXPECT_EQ(again.substr(again.size() - 5), first.substr(first.size() - 5));
  }
  for (const std::string& got : web_.requests()) EXPECT_EQ(count(got, "x-by: web\r\n"), 1U);
  for (const std::string& got : beta.requests()) EXPECT_EQ(count(got, "x-by: beta\r\n"), 1U);
  EXPECT_EQ(web_.requests().size(), 4U);
  EXPECT_EQ(beta.requests().size(), 4U);
}

// Gateway API, HTTPRequestRedirectFilter.
TEST_F(FiltersTest, RedirectsNameWhatTheyChangeAndKeepTheRest) {
  const std::string get = "GET /old/x?q=1 HTTP/1.1\r\nHost: a.example:1234\r\n\r\n";
  const std::string port = std::to_string(kPort);
  serve_redirect("");
  EXPECT_EQ(location_of(get), "http://a.example:" + port + "/old/x?q=1") << "the listener's port";
  EXPECT_TRUE(ask(get).starts_with("HTTP/1.1 302 Found\r\n"));
  serve_redirect("scheme: 'https' status_code: 308");
  EXPECT_EQ(location_of(get), "https://a.example/old/x?q=1") << "the scheme's own port";
  EXPECT_TRUE(ask(get).starts_with("HTTP/1.1 308 Permanent Redirect\r\n"));
  serve_redirect("scheme: 'http' port: 443");
  EXPECT_EQ(location_of(get), "http://a.example:443/old/x?q=1");
  serve_redirect("scheme: 'https' port: 443 hostname: 'b.example'");
  EXPECT_EQ(location_of(get), "https://b.example/old/x?q=1");
  serve_redirect("port: 80 path { type: 'ReplacePrefixMatch' replace_prefix_match: '/new' }",
                 "matches { path { value: '/old/' } }");
  EXPECT_EQ(location_of(get), "http://a.example/new/x?q=1");
  EXPECT_EQ(web_.requests().size(), 0U);
}

TEST_F(FiltersTest, ARedirectKeepsTheConnection) {
  serve_redirect("");
  RawConnection connection = client();
  for (int i = 0; i < 3; ++i) {
    connection.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_TRUE(connection.read_until("this answer\n").starts_with("HTTP/1.1 302 "));
  }
}

TEST_F(FiltersTest, WhatCannotBeAppliedIsNotSkipped) {
  const std::string unknown =
      "filters { type: 'ExtensionRef' extension_ref { kind: 'Auth' name: 'a' } } ";
  for (const bool of_rule : {true, false}) {
    serve_rule(of_rule ? unknown : "", of_rule ? "" : unknown);
    const std::string answer = ask(kGet);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500 ")) << answer;
    EXPECT_TRUE(answer.ends_with("a filter of the route cannot be applied\n")) << answer;
  }
  EXPECT_EQ(web_.requests().size(), 0U);
}

}  // namespace
}  // namespace limpet::testing
