// Endpoints that cannot be reached or do not answer: who is asked instead, how often, and what the
// client gets in the end.
#include <atomic>

#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

using Answer = FakeUpstream::Answer;
constexpr Answer kReset{.bytes = {}, .close = false, .reset = true};

class UpstreamFaultsTest : public WorkerTest {
 protected:
  explicit UpstreamFaultsTest(const ListenerSettings& settings = {}) : WorkerTest(settings) {}

  // shop/web with endpoints on loopback's first address, by port.
  void serve_ports(std::initializer_list<uint16_t> ports) {
    SnapshotBuilder builder = web_snapshot(kPort, {}, 1);
    int number = 0;
    for (const uint16_t port : ports) {
      builder.add<v1::EndpointSlice>(str_cat(
          "metadata { name: 'more-", ++number, "' namespace: 'shop' "
          "labels { key: 'kubernetes.io/service-name' value: 'web' } } address_type: 'IPv4' "
          "endpoints { addresses: '127.0.0.1' } ports { port: ", port, " }"));
    }
    serve(builder.build());
  }
};

TEST_F(UpstreamFaultsTest, AnEndpointThatNeverAnswersIsPassedOver) {
  FakeUpstream broken([](const std::string&) { return kReset; });
  FakeUpstream sound([](const std::string&) { return Answer{ok_response("sound!")}; });
  serve_ports({broken.port(), sound.port()});
  RawConnection one = client();
  constexpr int kRequests = 60;
  for (int i = 0; i < kRequests; ++i) {
    one.send(kGet);
    EXPECT_EQ(one.read_until("sound!"), ok_response("sound!"));
  }
  // In turn, it would have had half of them.
  EXPECT_GE(broken.requests().size(), size_t{Ejections::kMaxBroken});
  EXPECT_LT(broken.requests().size(), size_t{kRequests / 2});
}

// Whoever was reached and closed is what there is to tell of, not who was refused after that.
TEST_F(UpstreamFaultsTest, AConnectionThatClosedIsABadGatewayAlsoWhenTheNextIsRefused) {
  FakeUpstream broken([](const std::string&) { return kReset; });
  uint16_t nobody = 0;
  {
    const FakeUpstream gone([](const std::string&) { return Answer{}; });
    nobody = gone.port();
  }
  serve_ports({broken.port(), nobody});
  RawConnection one = client();
  for (int i = 0; i < 4; ++i) {
    one.send(kGet);
    EXPECT_TRUE(one.read_until("\r\n\r\n").starts_with("HTTP/1.1 502 "));
    one.read_until("\n");
  }
}

// Each connection to it that was idle would else cost a client an answer.
TEST_F(UpstreamFaultsTest, APooledConnectionThatIsLostLeavesTheRequestItsOtherEndpoint) {
  std::atomic<int> asked{0};
  FakeUpstream breaks([&](const std::string&) {
    return ++asked == 1 ? Answer{ok_response("well!")} : kReset;
  });
  FakeUpstream other([](const std::string&) { return Answer{ok_response("other")}; });
  serve_ports({breaks.port(), other.port()});
  while (asked == 0) ask(kGet);
  await_worker();
  while (asked < 3) {
    const std::string answer = ask(kGet);
    EXPECT_TRUE(answer.ends_with("other")) << answer;
  }
  EXPECT_EQ(breaks.connections(), 2) << "the pooled one, and a fresh one";
}

TEST_F(UpstreamFaultsTest, AnEndpointThatComesBackIsUsedAgain) {
  std::atomic<bool> up{false};
  FakeUpstream returning(
      [&](const std::string&) { return up ? Answer{ok_response("back!")} : kReset; });
  FakeUpstream sound([](const std::string&) { return Answer{ok_response("sound!")}; });
  serve_ports({returning.port(), sound.port()});
  RawConnection one = client();
  for (int i = 0; i < 20; ++i) {
    one.send(kGet);
    one.read_until("sound!");
  }
  up = true;
  for (bool back = false; !back;) {
    one.send(kGet);
    one.read_until("\r\n\r\n");
    back = one.read_until("!").ends_with("back!");
  }
}

TEST_F(UpstreamFaultsTest, RetriesHaveABudget) {
  FakeUpstream broken([](const std::string&) { return kReset; });
  serve(broken.port());
  RawConnection one = client();
  constexpr size_t kRequests = 400;
  for (size_t i = 0; i < kRequests; ++i) {
    one.send(kGet);
    EXPECT_TRUE(one.read_until("answered\n").starts_with("HTTP/1.1 502 "));
  }
  EXPECT_GT(broken.requests().size(), kRequests);
  EXPECT_LT(broken.requests().size(), 2 * kRequests - 20) << "not every one was sent twice";
}

}  // namespace
}  // namespace limpet::testing
