#include "proxy/http/head.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

// The head's size; 0: there is none in it. In pieces of each size, which do not matter.
size_t scan(std::string_view text) {
  HeadScanner whole;
  const size_t found = whole.scan(text);
  // Long texts in a few pieces: what repeats in them ends alike.
  for (size_t step = 1; step < text.size(); step += 1 + text.size() / 200) {
    HeadScanner scanner;
    size_t size = 0;
    for (size_t come = step; size == 0 && !scanner.bad() && come < text.size() + step;
         come += step) {
      size = scanner.scan(text.substr(0, come));
    }
    EXPECT_EQ(size, found) << step;
    EXPECT_EQ(scanner.bad(), whole.bad()) << step;
  }
  return whole.bad() ? 0 : found;
}

ParseError parse(const std::string& text, RequestHead& head) {
  const size_t size = scan(text);
  if (size == 0) return ParseError::kBad;
  return parse_request_head(std::string_view(text).substr(0, size), {}, head);
}

ParseError parse(const std::string& text) {
  RequestHead head;
  return parse(text, head);
}

TEST(RequestHead, IsTakenApart) {
  static const std::string text =
      "POST /a/b?c=d HTTP/1.1\r\nHost: Example.com:8080\r\nContent-Length: 12\r\n"
      "Cookie: a=b\r\nX-Empty:\r\nX-Spaced: \t v w \t\r\n\r\nbody";
  RequestHead head;
  ASSERT_EQ(parse(text, head), ParseError::kNone);
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/a/b");
  EXPECT_EQ(head.path_query, "/a/b?c=d");
  EXPECT_EQ(head.authority, "Example.com:8080");
  EXPECT_EQ(host_of(head.authority), "Example.com");
  EXPECT_EQ(head.body, BodyKind::kLength);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.field_count, 5U);
  EXPECT_EQ(head.fields[3].value, "");
  EXPECT_EQ(head.fields[4].value, "v w");
  EXPECT_EQ(head.find(FieldId::kCookie)->value, "a=b");
}

TEST(RequestHead, TargetsInAllTheirForms) {
  RequestHead head;
  static const std::string absolute = "GET http://a.b:1/c?d HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(parse(absolute, head), ParseError::kNone);
  EXPECT_EQ(head.authority, "a.b:1");
  EXPECT_EQ(head.path_query, "/c?d");
  static const std::string bare = "GET http://a.b HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(parse(bare, head), ParseError::kNone);
  EXPECT_EQ(head.path_query, "/");
  static const std::string query = "GET http://a.b?c/d HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(parse(query, head), ParseError::kNone);
  EXPECT_EQ(head.authority, "a.b");
  EXPECT_EQ(head.path, "/");
  EXPECT_EQ(head.path_query, "?c/d");
  static const std::string tls = "GET HTTPS://a.b/c HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(parse(tls, head), ParseError::kNone);
  EXPECT_EQ(head.authority, "a.b");
  EXPECT_EQ(head.path_query, "/c");
  static const std::string of_server = "OPTIONS https://a.b HTTP/1.1\r\nHost: x\r\n\r\n";
  ASSERT_EQ(parse(of_server, head), ParseError::kNone);
  EXPECT_EQ(head.path_query, "*");
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), ParseError::kNone);
  EXPECT_EQ(parse("GET * HTTP/1.1\r\nHost: x\r\n\r\n"), ParseError::kBad);
  EXPECT_EQ(parse("CONNECT a.b:443 HTTP/1.1\r\nHost: a.b:443\r\n\r\n"), ParseError::kBad);
  const std::string long_path(RequestLimits().target_bytes, 'a');
  EXPECT_EQ(parse("GET /" + long_path + " HTTP/1.1\r\nHost: x\r\n\r\n"),
            ParseError::kTargetTooLong);
}

TEST(RequestHead, LaterMinorVersionsAreReadAsTheFirst) {
  RequestHead head;
  ASSERT_EQ(parse("GET / HTTP/1.2\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", head),
            ParseError::kNone);
  EXPECT_EQ(head.minor_version, 2);
  EXPECT_EQ(head.body, BodyKind::kChunked);
  EXPECT_EQ(parse("GET / HTTP/1.9\r\n\r\n"), ParseError::kBad) << "as any without Host";
}

struct Refused {
  const char* what;
  const char* text;
  ParseError error = ParseError::kBad;
};

class RefusedHead : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedHead, IsNotForwarded) {
  EXPECT_EQ(parse(GetParam().text), GetParam().error) << GetParam().what;
}

#define HEAD(fields) "GET / HTTP/1.1\r\nHost: x\r\n" fields "\r\n\r\n"

INSTANTIATE_TEST_SUITE_P(
    Heads, RefusedHead,
    ::testing::Values(
        Refused{"no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"two spaces", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"fragment", "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"method of odd characters", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"no version", "GET /\r\nHost: x\r\n\r\n"},
        Refused{"lower-case version", "GET / http/1.1\r\nHost: x\r\n\r\n"},
        Refused{"version 2", "GET / HTTP/2.0\r\nHost: x\r\n\r\n", ParseError::kVersion},
        Refused{"version 0.9", "GET / HTTP/0.9\r\nHost: x\r\n\r\n", ParseError::kVersion},
        Refused{"version 1.10", "GET / HTTP/1.10\r\nHost: x\r\n\r\n"},
        Refused{"other scheme", "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"scheme alone", "GET https:// HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"query for a host", "GET http://?a HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"user in the target", "GET https://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n"},
        Refused{"bare line feed", "GET / HTTP/1.1\nHost: x\r\n\r\n"},
        Refused{"bare line feed at the end", "GET / HTTP/1.1\r\nHost: x\n\n"},
        Refused{"bare carriage return", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n"},
        Refused{"no host", "GET / HTTP/1.1\r\n\r\n"},
        Refused{"two hosts", HEAD("Host: x")},
        Refused{"host with a slash", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n"},
        Refused{"host with user", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n"},
        Refused{"space before the colon", HEAD("A : b")},
        Refused{"no colon", HEAD("A")},
        Refused{"no name", HEAD(": b")},
        Refused{"folded", HEAD("A: b\r\n c")},
        Refused{"folded first", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
        Refused{"control character", HEAD("A: b\x01")},
        Refused{"delete character", HEAD("A: b\x7f")},
        Refused{"length not a number", HEAD("Content-Length: a")},
        Refused{"signed length", HEAD("Content-Length: +5")},
        Refused{"negative length", HEAD("Content-Length: -5")},
        Refused{"hexadecimal length", HEAD("Content-Length: 0x5")},
        Refused{"length list", HEAD("Content-Length: 5, 5")},
        Refused{"doubled length", HEAD("Content-Length: 5\r\nContent-Length: 5")},
        Refused{"empty length", HEAD("Content-Length:")},
        Refused{"enormous length", HEAD("Content-Length: 9999999999999999999")},
        Refused{"length and chunked", HEAD("Content-Length: 5\r\nTransfer-Encoding: chunked")},
        Refused{"chunked and length", HEAD("Transfer-Encoding: chunked\r\nContent-Length: 5")},
        Refused{"doubled coding", HEAD("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")},
        Refused{"unknown coding", HEAD("Transfer-Encoding: gzip"), ParseError::kNotImplemented},
        Refused{"coding list", HEAD("Transfer-Encoding: gzip, chunked"),
                ParseError::kNotImplemented},
        Refused{"chunked not last", HEAD("Transfer-Encoding: chunked, gzip")},
        Refused{"chunked twice", HEAD("Transfer-Encoding: chunked, chunked")},
        Refused{"list of one", HEAD("Transfer-Encoding: chunked,")},
        Refused{"coding with parameter", HEAD("Transfer-Encoding: chunked;q=1"),
                ParseError::kNotImplemented},
        Refused{"lookalike coding", HEAD("Transfer-Encoding: xchunked"),
                ParseError::kNotImplemented},
        Refused{"empty coding", HEAD("Transfer-Encoding:")},
        Refused{"chunked in HTTP/1.0",
                "GET / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"}));

TEST(RequestHead, NulIsRefusedAnywhere) {
  const std::string good = "GET /path HTTP/1.1\r\nHost: x\r\nA: b\r\n\r\n";
  for (size_t i = 0; i + 4 < good.size(); ++i) {
    std::string bad = good;
    bad[i] = '\0';
    EXPECT_NE(parse(bad), ParseError::kNone) << i;
  }
}

TEST(RequestHead, AHundredFieldsAndNoMore) {
  std::string fields;
  for (size_t i = 1; i < RequestLimits().fields; ++i) fields += "A: b\r\n";
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n"), ParseError::kNone);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n" + fields + "\r\n"),
            ParseError::kTooLarge);
}

TEST(RequestHead, ConnectionIsUnderstood) {
  RequestHead head;
  static const std::string text = HEAD("Connection: Close, X-One\r\nConnection: ,x-two,");
  ASSERT_EQ(parse(text, head), ParseError::kNone);
  EXPECT_TRUE(head.connection_close);
  EXPECT_TRUE(head.connection_lists("x-one"));
  EXPECT_TRUE(head.connection_lists("X-Two"));
  EXPECT_FALSE(head.connection_lists("x-three"));
}

TEST(HeadScanner, FindsTheEndInAnyPieces) {
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\nrest";
  EXPECT_EQ(scan(text), text.size() - 4);
  EXPECT_EQ(scan(text + "\r\n\r\n\n"), text.size() - 4) << "what follows does not matter";
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nHost: x\r\n"), 0U);
}

TEST(ResponseHead, BodiesEndAsTheRulesSay) {
  const auto kind = [](const std::string& text, bool to_head = false) {
    ResponseHead head;
    EXPECT_EQ(parse_response_head(text, to_head, head), ParseError::kNone) << text;
    return head.body;
  };
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), BodyKind::kLength);
  EXPECT_EQ(kind("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 200\r\nTransfer-Encoding: Chunked\r\n\r\n"), BodyKind::kChunked);
  EXPECT_EQ(kind("HTTP/1.1 200 \r\n\r\n"), BodyKind::kUntilClose);
  EXPECT_EQ(kind("HTTP/1.1 204 No Content\r\n\r\n"), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"), BodyKind::kNone);
  EXPECT_EQ(kind("HTTP/1.1 100 Continue\r\n\r\n"), BodyKind::kNone);
}

TEST(ResponseHead, NonsenseIsRefused) {
  ResponseHead head;
  for (const char* text :
       {"HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n", "ICY 200 OK\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    EXPECT_NE(parse_response_head(text, false, head), ParseError::kNone) << text;
  }
}

}  // namespace
}  // namespace limpet::http
