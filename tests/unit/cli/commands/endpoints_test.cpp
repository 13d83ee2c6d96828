#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

using Endpoint = v1::ListEndpointsResponse::Endpoint;

class EndpointsTest : public testing::Test {
 protected:
  Endpoint& add(const std::string& name) {
    Endpoint& endpoint = *gwctl.state.endpoints.add_endpoints();
    endpoint.set_name(name);
    endpoint.set_port(8080);
    endpoint.add_addresses("10.0.0.1:8080");
    endpoint.set_takes_new(true);
    endpoint.set_serves_sessions(true);
    return endpoint;
  }
  static void say(Endpoint& endpoint, const std::string& node, v1::HealthReport::Health health,
                  const std::string& problem = "") {
    auto& opinion = *endpoint.add_opinions();
    opinion.set_node_id(node);
    opinion.set_health(health);
    opinion.set_problem(problem);
    endpoint.set_tried(true);
  }
  int64_t ago_ms(absl::Duration time) const { return absl::ToUnixMillis(gwctl.now - time); }

  Gwctl gwctl;
};

TEST_F(EndpointsTest, ShowsWhoTakesWhat) {
  add("pipy-0").add_addresses("10.1.0.1:8080");
  Endpoint& leaving = add("pipy-1");
  leaving.set_takes_new(false);
  Endpoint& unready = add("pipy-2");
  unready.set_takes_new(false);
  unready.set_serves_sessions(false);
  EXPECT_EQ(gwctl({"endpoints", "pipy", "-n", "server"}), kOk);
  EXPECT_EQ(gwctl.state.endpoints_request.namespace_(), "server");
  EXPECT_EQ(gwctl.state.endpoints_request.service(), "pipy");
  EXPECT_EQ(gwctl.out,
            "NAME     PORT   ADDRESS                       NEW   SESSIONS   STATE       NODES\n"
            "pipy-0   8080   10.0.0.1:8080,10.1.0.1:8080   yes   yes        ready       -\n"
            "pipy-1   8080   10.0.0.1:8080                 no    yes        draining    -\n"
            "pipy-2   8080   10.0.0.1:8080                 no    no         not ready   -\n");
}

TEST_F(EndpointsTest, ShowsDrainsAndVerdictsWithWhatNodesFind) {
  Endpoint& drained = add("a");
  drained.set_takes_new(false);
  drained.mutable_drain()->set_since_unix_ms(ago_ms(absl::Minutes(5)));
  Endpoint& down = add("b");
  down.set_takes_new(false);
  down.set_serves_sessions(false);
  down.mutable_down()->set_since_unix_ms(ago_ms(absl::Minutes(2)));
  down.mutable_down()->set_problem("status 503");
  say(down, "node-1", v1::HealthReport::DOWN, "status 503");
  say(down, "node-2", v1::HealthReport::UP);
  say(down, "node-3", v1::HealthReport::DOWN);
  Endpoint& over = add("c");
  over.mutable_drain()->set_over(true);
  over.mutable_down()->set_problem("connection refused");
  EXPECT_EQ(gwctl({"endpoints", "pipy", "-o", "wide", "--no-headers"}), kOk);
  EXPECT_EQ(gwctl.state.endpoints_request.namespace_(), "default");
  EXPECT_EQ(gwctl.out,
            "a   8080   10.0.0.1:8080   no    yes   draining   -              5m       <none>\n"
            "b   8080   10.0.0.1:8080   no    no    down       1 up, 2 down   2m       "
            "node-1: status 503; node-3\n"
            "c   8080   10.0.0.1:8080   yes   yes   drained    -              <none>   "
            "connection refused\n");
}

TEST_F(EndpointsTest, PrintsTheAnswerAsAProgramWantsIt) {
  say(add("a"), "node-1", v1::HealthReport::UP);
  EXPECT_EQ(gwctl({"endpoints", "pipy", "-o", "yaml"}), kOk);
  EXPECT_NE(gwctl.out.find("nodeId: node-1\n"), std::string::npos) << gwctl.out;
  EXPECT_NE(gwctl.out.find("health: UP\n"), std::string::npos) << gwctl.out;
  EXPECT_EQ(gwctl({"endpoints", "pipy", "-o", "xml"}), kUsage);
  EXPECT_EQ(gwctl({"endpoints"}), kUsage);
}

TEST_F(EndpointsTest, TellsWhereThereIsNothingToShow) {
  EXPECT_EQ(gwctl({"endpoints", "pipy"}), kOk);
  EXPECT_EQ(gwctl.out, "");
  EXPECT_EQ(gwctl.err, "Service default/pipy has no endpoints.\n");
  gwctl.state.error = absl::NotFoundError("not found: Service default/pipe");
  EXPECT_EQ(gwctl({"endpoints", "pipe"}), kNotFound);
  EXPECT_EQ(gwctl.err, "gwctl: not found: Service default/pipe\n");
}

TEST_F(EndpointsTest, DescribeTellsOfThoseThatAreDrainedOrDown) {
  gwctl.input =
      "apiVersion: v1\nkind: Service\nmetadata: {name: pipy, namespace: server}\n"
      "spec: {ports: [{port: 8080}]}\n";
  ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk) << gwctl.err;
  add("pipy-0");
  EXPECT_EQ(gwctl({"describe", "service", "pipy", "-n", "server"}), kOk);
  EXPECT_FALSE(contains(gwctl.out, "Drained or down:")) << gwctl.out;
  Endpoint& down = add("pipy-1");
  down.mutable_down()->set_since_unix_ms(ago_ms(absl::Minutes(2)));
  say(down, "node-1", v1::HealthReport::DOWN, "status 503");
  add("pipy-2").mutable_drain()->set_since_unix_ms(ago_ms(absl::Minutes(5)));
  EXPECT_EQ(gwctl({"describe", "service", "pipy", "-n", "server"}), kOk);
  EXPECT_TRUE(contains(gwctl.out,
                       "Drained or down:\n"
                       "  NAME     PORT   STATE      NODES    SINCE   PROBLEMS\n"
                       "  pipy-1   8080   down       1 down   2m      node-1: status 503\n"
                       "  pipy-2   8080   draining   -        5m      <none>\n"
                       "Events:"))
      << gwctl.out;
  EXPECT_EQ(gwctl.state.endpoints_request.namespace_(), "server");
}

TEST_F(EndpointsTest, ServicesAreCompleted) {
  gwctl.input =
      "apiVersion: v1\nkind: Service\nmetadata: {name: pipy, namespace: server}\n"
      "spec: {ports: [{port: 8080}]}\n";
  ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk) << gwctl.err;
  EXPECT_EQ(gwctl({"__complete", "endpoints", "-n", "server", ""}), kOk);
  EXPECT_EQ(gwctl.out, "pipy\n");
  EXPECT_EQ(gwctl({"__complete", "drain", "-n", "server", "pipy", ""}), kOk);
  EXPECT_EQ(gwctl.out, "");
}

}  // namespace
}  // namespace limpet::cli::test
