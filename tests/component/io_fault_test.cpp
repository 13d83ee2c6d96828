// Every socket call of a worker fails at every step, in every way that it can: whatever happens,
// the client sees a whole answer, a whole error, or a connection that visibly broke; what must not
// be done twice reaches one endpoint once; and nothing stays behind.
#include <algorithm>

#include "tests/component/io_fixture.h"
#include "tests/fuzz/http_reader.h"

namespace limpet::testing {
namespace {

using Answer = RecordingUpstream::Answer;

struct Seen {
  int status = 0;  // 0: not even its head is whole
  std::string body;
  bool whole = false;
  size_t cookies = 0;
};

// What a client makes of the bytes it got: final answers in order.
std::vector<Seen> read_answers(std::string_view text, bool reset) {
  std::vector<Seen> all;
  while (!text.empty()) {
    const auto head = fuzz::read_head(text);
    const auto answer = fuzz::read_response(text, false);
    if (!head || !answer) return all.emplace_back(), all;
    // What follows a switch of protocols is all one.
    const bool switched = head->first.substr(9, 3) == "101";
    Seen seen{std::stoi(head->first.substr(9, 3)), "", true, head->values("set-cookie").size()};
    const bool to_end = switched || answer->until_close;
    const size_t end = to_end ? text.size() : answer->end.value_or(text.size());
    seen.body = text.substr(answer->head, end - answer->head);
    seen.whole = to_end ? !reset : answer->end.has_value();
    text.remove_prefix(end);
    if (switched || seen.status >= 200) all.push_back(seen);
  }
  return all;
}

bool is_error_of_ours(int status) {
  static constexpr int kStatuses[] = {400, 408, 500, 502, 503, 504};
  return std::find(std::begin(kStatuses), std::end(kStatuses), status) != std::end(kStatuses);
}

void expect_right_or_broken(const std::vector<Seen>& right, std::vector<Seen> seen) {
  if (right.back().status == 101 && seen.size() > right.size()) {
    EXPECT_EQ(seen.back().status, 400) << "what was meant for a tunnel is no request";
    seen.pop_back();
  }
  ASSERT_LE(seen.size(), right.size());
  for (size_t i = 0; i < seen.size(); ++i) {
    const Seen& one = seen[i];
    if (!one.whole) {
      EXPECT_EQ(i + 1, seen.size()) << "nothing follows what is not whole";
    }
    if (one.status == 0) continue;
    if (one.status != right[i].status || is_error_of_ours(one.status)) {
      EXPECT_TRUE(is_error_of_ours(one.status)) << one.status << " " << one.body;
      EXPECT_EQ(one.cookies, 0U);
    } else if (one.whole) {
      EXPECT_EQ(one.body, right[i].body);
      EXPECT_EQ(one.cookies, right[i].cookies);
    } else {
      EXPECT_TRUE(right[i].body.starts_with(one.body));
    }
  }
}

size_t count_of(const std::string& text, const std::string& what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

// A POST that got so far as its first byte counts.
void expect_posts_once(const Scenario& scenario, const Outcome& outcome) {
  size_t posts = 0;
  for (const std::string& bytes : outcome.upstream) {
    posts += count_of(bytes, "POST ");
    const size_t last = bytes.rfind("\r\n\r\n");
    const std::string rest = last == std::string::npos ? bytes : bytes.substr(last + 4);
    posts += rest == "P" || rest == "PO" || rest == "POS" || rest == "POST" ? 1 : 0;
  }
  EXPECT_LE(posts, count_of(scenario.sends, "POST "));
}

const std::string kGetA = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kLastGet = "GET /z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
const std::string kLast = " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n";
const std::string kChunks = "5;x=y\r\nhello\r\n3\r\nabc\r\n0\r\nTrailer: t\r\n\r\n";
const std::string kChunked = "Transfer-Encoding: chunked\r\n\r\n" + kChunks;

// Answers with what was asked for.
Answer own_target(const std::string& request, size_t) {
  const size_t begin = request.find('/') + 1;
  return {ok_response(request.substr(begin, request.find(' ', begin) - begin))};
}

Scenario with_policies(Scenario scenario) {
  scenario.policies = true;
  return scenario;
}

std::vector<Scenario> scenarios() {
  const std::string refusal = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: ";
  const Answer unavailable{refusal + "4\r\n\r\nbusy"};
  const std::string long_unavailable = refusal + "100000\r\n\r\n" + std::string(100'000, 'b');
  const Answer chunked{"HTTP/1.1 200 OK\r\n" + kChunked};
  const Answer interim{
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" +
      ok_response("then")};
  const std::string post = "POST /once HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nlimpet";
  const std::string last_post = "POST /once" + kLast + "Content-Length: 6\r\n\r\nlimpet";
  const std::string ask =
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  const Answer change{
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nearly;",
      false, false, true};
  return {
      {"Tunnel", ask + "echo", in_turn({change}), false, false, true},
      {"LargeTunnel", ask + std::string(50'000, 't'), in_turn({change}), false, false, true},
      {"StickyTunnel", ask + "echo", in_turn({change}), false, true, true},
      {"UpgradeRefused", ask + kLastGet, own_target},
      {"Get", kLastGet, in_turn({{ok_response("hello")}})},
      {"HalfClosed", kGetA, in_turn({{ok_response("hello")}}), false, false, true},
      {"Post", last_post, in_turn({{ok_response("done")}})},
      {"ChunkedBothWays", "POST /once" + kLast + kChunked, in_turn({chunked})},
      {"ChunkedUpload", "PUT /a" + kLast + kChunked, in_turn({{ok_response("stored")}})},
      {"LargeUpload",
       "POST /once" + kLast + "Content-Length: 200000\r\n\r\n" + std::string(200'000, 'u'),
       in_turn({{ok_response("stored")}})},
      {"Pipelined", kGetA + post + kLastGet, own_target},
      {"DeadEndpoint", kGetA + post + kLastGet, in_turn({{ok_response("alive")}}), true},
      {"SentAgain", kLastGet, in_turn({{"", true}, {ok_response("again")}})},
      {"ResetAndSentAgain", kLastGet, in_turn({{"", false, true}, {ok_response("again")}})},
      {"HungUpOnPost", last_post, in_turn({{"", true}, {ok_response("again")}})},
      {"LargeResponse", kLastGet, in_turn({{ok_response(std::string(300'000, 'l'))}})},
      {"UntilClose", kLastGet,
       in_turn({{"HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'u'), true}})},
      {"BrokenUntilClose", kGetA,
       in_turn({{"HTTP/1.1 200 OK\r\n\r\nuntil it breaks", false, true}}), false, false, true,
       true},
      {"CutBody", kLastGet, in_turn({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", true}}),
       false, false, false, true},
      {"Garbage", kLastGet, in_turn({{"nonsense\r\n\r\n", true}})},
      {"Interim", kGetA + kLastGet, in_turn({interim})},
      {"OldClient", "GET /a HTTP/1.0\r\n\r\n", in_turn({{ok_response("old"), true}})},
      {"Refused", kGetA + "GET /b HTTP/1.1\r\nHost : h\r\n\r\n", in_turn({{ok_response("first")}})},
      {"NewSession", kLastGet, in_turn({{ok_response("bound")}}), false, true},
      with_policies({"Retried", kLastGet, in_turn({unavailable, {ok_response("then")}})}),
      with_policies({"RetriedInVain", kGetA + kLastGet, in_turn({unavailable})}),
      with_policies({"RetriedWhileItComes", kLastGet,
                     in_turn({{long_unavailable}, {ok_response("then")}})}),
      with_policies({"LimitedPost", last_post, in_turn({{ok_response("done")}})}),
      with_policies({"LimitedTunnel", ask + "echo", in_turn({change}), false, false, true}),
  };
}

class IoFaultTest : public IoTest, public ::testing::WithParamInterface<Scenario> {
 protected:
  explicit IoFaultTest(bool tls = false) : IoTest(tls) {}

  // Each call of the kind fails in turn, until there are no more of them.
  void fail_each_call(const Scenario& scenario, const std::vector<Seen>& right, const Fault& fault,
                      bool lasting) {
    constexpr size_t kMostCalls = 1'000;
    bool fired = true;
    for (size_t number = 0; fired && !HasFailure(); ++number) {
      SCOPED_TRACE(::testing::Message()
                   << fault.name << ", call " << number << (lasting ? " and all after it" : ""));
      ASSERT_LT(number, kMostCalls);
      const Outcome outcome = run(
          scenario, [&] { FailingSockets::arm(fault, number, lasting); }, fired);
      expect_right_or_broken(right, read_answers(outcome.client, outcome.reset));
      expect_posts_once(scenario, outcome);
    }
  }
  void fail_all(const Scenario& scenario) {
    const Outcome undisturbed = run(scenario);
    const std::vector<Seen> right = read_answers(undisturbed.client, undisturbed.reset);
    ASSERT_FALSE(right.empty());
    EXPECT_EQ(undisturbed.reset, scenario.breaks);
    for (const Fault& fault : all_faults()) {
      fail_each_call(scenario, right, fault, false);
      if (can_last(fault)) fail_each_call(scenario, right, fault, true);
    }
  }

 private:
  // Where nobody is accepted, or nothing moves, a client waits for as long as that lasts. Endpoints
  // of which all have timed out are avoided, and nobody is served for a second.
  static bool can_last(const Fault& fault) {
    const bool all_time_out = fault.call == Call::kGetsockopt && fault.error == ETIMEDOUT;
    return !all_time_out && fault.error != 0 && fault.error != EINTR && fault.error != EAGAIN &&
           fault.call != Call::kAccept;
  }
};

TEST_P(IoFaultTest, WhateverFailsIsSeenAndLeavesNothingBehind) { fail_all(GetParam()); }

TEST_F(IoFaultTest, ASessionKeepsItsCookieWhateverFails) {
  Scenario scenario{"Session", kLastGet, in_turn({{ok_response("bound")}}), false, true};
  const std::string first = run(scenario).client;
  const size_t cookie = first.find("set-cookie: ");
  ASSERT_NE(cookie, std::string::npos) << first;
  scenario.sends = "GET /a" + kLast +
                   "Cookie: " + first.substr(cookie + 12, first.find(';', cookie) - cookie - 12) +
                   "\r\n\r\n";
  ASSERT_EQ(run(scenario).client.find("set-cookie"), std::string::npos);
  fail_all(scenario);
}

// What differs by TLS: the handshake, records that are sent in part, and the end.
class TlsIoFaultTest : public IoFaultTest {
 protected:
  TlsIoFaultTest() : IoFaultTest(true) {}
};

std::vector<Scenario> scenarios_of_tls() {
  static constexpr std::string_view kSome[] = {"Tunnel",     "Post",          "LargeUpload",
                                               "UntilClose", "LargeResponse", "Refused"};
  std::vector<Scenario> some = scenarios();
  std::erase_if(some, [](const Scenario& scenario) {
    return std::find(std::begin(kSome), std::end(kSome), scenario.name) == std::end(kSome);
  });
  return some;
}

TEST_P(TlsIoFaultTest, WhateverFailsIsSeenAndLeavesNothingBehind) { fail_all(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Scenarios, TlsIoFaultTest, ::testing::ValuesIn(scenarios_of_tls()),
                         [](const auto& scenario) { return scenario.param.name; });

INSTANTIATE_TEST_SUITE_P(Scenarios, IoFaultTest, ::testing::ValuesIn(scenarios()),
                         [](const auto& scenario) { return scenario.param.name; });

}  // namespace
}  // namespace limpet::testing
