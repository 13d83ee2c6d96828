// Answers of endpoints that cannot be trusted: what is no sound response is a 502, what breaks off
// is never a clean end, and what is left on a connection reaches nobody. And the fields that are
// for one connection alone, both ways. The sections are those of RFC 9112.
#include <vector>

#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;

struct Hostile {
  const char* what;
  std::string bytes;
};

const std::string kNul("\0", 1);

std::string ok(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\n" + body;
}
std::string status(const std::string& line) { return line + "\r\nContent-Length: 0\r\n\r\n"; }

std::vector<Hostile> bad_lines() {
  return {
      {"§4 no HTTP", "220 ready\r\n\r\n"},
      {"§4 two digits", status("HTTP/1.1 20 OK")},
      {"§4 four digits", status("HTTP/1.1 2000 OK")},
      {"§4 below 100", status("HTTP/1.1 099 OK")},
      {"§4 letters", status("HTTP/1.1 2x0 OK")},
      {"§4 two spaces", status("HTTP/1.1  200 OK")},
      {"§4 no space", status("HTTP/1.1 200OK")},
      {"§4 space first", status(" HTTP/1.1 200 OK")},
      {"§2.3 version 2", status("HTTP/2.0 200 OK")},
      {"§2.3 lower case", status("http/1.1 200 OK")},
      {"§4 NUL in the reason", status("HTTP/1.1 200 O" + kNul)},
      {"§2.2 carriage return in the reason", status("HTTP/1.1 200 O\rK")},
      {"§2.2 bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
      {"§2.2 empty line first", "\r\n" + status("HTTP/1.1 200 OK")},
  };
}

std::vector<Hostile> bad_fields() {
  return {
      {"§5.2 folded line", ok("Content-Length: 0\r\nA: b\r\n c")},
      {"§5.1 space before the colon", ok("Content-Length : 0")},
      {"§5 no colon", ok("Content-Length: 0\r\nA")},
      {"§5 no name", ok("Content-Length: 0\r\n: b")},
      {"9110 §5.5 control character", ok("Content-Length: 0\r\nA: \x01")},
      {"9110 §5.5 NUL", ok("Content-Length: 0\r\nA: " + kNul)},
      {"§2.2 carriage return", ok("Content-Length: 0\r\nA: b\rSet-Cookie: c=d")},
      {"too many fields", ok("Content-Length: 0" +
                             [] {
                               std::string fields;
                               for (int i = 0; i < 256; ++i) fields += "\r\nA: b";
                               return fields;
                             }())},
      {"too large", ok("Content-Length: 0\r\nA: " + std::string(70'000, 'a'))},
  };
}

std::vector<Hostile> bad_framing() {
  return {
      {"§6.3 two equal lengths", ok("Content-Length: 1\r\nContent-Length: 1", "a")},
      {"§6.3 two lengths", ok("Content-Length: 1\r\nContent-Length: 2", "ab")},
      {"§6.3 list of lengths", ok("Content-Length: 1, 2", "ab")},
      {"§6.2 negative length", ok("Content-Length: -1", "a")},
      {"§6.2 signed length", ok("Content-Length: +1", "a")},
      {"§6.2 length of letters", ok("Content-Length: a", "a")},
      {"§6.2 empty length", ok("Content-Length:", "a")},
      {"§6.2 length beyond 64 bits", ok("Content-Length: 18446744073709551617", "a")},
      {"§6.3 length and coding",
       ok("Content-Length: 1\r\nTransfer-Encoding: chunked", "0\r\n\r\n")},
      {"§6.1 unknown coding", ok("Transfer-Encoding: gzip", "a")},
      {"§6.1 chunked twice", ok("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")},
      {"§6.1 coding in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"§6.1 coding in 204", "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"§6.1 coding in 103",
       "HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n" + status("HTTP/1.1 200 OK")},
      {"9110 §15.2.2 upgrade that nobody asked for",
       "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"},
      {"§7.1 no chunk", ok("Transfer-Encoding: chunked", "hello")},
      {"§7.1 signed size", ok("Transfer-Encoding: chunked", "-1\r\na\r\n0\r\n\r\n")},
      {"9110 §6.5.1 length as trailer",
       ok("Transfer-Encoding: chunked", "0\r\nContent-Length: 1\r\n\r\n")},
  };
}

class ResponseTest : public WorkerTest {
 protected:
  ResponseTest() { serve(upstream_.port()); }

  // What the endpoint says to any request but GET /good, from then on.
  void say(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  void expect_bad_gateway(const std::vector<Hostile>& cases) {
    for (const Hostile& hostile : cases) {
      say({hostile.bytes});
      RawConnection one = client();
      one.send(kGet);
      const std::string answer = one.read_until("is not valid HTTP/1.1\n");
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 502 ")) << hostile.what << ": " << answer;
      // The client's connection goes on, the endpoint's does not.
      one.send(kGood);
      EXPECT_EQ(one.read_until("good"), ok_response("good")) << hostile.what;
    }
  }

  static constexpr char kGood[] = "GET /good HTTP/1.1\r\nHost: h\r\n\r\n";
  std::mutex mutex_;
  Answer answer_;  // guarded by mutex_
  FakeUpstream upstream_{[this](const std::string& request) {
    if (request.find(" /good ") != std::string::npos) return Answer{ok_response("good")};
    const std::lock_guard lock(mutex_);
    return answer_;
  }};
};

TEST_F(ResponseTest, AStatusLineOutsideTheGrammarIsABadGateway) { expect_bad_gateway(bad_lines()); }
TEST_F(ResponseTest, FieldsOutsideTheGrammarAreABadGateway) { expect_bad_gateway(bad_fields()); }
TEST_F(ResponseTest, ABodyWithoutACertainEndIsABadGateway) { expect_bad_gateway(bad_framing()); }

TEST_F(ResponseTest, ABodyThatBreaksOffIsNeverACleanEnd) {
  const std::string chunked = ok("Transfer-Encoding: chunked");
  const std::string large(100'000, 'a');
  for (const std::string& bytes :
       {ok("Content-Length: 3", "ab"), ok("Content-Length: 3"), chunked, chunked + "3\r\nab",
        chunked + "2\r\nab", chunked + "2\r\nab\r\n", chunked + "2\r\nab\r\n0",
        chunked + "2\r\nab\r\n0\r\n", chunked + "0\r\nA: b\r\n",
        chunked + "186a0\r\n" + large + "\r\n-1\r\n", chunked + "186a0\r\n" + large + "x\r\n"}) {
    say({bytes, true});
    RawConnection one = client();
    one.send(kGet);
    const std::string got = one.read_all();
    EXPECT_TRUE(one.was_reset()) << bytes.substr(0, 100);
    EXPECT_FALSE(got.ends_with("0\r\n\r\n"));
  }
}

TEST_F(ResponseTest, BytesBehindAResponseReachNobody) {
  for (const std::string& bytes :
       {ok("Content-Length: 2", "ok") + ok("Content-Length: 4", "evil"),
        ok("Transfer-Encoding: chunked", "2\r\nok\r\n0\r\n\r\n") + ok("Content-Length: 4", "evil"),
        std::string("HTTP/1.1 204 ok\r\nContent-Length: 4\r\n\r\nevil"),
        std::string("HTTP/1.1 304 ok\r\nContent-Length: 4\r\n\r\nevil")}) {
    say({bytes});
    const int before = upstream_.connections();
    RawConnection one = client();
    one.send(std::string(kGet) + kGood);
    const std::string all = one.read_until("good");
    EXPECT_EQ(all.find("evil"), std::string::npos) << all;
    EXPECT_TRUE(all.ends_with(ok_response("good"))) << all;
    EXPECT_LE(upstream_.connections(), before + 2);
  }
}

TEST_F(ResponseTest, A204ThatAnnouncesABodyIsTheLastOfItsConnection) {
  RawConnection one = client();
  say({"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n"});  // which may come later
  one.send(std::string(kGet) + kGood);
  EXPECT_EQ(one.read_until("good"), "HTTP/1.1 204 No Content\r\n\r\n" + ok_response("good"));
  EXPECT_EQ(upstream_.connections(), 2);
}

TEST_F(ResponseTest, ResponsesWithoutBodyLeaveTheConnectionsInUse) {
  RawConnection one = client();
  say({"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"});
  one.send(std::string(kGet) + kGood);
  EXPECT_EQ(one.read_until("good"), "HTTP/1.1 204 No Content\r\n\r\n" + ok_response("good"))
      << "9110 §8.6: no length";
  say({"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"});
  one.send(std::string(kGet) + kGood);
  EXPECT_EQ(one.read_until("good"),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n" + ok_response("good"));
  for (const std::string& head : {ok("Content-Length: 9"), ok("Transfer-Encoding: chunked")}) {
    say({head});
    one.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + std::string(kGood));
    EXPECT_EQ(one.read_until("good"), head + ok_response("good"));
  }
  EXPECT_EQ(upstream_.connections(), 1);
}

TEST_F(ResponseTest, InterimResponsesAreForThoseWhoKnowThem) {
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
  const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  say({go_on + hints + hints + ok_response("then"), true});
  RawConnection one = client();
  one.send("GET /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(one.read_until("then"), go_on + hints + hints + ok_response("then"));
  const std::string old = ask("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(old.starts_with("HTTP/1.1 200 ")) << old;
  EXPECT_TRUE(old.ends_with("then"));
}

TEST_F(ResponseTest, FieldsForOneConnectionStayThere) {
  say({ok(
      "Set-Cookie: a=1\r\nConnection: X-Hop, Set-Cookie2, Cache-Control, Content-Length\r\n"
      "X-Hop: 1\r\nSet-Cookie: b=2; Expires=Wed, 01 Jan 2020 00:00:00 GMT\r\n"
      "Keep-Alive: timeout=5\r\nCache-Control: no-cache\r\nContent-Length: 2\r\nUpgrade: h2c\r\n"
      "Set-Cookie: c=3",
      "ok")});
  RawConnection one = client();
  one.send(
      "GET /a HTTP/1.1\r\nB: 1\r\nHost: h\r\nTE: deflate;q=0.5, Trailers\r\nX-Hop: 1\r\n"
      "Connection: TE, x-hop, Host, Cookie,, keep-alive\r\nProxy-Connection: close\r\n"
      "Keep-Alive: 5\r\nCookie: a=1\r\nCookie: b=2\r\nb: 2\r\nUpgrade: x\r\n\r\n");
  EXPECT_EQ(one.read_until("\r\n\r\nok"),
            ok("Set-Cookie: a=1\r\nSet-Cookie: b=2; Expires=Wed, 01 Jan 2020 00:00:00 GMT\r\n"
               "Cache-Control: no-cache\r\nContent-Length: 2\r\nSet-Cookie: c=3",
               "ok"));
  EXPECT_EQ(upstream_.requests().at(0),
            "GET /a HTTP/1.1\r\nB: 1\r\nHost: h\r\nCookie: a=1; b=2\r\nb: 2\r\n"
            "Connection: TE\r\nTE: trailers\r\nX-Forwarded-For: 127.0.0.1\r\n"
            "X-Forwarded-Proto: http\r\nX-Forwarded-Host: h\r\nX-Forwarded-Port: 8000\r\n\r\n");
}

}  // namespace
}  // namespace limpet::testing
