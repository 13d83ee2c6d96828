// What a node finds of endpoints that answer, fail, and do neither.
#include "proxy/control/health_checker.h"

#include <atomic>
#include <map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "runtime/authority.h"
#include "tests/component/fake_upstream.h"
#include "tests/component/raw_connection.h"
#include "tests/component/tls_endpoint.h"

namespace limpet::testing {
namespace {

namespace asio = boost::asio;
using Answer = FakeUpstream::Answer;
using Health = HealthTracker::Health;

const std::string kCluster = "shop/web:80";

std::string answer_of(int status, const std::string& body = "") {
  return str_cat("HTTP/1.1 ", status, " X\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

class HealthCheckerTest : public ::testing::Test {
 protected:
  HealthCheckerTest() {
    settings_.interval_ms = 20;
    settings_.timeout_ms = 20'000;  // no try is to end by it
    settings_.path = "/healthz";
  }

  // Endpoints by their uids, at ports of 127.0.0.1.
  void follow(const std::map<uint64_t, uint16_t>& endpoints) {
    auto cluster = std::make_shared<RoutingCluster>();
    cluster->cluster.name = kCluster;
    cluster->health = std::make_shared<const HealthSettings>(settings_);
    cluster->tls = tls_;
    for (const auto& [uid, port] : endpoints) {
      Endpoint& endpoint = cluster->cluster.endpoints.emplace_back();
      endpoint.uid = uid;
      endpoint.name = str_cat("web-", uid);
      endpoint.addresses = {*SocketAddress::parse("127.0.0.1", port)};
    }
    table_.clusters = table_.clusters.set(kCluster, std::move(cluster));
    checker_.follow(table_);
  }

  // An endpoint that takes requests and does not answer; each is counted in silent_requests_.
  std::unique_ptr<FakeUpstream> make_silent() {
    return std::make_unique<FakeUpstream>([this](const std::string&) {
      asio::post(io_, [this] { ++silent_requests_; });
      return Answer{};
    });
  }
  // Runs the control thread's work until then.
  template <typename Done>
  void run_until(Done done) {
    while (!done()) io_.run_one();
  }
  // What is found of the endpoint next.
  HealthFinding next_of(uint64_t uid) {
    HealthFinding next;
    run_until([&] {
      for (auto at = findings_.begin(); at != findings_.end(); ++at) {
        if (at->endpoint_uid != uid) continue;
        next = *at;
        findings_.erase(at);
        return true;
      }
      return false;
    });
    return next;
  }
  // The problem of one that answers so, or does not.
  std::string problem_with(const Answer& answer) {
    FakeUpstream endpoint([&](const std::string&) { return answer; });
    settings_.max_fails = 1;
    follow({{7, endpoint.port()}});
    const HealthFinding found = next_of(7);
    EXPECT_EQ(found.health, Health::kDown);
    follow({});
    next_of(7);
    return found.problem;
  }

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  HealthSettings settings_;
  std::shared_ptr<const UpstreamTls> tls_;
  std::shared_ptr<const tls::Client> client_;
  RoutingTable table_;
  std::vector<HealthFinding> findings_;
  size_t silent_requests_ = 0;
  HealthChecker checker_{io_, {"node-1", "1.2", [this](const UpstreamTls&) { return client_; },
                               [this](std::vector<HealthFinding> found) {
                                 findings_.insert(findings_.end(), found.begin(), found.end());
                               }}};
};

TEST_F(HealthCheckerTest, AnEndpointIsUpAtOnceDownAfterMaxFailsAndUpAgain) {
  std::atomic<int> status{200};
  FakeUpstream endpoint([&](const std::string&) { return Answer{answer_of(status)}; });
  follow({{7, endpoint.port()}});
  const HealthFinding first = next_of(7);
  EXPECT_EQ(first.cluster, kCluster);
  EXPECT_EQ(first.health, Health::kUp);
  ASSERT_EQ(checker_.findings().size(), 1U);

  status = 503;
  const HealthFinding down = next_of(7);
  EXPECT_EQ(down.health, Health::kDown);
  EXPECT_EQ(down.problem, "status 503");
  EXPECT_GE(endpoint.requests().size(), 1U + settings_.max_fails);

  status = 200;
  const HealthFinding back = next_of(7);
  EXPECT_EQ(back.health, Health::kUp);
  EXPECT_EQ(back.problem, "");
  EXPECT_TRUE(findings_.empty()) << "a try that changes nothing is not told of";
}

TEST_F(HealthCheckerTest, AsksAsThePolicySays) {
  FakeUpstream endpoint([&](const std::string&) { return Answer{answer_of(204)}; });
  settings_.path = "/healthz?full=1";
  follow({{7, endpoint.port()}});
  next_of(7);
  EXPECT_EQ(endpoint.requests().front(),
            str_cat("GET /healthz?full=1 HTTP/1.1\r\nHost: 127.0.0.1:", endpoint.port(),
                    "\r\nUser-Agent: limpet-health/1.2\r\nConnection: close\r\n"
                    "limpet-node: node-1\r\n\r\n"));
  FakeUpstream other([&](const std::string&) { return Answer{answer_of(204)}; });
  settings_.host = "web.example";
  follow({{7, endpoint.port()}, {8, other.port()}});
  next_of(8);
  EXPECT_NE(other.requests().front().find("\r\nHost: web.example\r\n"), std::string::npos);
}

TEST_F(HealthCheckerTest, WithoutAPathAConnectionIsEnough) {
  RawUpstream silent;
  settings_.path.clear();
  follow({{7, silent.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUp);
}

TEST_F(HealthCheckerTest, WhatIsWrongIsSaid) {
  EXPECT_EQ(problem_with({answer_of(404)}), "status 404");
  EXPECT_EQ(problem_with({.bytes = "", .close = true}), "closed before the answer was there");
  EXPECT_EQ(problem_with({.bytes = "HTTP/1.1 200 OK\r\n", .close = true}),
            "closed before the answer was there");
  EXPECT_EQ(problem_with({.bytes = "", .reset = true}), "connection reset by peer");
  EXPECT_EQ(problem_with({.bytes = "SSH-2.0-x\r\n", .close = true}),
            "no HTTP answer: bad version");
  settings_.timeout_ms = 1;
  EXPECT_EQ(problem_with({.bytes = ""}), "no answer within 1 ms");
}

TEST_F(HealthCheckerTest, OneThatRefusesConnectionsIsDown) {
  uint16_t port = 0;
  { port = RawUpstream().port(); }
  follow({{7, port}});
  const HealthFinding found = next_of(7);
  EXPECT_EQ(found.health, Health::kDown);
  EXPECT_EQ(found.problem, "connection refused");
}

TEST_F(HealthCheckerTest, AnswersAreToldApartByTheirBodies) {
  settings_.matches = {{{}, "well", {}}};
  EXPECT_EQ(problem_with({answer_of(200, "not so")}), "status 200, which no match takes");
  // As much of it as counts, and no more.
  const std::string filler(HealthSettings::kMaxBody - 4, 'x');
  EXPECT_EQ(problem_with({answer_of(200, filler + "x" + "well")}),
            "status 200, which no match takes");
  FakeUpstream endpoint([&](const std::string&) {
    return Answer{answer_of(200, filler + "well" + std::string(100'000, 'x'))};
  });
  follow({{7, endpoint.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUp);
}

TEST_F(HealthCheckerTest, ABodyMayEndWithItsConnection) {
  settings_.matches = {{{}, "well", {}}};
  FakeUpstream endpoint([&](const std::string&) {
    return Answer{.bytes = "HTTP/1.1 200 OK\r\n\r\nall is well", .close = true};
  });
  FakeUpstream cut([&](const std::string&) {
    return Answer{.bytes = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nwell", .close = true};
  });
  follow({{7, endpoint.port()}, {8, cut.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUp);
  EXPECT_EQ(next_of(8).health, Health::kDown);
}

TEST_F(HealthCheckerTest, WhatComesBeforeTheAnswerIsNotTheAnswer) {
  FakeUpstream endpoint([&](const std::string&) {
    return Answer{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer_of(200)};
  });
  follow({{7, endpoint.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUp);
}

TEST_F(HealthCheckerTest, TheFirstAddressThatTakesTheConnectionIsAsked) {
  FakeUpstream endpoint([&](const std::string&) { return Answer{answer_of(200)}; });
  follow({{7, endpoint.port()}});
  auto cluster = std::make_shared<RoutingCluster>(**table_.clusters.find(kCluster));
  cluster->cluster.endpoints[0].addresses.insert(
      cluster->cluster.endpoints[0].addresses.begin(),
      *SocketAddress::parse("127.0.0.2", endpoint.port()));  // nobody is there
  table_.clusters = table_.clusters.set(kCluster, std::move(cluster));
  checker_.follow(table_);
  EXPECT_EQ(next_of(7).health, Health::kUp);
}

TEST_F(HealthCheckerTest, TlsIsSpokenAsToTheCluster) {
  const Authority authority = *Authority::create("tests", kForLong);
  tls_ = std::make_shared<const UpstreamTls>(
      UpstreamTls{authority.certificate_pem(), {}, "web.shop", true});
  client_ = *tls::Client::make(tls_);
  TlsEndpoint known(issue(authority, {"web.shop"}));
  TlsEndpoint misnamed(issue(authority, {"pay.shop"}));
  FakeUpstream plain([&](const std::string&) { return Answer{answer_of(200)}; });
  settings_.matches = {{{}, "secret hello", {}}};
  settings_.max_fails = 1;
  follow({{7, known.port()}, {8, misnamed.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUp);
  EXPECT_EQ(known.names().front(), "web.shop");
  EXPECT_EQ(next_of(8).problem, "TLS: hostname mismatch");
  settings_.path.clear();
  settings_.matches.clear();
  settings_.timeout_ms = 50;
  follow({{7, known.port()}, {8, misnamed.port()}, {9, plain.port()}});
  EXPECT_EQ(next_of(9).health, Health::kDown) << "a connection is one over TLS";
  EXPECT_TRUE(plain.requests().empty());
}

TEST_F(HealthCheckerTest, OfWhatIsTriedNoMoreNothingIsKnown) {
  FakeUpstream endpoint([&](const std::string&) { return Answer{answer_of(200)}; });
  follow({{7, endpoint.port()}, {8, endpoint.port()}});
  next_of(7);
  next_of(8);
  follow({{8, endpoint.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUntried);
  ASSERT_EQ(checker_.findings().size(), 1U);
  EXPECT_EQ(checker_.findings()[0].endpoint_uid, 8U);
  auto cluster = std::make_shared<RoutingCluster>(**table_.clusters.find(kCluster));
  cluster->health = nullptr;
  table_.clusters = table_.clusters.set(kCluster, std::move(cluster));
  checker_.follow(table_);
  EXPECT_EQ(next_of(8).health, Health::kUntried) << "the policy is gone";
  EXPECT_TRUE(checker_.findings().empty());
}

TEST_F(HealthCheckerTest, AtAnotherAddressAnEndpointIsTriedAnew) {
  FakeUpstream before([&](const std::string&) { return Answer{answer_of(200)}; });
  FakeUpstream after([&](const std::string&) { return Answer{answer_of(200)}; });
  settings_.interval_ms = 3'600'000;
  follow({{7, before.port()}});
  next_of(7);
  follow({{7, before.port()}});
  follow({{7, after.port()}});
  EXPECT_TRUE(checker_.findings().empty()) << "what was found of it before counts no more";
  while (checker_.findings().empty()) io_.run_one();  // without waiting for the interval
  EXPECT_EQ(checker_.findings().front().health, Health::kUp);
  EXPECT_EQ(after.requests().size(), 1U);
  EXPECT_EQ(before.requests().size(), 1U);
}

TEST_F(HealthCheckerTest, ANewQuestionIsAskedSoonAndWhatIsKnownStays) {
  FakeUpstream endpoint([&](const std::string& request) {
    return Answer{answer_of(request.starts_with("GET /healthz ") ? 200 : 404)};
  });
  settings_.interval_ms = 3'600'000;
  settings_.max_fails = 1;
  follow({{7, endpoint.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUp);
  settings_.path = "/other";
  follow({{7, endpoint.port()}});
  EXPECT_EQ(checker_.findings().size(), 1U);
  EXPECT_EQ(next_of(7).health, Health::kDown);
}

TEST_F(HealthCheckerTest, NoMoreThanSoManyAreTriedAtATime) {
  const auto silent = make_silent();
  std::map<uint64_t, uint16_t> many;
  for (uint64_t uid = 1; uid <= 2 * HealthChecker::kMaxTries; ++uid) many[uid] = silent->port();
  follow(many);
  run_until([&] { return silent_requests_ == HealthChecker::kMaxTries; });
  EXPECT_EQ(static_cast<size_t>(silent->connections()), HealthChecker::kMaxTries);
  // Those that are followed no more make room.
  FakeUpstream endpoint([&](const std::string&) { return Answer{answer_of(200)}; });
  follow({{1'000, endpoint.port()}});
  EXPECT_EQ(next_of(1'000).health, Health::kUp);
}

TEST_F(HealthCheckerTest, ManyAreAllTried) {
  FakeUpstream endpoint([&](const std::string&) { return Answer{answer_of(200)}; });
  std::map<uint64_t, uint16_t> many;
  for (uint64_t uid = 1; uid <= 3 * HealthChecker::kMaxTries; ++uid) many[uid] = endpoint.port();
  follow(many);
  run_until([&] { return checker_.findings().size() == many.size(); });
}

TEST_F(HealthCheckerTest, AfterARequestThatFailsATryDecides) {
  std::atomic<int> asked{0};
  std::atomic<int> status{200};
  FakeUpstream endpoint([&](const std::string&) {
    ++asked;
    return Answer{answer_of(status)};
  });
  settings_.interval_ms = 3'600'000;
  settings_.max_fails = 1;
  follow({{7, endpoint.port()}});
  EXPECT_EQ(next_of(7).health, Health::kUp);
  status = 503;
  checker_.note_request_failure(kCluster, 8);
  checker_.note_request_failure("shop/other:80", 7);
  EXPECT_EQ(asked, 1);
  checker_.note_request_failure(kCluster, 7);
  const HealthFinding found = next_of(7);
  EXPECT_EQ(found.health, Health::kDown);
  EXPECT_EQ(found.problem, "status 503");
  EXPECT_EQ(asked, 2);
}

TEST_F(HealthCheckerTest, ThatTheNodeHasNoDescriptorsIsNotHeldAgainstAnEndpoint) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer needs descriptors to look at memory";
#endif
  RawUpstream endpoint;
  settings_.path.clear();
  settings_.max_fails = 1;
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{.rlim_cur = 0, .rlim_max = limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  follow({{7, endpoint.port()}});
  for (int turn = 0; turn < 20; ++turn) io_.run_one();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_TRUE(findings_.empty());
  EXPECT_EQ(next_of(7).health, Health::kUp);
}

TEST_F(HealthCheckerTest, OnceItIsStoppedNothingIsLeftToDo) {
  const auto silent = make_silent();
  follow({{7, silent->port()}, {8, silent->port()}});
  run_until([&] { return silent_requests_ == 2; });
  checker_.stop();
  work_.reset();
  io_.run();
  EXPECT_TRUE(findings_.empty());
}

}  // namespace
}  // namespace limpet::testing
