// Which requests count against the health of an endpoint.
#include "core/routing/compile_index.h"
#include "tests/component/worker_fixture.h"

namespace limpet::testing {
namespace {

class HealthFailures : public WorkerTest {
 protected:
  void serve_checked(uint16_t endpoint_port) {
    SnapshotBuilder builder = web_snapshot(kPort, {"127.0.0.1"}, endpoint_port);
    builder.add<v1::HealthCheckPolicy>(
        "metadata { name: 'p' namespace: 'shop' } spec { target_ref { kind: 'Service' name: 'web' "
        "} ports { port: 80 } }");
    serve(builder.build());
  }
  std::pair<std::string, uint64_t> endpoint() const {
    const auto& cluster = (*table_->clusters.find("shop/web:80"))->cluster;
    return {cluster.name, cluster.endpoints.front().uid};
  }
  static uint16_t closed_port() { return RawUpstream().port(); }
};

TEST_F(HealthFailures, AConnectionThatIsRefusedCounts) {
  serve_checked(closed_port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 503 "));
  ASSERT_FALSE(told_failures().empty());
  EXPECT_EQ(told_failures().front(), endpoint());
}

TEST_F(HealthFailures, AConnectionThatBreaksBeforeAnAnswerCounts) {
  FakeUpstream breaking([](const std::string&) { return FakeUpstream::Answer{.reset = true}; });
  serve_checked(breaking.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 502 "));
  ASSERT_FALSE(told_failures().empty());
  EXPECT_EQ(told_failures().front(), endpoint());
}

TEST_F(HealthFailures, AnAnswerDoesNotCountWhateverItIs) {
  FakeUpstream failing([](const std::string&) {
    return FakeUpstream::Answer{"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"};
  });
  serve_checked(failing.port());
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(told_failures().empty());
}

TEST_F(HealthFailures, WithoutAPolicyNobodyAsks) {
  serve(closed_port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(told_failures().empty());
}

// The table's verdict, for requests without a session.
TEST_F(HealthFailures, WhereAllAreDownThereIsNobody) {
  FakeUpstream well([](const std::string&) { return FakeUpstream::Answer{ok_response("x")}; });
  serve_checked(well.port());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 200 "));
  SnapshotBuilder builder(table_->index->snapshot);
  builder.put({std::string(kEndpointStateKind), "shop",
               str_cat("web/addr:127.0.0.1:", well.port())},
              serialize(from_text<v1::EndpointState>(
                  str_cat("uid: ", endpoint().second, " down { port: 80 }"))));
  serve(builder.build());
  EXPECT_TRUE(ask(kGet).starts_with("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace limpet::testing
