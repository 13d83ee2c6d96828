// TLS to endpoints: whom the gateway believes, what it shows, and what becomes of requests when it
// does not come to an understanding.
#include "runtime/authority.h"
#include "tests/component/tls_endpoint.h"
#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

class UpstreamTlsTest : public WorkerTest {
 protected:
  UpstreamTlsTest()
      : authority_(*Authority::create("tests", kForLong)),
        other_(*Authority::create("others", kForLong)) {}

  void serve_with(const UpstreamTls& settings, uint16_t endpoint_port) {
    upstream_ = std::make_shared<const UpstreamTls>(settings);
    serve(web_snapshot(kPort, {"127.0.0.1"}, endpoint_port).build());
  }
  std::shared_ptr<const RoutingTable> changed(const RoutingTable& table) const override {
    auto with = std::make_shared<RoutingTable>(*WorkerTest::changed(table));
    auto cluster = std::make_shared<RoutingCluster>(**with->clusters.find("shop/web:80"));
    cluster->tls = upstream_;
    with->clusters = with->clusters.set("shop/web:80", std::move(cluster));
    with->upstream_tls = with->upstream_tls.set("shop/web:80", upstream_);
    return with;
  }

  const Authority authority_;
  const Authority other_;
  std::shared_ptr<const UpstreamTls> upstream_;
};

TEST_F(UpstreamTlsTest, AnEndpointOfTheAuthorityIsSpokenToAndItsConnectionKept) {
  TlsEndpoint endpoint(issue(authority_, {"web.shop"}));
  serve_with({authority_.certificate_pem(), {}, "web.shop", true}, endpoint.port());
  RawConnection one = client();
  for (int i = 0; i < 3; ++i) {
    one.send(kGet);
    EXPECT_TRUE(one.read_until("secret hello").starts_with("HTTP/1.1 200 "));
  }
  EXPECT_EQ(endpoint.names(), std::vector<std::string>{"web.shop"});
}

TEST_F(UpstreamTlsTest, CopiesOfRequestsGoOverTlsToo) {
  TlsEndpoint endpoint(issue(authority_, {"web.shop"}));
  upstream_ = std::make_shared<const UpstreamTls>(
      UpstreamTls{authority_.certificate_pem(), {}, "web.shop", true});
  SnapshotBuilder builder = web_snapshot(kPort, {"127.0.0.1"}, endpoint.port());
  builder.add<v1::HTTPRoute>(
      "metadata { name: 'web' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
      "rules { backend_refs { name: 'web' port: 80 } filters { type: 'RequestMirror' "
      "request_mirror { backend_ref { name: 'web' port: 80 } } } } }");
  serve(builder.build());
  RawConnection one = client();
  // The worker has an answer a moment after it was given: until both connections are used again.
  bool again = false;
  for (size_t i = 1; i <= 100 && !again; ++i) {
    const size_t connections = endpoint.names().size();
    one.send(kGet);
    one.read_until("secret hello");
    endpoint.wait_for_answers(2 * i);
    again = endpoint.names().size() == connections;
  }
  EXPECT_TRUE(again);
}

TEST_F(UpstreamTlsTest, AnotherAuthoritysOrAnothersNamesCertificateIsNotBelieved) {
  TlsEndpoint stranger(issue(other_, {"web.shop"}));
  serve_with({authority_.certificate_pem(), {}, "web.shop", true}, stranger.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
  TlsEndpoint misnamed(issue(authority_, {"pay.shop"}));
  serve_with({authority_.certificate_pem(), {}, "web.shop", true}, misnamed.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
  EXPECT_GE(worker_.failures(http::Failure::kUpstreamTls), 2U);
}

// Then the host is SNI alone.
TEST_F(UpstreamTlsTest, OneOfSeveralNamesIsEnough) {
  TlsEndpoint endpoint(issue(authority_, {"pay.shop"}));
  UpstreamTls settings{authority_.certificate_pem(), {}, "web.shop", true};
  settings.dns_names = {"other.shop", "pay.shop"};
  serve_with(settings, endpoint.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 200 "));
  EXPECT_EQ(endpoint.names(), std::vector<std::string>{"web.shop"});
  settings.dns_names = {"other.shop", "web.shop"};
  serve_with(settings, endpoint.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
  TlsEndpoint stranger(issue(other_, {"web.shop"}));
  serve_with(settings, stranger.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 ")) << "a name makes no authority";
}

TEST_F(UpstreamTlsTest, AUriIsAName) {
  const std::string pem =
      *authority_.issue({"endpoint", {"spiffe://shop/web"}, {"pay.shop"}}, kForLong);
  TlsEndpoint endpoint({"shop/endpoint", certificates_of(pem), pem});
  UpstreamTls settings{authority_.certificate_pem(), {}, "web.shop", true};
  settings.dns_names = {"web.shop"};
  settings.uris = {"spiffe://shop/web"};
  serve_with(settings, endpoint.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 200 "));
  settings.uris = {"spiffe://shop/we", "spiffe://shop/web/"};
  serve_with(settings, endpoint.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
}

TEST_F(UpstreamTlsTest, WithoutVerificationAnyCertificateWillDo) {
  TlsEndpoint stranger(issue(other_, {"pay.shop"}));
  serve_with({authority_.certificate_pem(), {}, "web.shop", false}, stranger.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 200 "));
}

TEST_F(UpstreamTlsTest, AnEndpointThatAsksIsShownTheCertificate) {
  TlsEndpoint endpoint(issue(authority_, {"web.shop"}), other_.certificate_pem());
  const std::string pem = *other_.issue({"gateway", {"limpet:gateway"}, {}}, kForLong);
  serve_with({authority_.certificate_pem(), {{"shop/own", certificates_of(pem), pem}}, "web.shop",
              true},
             endpoint.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 200 "));
}

TEST_F(UpstreamTlsTest, AnEndpointThatSpeaksPlainTextIsNotSentTheRequest) {
  FakeUpstream plain([](const std::string&) { return FakeUpstream::Answer{ok_response("x")}; });
  serve_with({authority_.certificate_pem(), {}, "web.shop", true}, plain.port());
  const std::string answer = ask("GET /a HTTP/1.1\r\nHost: h\r\nCookie: a=secret\r\n\r\n");
  EXPECT_FALSE(answer.starts_with("HTTP/1.1 200 ")) << answer;
  for (const std::string& request : plain.requests()) {
    EXPECT_EQ(request.find("secret"), std::string::npos);
  }
}

// A connection that was made with other settings is not taken from the pool.
TEST_F(UpstreamTlsTest, NewSettingsAreForNewConnections) {
  TlsEndpoint endpoint(issue(authority_, {"web.shop"}));
  serve_with({authority_.certificate_pem(), {}, "web.shop", true}, endpoint.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 200 "));
  serve_with({other_.certificate_pem(), {}, "web.shop", true}, endpoint.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 ")) << "believed by the former settings";
}

}  // namespace
}  // namespace limpet::testing
