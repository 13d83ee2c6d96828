// The pieces in which bytes come and go do not matter: requests and responses are read and written
// in two pieces, cut at each byte in turn, and byte by byte, on the client's side and on the
// endpoint's; what both get is what they get of the whole.
#include <algorithm>

#include "tests/component/io_fixture.h"

namespace limpet::testing {
namespace {

using Answer = RecordingUpstream::Answer;

const std::string kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kLastGet = "GET /z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
constexpr char kChunkedOk[] =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n"
    "5;x=y\r\nhello\r\n0a\r\n0123456789\r\n0\r\nT: u\r\nA:\r\n\r\n";

Scenario refused(const std::string& name, const std::string& sends) {
  return {name, sends, in_turn({{ok_response("")}})};
}

Scenario answered(const std::string& name, const std::string& answer, bool close = false) {
  return {name, kLastGet, in_turn({{answer, close}})};
}

std::vector<Scenario> requests() {
  const auto ok = in_turn({{ok_response("ok")}});
  const std::string post = "POST /a HTTP/1.1\r\nHost: h\r\n";
  return {
      {"EmptyLineFirst", "\r\n" + kLastGet, ok},
      {"Pipelined", kGet + post + "Content-Length: 3\r\n\r\nxyz" + kLastGet,
       in_turn({{ok_response("one")}, {kChunkedOk}, {ok_response("three")}})},
      {"Chunked",
       post +
           "TE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n"
           "3;e=\"f\"\r\nabc\r\n1\r\nd\r\n0\r\nT: u\r\n\r\n" +
           kLastGet,
       ok},
      {"Fields",
       "PUT http://a.b/c?d=e HTTP/1.1\r\nHost: x\r\nCookie: a=1; sid=2; b=3\r\nX-Forwarded-For: "
       "1.2.3.4\r\nConnection: X-Own, close\r\nX-Own: 1\r\nContent-Length: 1\r\n\r\nz",
       ok, false, true},
      {"OldClient", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n", ok},
      {"Head", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + kLastGet,
       in_turn({{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}, {ok_response("after")}})},
      refused("BareLineFeed", "GET /a HTTP/1.1\nHost: h\r\n\r\n"),
      refused("NoHost", "GET /a HTTP/1.1\r\nA: b\r\n\r\n"),
      refused("LengthAndCoding",
              post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      refused("UnknownCoding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
      refused("SpaceBeforeColonInTheSecond", kGet + "GET /b HTTP/1.1\r\nHost : h\r\n\r\n"),
      {"Tunnel",
       "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\necho, no "
       "HTTP",
       in_turn({{"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: "
                 "websocket\r\n\r\nearly, no HTTP;",
                 false, false, true}}),
       false, false, true},
      {"HalfAHead", "GET /a HTTP/1.1\r\nHos", ok, false, false, true},
      {"HalfClosed", kGet, ok, false, false, true},
  };
}

// How much of them has gone to an endpoint when they turn out to be bad depends on the pieces.
std::vector<Scenario> bad_bodies() {
  const std::string post = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  return {
      refused("NoSize", post + "\r\n\r\n"),
      refused("BadSize", post + "2\r\nab\r\nxyz\r\n"),
      refused("DataTooLong", post + "2\r\nabc\r\n0\r\n\r\n"),
      refused("TrailerThatFrames", post + "2\r\nab\r\n0\r\nContent-Length: 3\r\n\r\n"),
  };
}

std::vector<Scenario> responses() {
  return {
      answered("Length", ok_response("hello")),
      answered("Chunked", kChunkedOk),
      answered("UntilClose", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\nuntil the end", true),
      answered("OldEndpoint",
               "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"),
      answered("Interim",
               "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\nKeep-Alive: "
               "x\r\n\r\n" +
                   ok_response("then")),
      answered("NoContent", "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n"),
      answered("NotModified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"),
      answered("HopByHop",
               "HTTP/1.1 200 OK\r\nConnection: close, X-Own\r\nX-Own: 1\r\nKeep-Alive: x\r\n"
               "Content-Length: 2\r\n\r\nok",
               true),
      {"NewSession", kLastGet, in_turn({{ok_response("bound")}}), false, true},
      answered("BadStatusLine", "HTTP/1.1 2000 OK\r\n\r\n", true),
      answered("TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
      answered("BareLineFeed", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
      answered("BodyCutShort", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", true),
      answered("ChunksCutShort",
               "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", true),
  };
}

// Without what differs from one time to the next.
std::string timeless(std::string bytes) {
  for (const std::string varying : {"\r\ndate: ", "\r\nset-cookie: sid="}) {
    const size_t found = bytes.find(varying);
    if (found == std::string::npos) continue;
    const size_t value = found + varying.size();
    bytes.erase(value, bytes.find('\r', value) - value);
  }
  return bytes;
}

// A reset may overtake what was sent before it.
void expect_same_answer(const Outcome& outcome, const Outcome& whole) {
  EXPECT_EQ(outcome.reset, whole.reset);
  if (whole.reset && outcome.reset) {
    const size_t common = std::min(outcome.client.size(), whole.client.size());
    EXPECT_EQ(outcome.client.substr(0, common), whole.client.substr(0, common));
  } else {
    EXPECT_EQ(timeless(outcome.client), timeless(whole.client));
  }
}

class ChunkingTest : public IoTest, public ::testing::WithParamInterface<Scenario> {
 protected:
  void split_everywhere(bool same_upstream = true) {
    const Outcome whole = run(GetParam());
    ASSERT_NE(whole.client, "");
    const size_t upstream_bytes = whole.upstream.empty() ? 0 : whole.upstream[0].size();
    const size_t answer_bytes = whole.client.size() + 200;  // hop-by-hop fields are left out
    using Sockets = FailingSockets;
    split(whole, same_upstream, "client's bytes", GetParam().sends.size(),
          [](size_t at) { Sockets::split_reads(Side::kClient, at); });
    split(whole, same_upstream, "endpoint's bytes", answer_bytes,
          [](size_t at) { Sockets::split_reads(Side::kUpstream, at); });
    split(whole, same_upstream, "bytes for the client", whole.client.size(),
          [](size_t at) { Sockets::split_writes(Side::kClient, at); });
    split(whole, same_upstream, "bytes for the endpoint", upstream_bytes,
          [](size_t at) { Sockets::split_writes(Side::kUpstream, at); });
  }

 private:
  void split(const Outcome& whole, bool same_upstream, const char* what, size_t size,
             const std::function<void(size_t)>& at_byte) {
    for (size_t at = 0; at < size && !HasFailure(); ++at) {
      SCOPED_TRACE(::testing::Message() << what << ", cut at " << at << " (0: everywhere)");
      bool fired = false;
      const Outcome pieces = run(
          GetParam(), [&] { at_byte(at); }, fired);
      expect_same_answer(pieces, whole);
      if (same_upstream) {
        EXPECT_EQ(pieces.upstream, whole.upstream);
      }
    }
  }
};

class BadBodyTest : public ChunkingTest {};

TEST_P(ChunkingTest, PiecesDoNotMatter) { split_everywhere(); }
TEST_P(BadBodyTest, PiecesDoNotMatterToTheClient) { split_everywhere(false); }

std::string name_of(const ::testing::TestParamInfo<Scenario>& scenario) {
  return scenario.param.name;
}

INSTANTIATE_TEST_SUITE_P(Requests, ChunkingTest, ::testing::ValuesIn(requests()), name_of);
INSTANTIATE_TEST_SUITE_P(Responses, ChunkingTest, ::testing::ValuesIn(responses()), name_of);
INSTANTIATE_TEST_SUITE_P(Requests, BadBodyTest, ::testing::ValuesIn(bad_bodies()), name_of);

}  // namespace
}  // namespace limpet::testing
