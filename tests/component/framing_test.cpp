// Requests that two readers could understand differently, byte by byte as an attacker sends them:
// each is answered once, with a refusal, and the connection ends; no endpoint hears of it. The
// sections are those of RFC 9112.
#include <vector>

#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

constexpr char kNext[] = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

struct Hostile {
  const char* what;
  std::string bytes;
  int status = 400;
};

std::string get(const std::string& fields, const std::string& line = "GET / HTTP/1.1") {
  return line + "\r\nHost: h\r\n" + fields + "\r\n\r\n";
}
std::string line(const std::string& request_line) { return request_line + "\r\nHost: h\r\n\r\n"; }
std::string host(const std::string& value) {
  return "GET / HTTP/1.1\r\nHost: " + value + "\r\n\r\n";
}
std::string chunks(const std::string& body) { return get("Transfer-Encoding: chunked") + body; }

const std::string kNul("\0", 1);

std::vector<Hostile> lengths() {
  return {
      {"§6.1 length and coding",
       get("Content-Length: 4\r\nTransfer-Encoding: chunked") + "0\r\n\r\n"},
      {"§6.1 coding and length",
       get("Transfer-Encoding: chunked\r\nContent-Length: 4") + "0\r\n\r\n"},
      {"§6.3 two equal lengths", get("Content-Length: 1\r\nContent-Length: 1") + "a"},
      {"§6.3 two lengths", get("Content-Length: 1\r\nContent-Length: 2") + "ab"},
      {"§6.3 list of lengths", get("Content-Length: 1, 1") + "a"},
      {"§6.2 length with a plus", get("Content-Length: +1") + "a"},
      {"§6.2 length with a minus", get("Content-Length: -1") + "a"},
      {"§6.2 length with a space", get("Content-Length: 1 1") + "a"},
      {"§6.2 length in hexadecimal", get("Content-Length: 0x1") + "a"},
      {"§6.2 length with a point", get("Content-Length: 1.0") + "a"},
      {"§6.2 empty length", get("Content-Length:")},
      {"§6.2 length beyond 64 bits", get("Content-Length: 18446744073709551617") + "a"},
      {"§6.2 length with a form feed", get("Content-Length: \x0c"
                                           "1") +
                                           "a"},
  };
}

std::vector<Hostile> codings() {
  return {
      {"§6.3 chunked not last", get("Transfer-Encoding: chunked, gzip")},
      {"§6.1 chunked twice", get("Transfer-Encoding: chunked, chunked")},
      {"§6.1 chunked in two lines",
       get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked")},
      {"§6.1 unknown behind chunked, in two lines",
       get("Transfer-Encoding: chunked\r\nTransfer-Encoding: x")},
      {"§6.1 empty coding", get("Transfer-Encoding:")},
      {"§6.1 coding in HTTP/1.0", get("Transfer-Encoding: chunked", "GET / HTTP/1.0")},
      {"§6.1 vertical tab", get("Transfer-Encoding: \x0b"
                                "chunked")},
      {"§5.1 space before the colon", get("Transfer-Encoding : chunked")},
      {"§6.1 unknown coding", get("Transfer-Encoding: x"), 501},
      {"§6.1 unknown coding, then chunked", get("Transfer-Encoding: gzip, chunked"), 501},
      {"§6.1 look-alike", get("Transfer-Encoding: xchunked"), 501},
      {"§6.1 quoted", get("Transfer-Encoding: \"chunked\""), 501},
      {"§6.1 with a parameter", get("Transfer-Encoding: chunked;q=1"), 501},
      {"§6.1 identity", get("Transfer-Encoding: identity"), 501},
  };
}

std::vector<Hostile> fields() {
  return {
      {"§5.2 folded line", get("A: b\r\n c")},
      {"§5.2 folded line with a tab", get("A: b\r\n\tc")},
      {"§2.2 white space before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
      {"§5.1 tab before the colon", get("A\t: b")},
      {"§5 no colon", get("A")},
      {"§5 no name", get(": b")},
      {"§5 control character in a name", get("A\x01: b")},
      {"§5 parenthesis in a name", get("A(: b")},
      {"§5 high byte in a name", get("A\xe9: b")},
      {"9110 §5.5 control character in a value", get("A: b\x01")},
      {"9110 §5.5 delete", get("A: b\x7f")},
      {"9110 §5.5 NUL in a value", get("A: b" + kNul)},
      {"§5 NUL in a name", get("A" + kNul + ": b")},
      {"§2.2 bare carriage return in a value", get("A: b\rContent-Length: 1")},
      {"§2.2 bare carriage return at a line's end", get("A: b\r\rB: c")},
      {"§2.2 bare line feed behind a field", get("A: b\nB: c")},
      {"§2.2 bare line feed at the end", "GET / HTTP/1.1\r\nHost: h\r\n\n"},
      {"§2.2 bare line feeds", "GET / HTTP/1.1\nHost: h\n\n"},
      {"§2.2 bare line feed first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
  };
}

std::vector<Hostile> request_lines() {
  return {
      {"§3 two spaces", line("GET  / HTTP/1.1")},
      {"§3 tab", line("GET\t/ HTTP/1.1")},
      {"§3 space at the end", line("GET / HTTP/1.1 ")},
      {"§3 space first", line(" GET / HTTP/1.1")},
      {"§3.1 odd method", line("G@T / HTTP/1.1")},
      {"§3.1 NUL in the method", line("GET" + kNul + " / HTTP/1.1")},
      {"§3.2 space in the target", line("GET /a b HTTP/1.1")},
      {"§3.2 fragment", line("GET /a#b HTTP/1.1")},
      {"§3.2 NUL in the target", line("GET /a" + kNul + " HTTP/1.1")},
      {"§3.2 control character in the target", line("GET /a\x01 HTTP/1.1")},
      {"§3.2 carriage return in the target", line("GET /a\rb HTTP/1.1")},
      {"§3.2 high byte in the target", line("GET /\xc3\xa9 HTTP/1.1")},
      {"§3.2.1 no slash", line("GET a HTTP/1.1")},
      {"§3.2.2 other scheme", line("GET ftp://h/ HTTP/1.1")},
      {"§3.2.2 no authority", line("GET http:///a HTTP/1.1")},
      {"§3.2.2 user", line("GET http://u@h/ HTTP/1.1")},
      {"§3.2.3 authority-form", line("CONNECT h:80 HTTP/1.1")},
      {"§3.2.3 authority-form with another method", line("GET h:80 HTTP/1.1")},
      {"§3.2.4 asterisk-form with another method", line("GET * HTTP/1.1")},
      {"§2.3 HTTP/0.9", line("GET /")},
      {"§2.3 lower case", line("GET / http/1.1")},
      {"§2.3 no minor version", line("GET / HTTP/1")},
      {"§2.3 two digits", line("GET / HTTP/1.10")},
      {"§2.3 zero first", line("GET / HTTP/01.1")},
      {"§2.3 letters", line("GET / HTTP/1.x")},
      {"§2.3 other protocol", line("GET / ICY/1.1")},
      {"§2.3 version 0.9 in words", line("GET / HTTP/0.9"), 505},
      {"9113 §3.4 preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"§2.2 more than one empty line", "\r\n\r\n" + line("GET / HTTP/1.1")},
  };
}

std::vector<Hostile> hosts() {
  return {
      {"§3.2 no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n"},
      {"§3.2 two Hosts", get("Host: h")},
      {"§3.2 two Hosts, absolute-form", get("Host: h", "GET http://h/ HTTP/1.1")},
      {"§3.2 no Host, absolute-form", "GET http://h/ HTTP/1.1\r\n\r\n"},
      {"§3.2 bad Host, absolute-form", "GET http://h/ HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"§3.2 two Hosts in HTTP/1.0", get("Host: h", "GET / HTTP/1.0")},
      {"9110 §4.2.1 empty Host", host("")},
      {"9110 §4.2.1 port alone", host(":80")},
      {"9110 §7.2 user", host("u@h")},
      {"9110 §7.2 path", host("h/a")},
      {"9110 §7.2 query", host("h?a")},
      {"9110 §7.2 space", host("h i")},
      {"9110 §7.2 scheme", host("http://h")},
      {"9110 §7.2 two ports", host("h:1:2")},
      {"9110 §7.2 port of letters", host("h:a")},
      {"9110 §7.2 signed port", host("h:-1")},
      {"9110 §7.2 port too great", host("h:65536")},
      {"9110 §7.2 open bracket", host("[::1")},
      {"9110 §7.2 bracket inside", host("a[b]")},
      {"9110 §7.2 text behind the bracket", host("[::1]a")},
      {"9110 §7.2 empty brackets", host("[]")},
      {"9110 §7.2 letters in brackets", host("[h]")},
      {"9110 §7.2 half an escape", host("h%4")},
      {"9110 §7.2 escape of letters", host("h%zz")},
      {"9110 §7.2 high byte", host("h\xe9")},
      {"9110 §7.2 too long", host(std::string(301, 'h'))},
  };
}

std::vector<Hostile> bad_chunks() {
  return {
      {"§7.1 no size", chunks("\r\na\r\n0\r\n\r\n")},
      {"§7.1 signed size", chunks("+1\r\na\r\n0\r\n\r\n")},
      {"§7.1 negative size", chunks("-1\r\na\r\n0\r\n\r\n")},
      {"§7.1 0x", chunks("0x1\r\na\r\n0\r\n\r\n")},
      {"§7.1 space first", chunks(" 1\r\na\r\n0\r\n\r\n")},
      {"§7.1 space behind", chunks("1 \r\na\r\n0\r\n\r\n")},
      {"§7.1 size beyond 64 bits", chunks("10000000000000001\r\na\r\n0\r\n\r\n")},
      {"§7.1 sixteen digits", chunks("ffffffffffffffff\r\na")},
      {"§7.1 zeros without end", chunks(std::string(100, '0') + "1\r\na\r\n0\r\n\r\n")},
      {"§7.1 not a digit", chunks("g\r\na\r\n0\r\n\r\n")},
      {"§7.1 NUL", chunks("1" + kNul + "\r\na\r\n0\r\n\r\n")},
      {"§7.1 bare line feed behind the size", chunks("1\na\r\n0\r\n\r\n")},
      {"§7.1 bare carriage return behind the size", chunks("1\ra\r\n0\r\n\r\n")},
      {"§7.1 data too long", chunks("1\r\nab\r\n0\r\n\r\n")},
      {"§7.1 line feed alone behind the data", chunks("1\r\na\n0\r\n\r\n")},
      {"§7.1 no end behind the data", chunks("1\r\na0\r\n\r\n")},
      {"§7.1.1 line feed in an extension", chunks("1;a\nb\r\na\r\n0\r\n\r\n")},
      {"§7.1.1 carriage return in an extension", chunks("1;a\rb\r\na\r\n0\r\n\r\n")},
      {"§7.1.1 long extension", chunks("1;" + std::string(1025, 'a') + "\r\na\r\n0\r\n\r\n")},
      {"§7.1.2 bare line feed at the end", chunks("0\r\n\n")},
      {"§7.1.2 folded trailer", chunks("0\r\nA: b\r\n c\r\n\r\n")},
      {"§7.1.2 space before the trailer's colon", chunks("0\r\nA : b\r\n\r\n")},
      {"§7.1.2 control character in a trailer", chunks("0\r\nA: \x01\r\n\r\n")},
      {"9110 §6.5.1 length as trailer", chunks("0\r\nContent-Length: 1\r\n\r\n")},
      {"9110 §6.5.1 coding as trailer", chunks("0\r\ntransfer-encoding: chunked\r\n\r\n")},
      {"9110 §6.5.1 Host as trailer", chunks("0\r\nHost: h\r\n\r\n")},
      {"9110 §6.5.1 address as trailer", chunks("0\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n")},
      {"§7.1.2 long trailers", chunks("0\r\nA: " + std::string(9'000, 'a') + "\r\n\r\n")},
  };
}

class FramingTest : public WorkerTest {
 protected:
  FramingTest() { serve(upstream_.port()); }

  void expect_refused(const std::vector<Hostile>& cases) {
    for (const Hostile& hostile : cases) {
      RawConnection one = client();
      one.send(hostile.bytes + kNext);
      const std::string answer = one.read_all();
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(hostile.status) + " "))
          << hostile.what << ": " << answer;
      EXPECT_NE(answer.find("\r\nconnection: close\r\n"), std::string::npos) << hostile.what;
      EXPECT_EQ(answer.find("\nHTTP/1.1 "), std::string::npos) << hostile.what << ": " << answer;
      EXPECT_FALSE(one.was_reset()) << hostile.what;
    }
    // Had a connection been made, it would have been accepted before this one.
    EXPECT_TRUE(ask("GET /good HTTP/1.1\r\nHost: h\r\n\r\n").ends_with("\r\n\r\nok"));
    EXPECT_EQ(upstream_.connections(), 1);
    EXPECT_EQ(upstream_.requests().size(), 1U);
  }
  // The request as the endpoint sees it.
  std::string passed(const std::string& bytes) {
    const size_t before = upstream_.requests().size();
    const std::string answer = ask(bytes);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << bytes << answer;
    const std::vector<std::string> all = upstream_.requests();
    return all.size() == before + 1 ? all.back() : std::to_string(all.size() - before);
  }

  FakeUpstream upstream_{[](const std::string&) { return Answer{ok_response("ok")}; }};
};

TEST_F(FramingTest, LengthsThatAreNotOneNumberAreRefused) { expect_refused(lengths()); }
TEST_F(FramingTest, CodingsOtherThanChunkedAreRefused) { expect_refused(codings()); }
TEST_F(FramingTest, FieldsOutsideTheGrammarAreRefused) { expect_refused(fields()); }
TEST_F(FramingTest, RequestLinesOutsideTheGrammarAreRefused) { expect_refused(request_lines()); }
TEST_F(FramingTest, HostsThatNameNoHostAreRefused) { expect_refused(hosts()); }
TEST_F(FramingTest, ChunksOutsideTheGrammarAreRefused) { expect_refused(bad_chunks()); }

TEST_F(FramingTest, NothingBehindARefusedRequestIsServed) {
  RawConnection one = client();
  one.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\n\r\n" + std::string(kNext));
  const std::string all = one.read_all();
  EXPECT_TRUE(all.starts_with(ok_response("ok") + "HTTP/1.1 400 ")) << all;
  EXPECT_EQ(upstream_.requests().size(), 1U);
}

TEST_F(FramingTest, HalfAHeadIsAnsweredWhenTheClientStopsSending) {
  EXPECT_TRUE(ask("GET /\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(ask(""), "");
  EXPECT_EQ(ask("\r\n"), "");
}

// A body that goes wrong late has been passed on in part: the endpoint must not take it for whole.
TEST_F(FramingTest, ABodyThatGoesWrongLateIsNeverWholeForTheEndpoint) {
  RawConnection one = client();
  const std::string large(40'000, 'a');
  one.send(chunks("9c40\r\n" + large + "\r\n-1\r\n0\r\n\r\n") + kNext);
  EXPECT_TRUE(one.read_all().starts_with("HTTP/1.1 400 "));
  upstream_.wait_for_closed(1);
  EXPECT_TRUE(upstream_.requests().empty());
}

TEST_F(FramingTest, WhatIsSoundIsPassed) {
  EXPECT_TRUE(passed(get("Content-Length: 2") + "ab").ends_with("\r\n\r\nab"));
  EXPECT_TRUE(
      passed(chunks("1;a=\"b\"\r\na\r\n00a\r\n0123456789\r\n0\r\nDigest: x\r\n\r\n"))
          .ends_with("\r\n\r\n1;a=\"b\"\r\na\r\n00a\r\n0123456789\r\n0\r\nDigest: x\r\n\r\n"));
  EXPECT_TRUE(passed("GET http://a.b:1/c?d HTTP/1.1\r\nHost: other\r\n\r\n")
                  .starts_with("GET /c?d HTTP/1.1\r\nHost: a.b:1\r\n"));
  EXPECT_TRUE(passed("GET https://a.b?c HTTP/1.2\r\nHost: other\r\n\r\n")
                  .starts_with("GET /?c HTTP/1.1\r\nHost: a.b\r\n"));
  EXPECT_TRUE(passed(line("OPTIONS * HTTP/1.1")).starts_with("OPTIONS * HTTP/1.1\r\n"));
  EXPECT_TRUE(passed(line("OPTIONS http://h HTTP/1.1")).starts_with("OPTIONS * HTTP/1.1\r\n"));
  EXPECT_TRUE(passed("\r\n" + line("GET / HTTP/1.1")).starts_with("GET / HTTP/1.1\r\n"));
  for (const char* good :
       {"h", "h:", "h:80", "H.example.", "[::1]", "[::ffff:1.2.3.4]:80", "a_b%20"}) {
    EXPECT_NE(passed(host(good)).find(std::string("\r\nHost: ") + good + "\r\n"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace limpet::testing
