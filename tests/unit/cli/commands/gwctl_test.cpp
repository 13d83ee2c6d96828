#include "cli/commands/gwctl.h"

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

class GwctlTest : public testing::Test {
 protected:
  int apply() {
    gwctl.input = kTwoObjects;
    return gwctl({"apply", "-f", "-"});
  }
  Gwctl gwctl;
};

v1::WaitActiveResponse progress(int connected, std::vector<std::string> pending, bool done) {
  v1::WaitActiveResponse response;
  response.set_revision(1);
  response.set_connected(static_cast<uint32_t>(connected));
  response.set_active(static_cast<uint32_t>(connected) - static_cast<uint32_t>(pending.size()));
  for (std::string& node : pending) response.add_pending(std::move(node));
  response.set_done(done);
  return response;
}

TEST_F(GwctlTest, ApplyTellsWhatBecameOfEachObject) {
  EXPECT_EQ(apply(), kOk);
  EXPECT_EQ(gwctl.out,
            "namespace/server created\n"
            "httproute.gateway.networking.k8s.io/fortio-route created\n");
  EXPECT_EQ(gwctl.err, "");
  EXPECT_EQ(apply(), kOk);
  EXPECT_EQ(gwctl.out,
            "namespace/server unchanged\n"
            "httproute.gateway.networking.k8s.io/fortio-route unchanged\n");
}

TEST_F(GwctlTest, ApplySendsNothingWhenAnythingIsWrong) {
  gwctl.input = std::string(kTwoObjects) + "---\nkind: Servce\n";
  EXPECT_EQ(gwctl({"apply", "-f", "-"}), kRejected);
  EXPECT_EQ(gwctl.err,
            "-:14:1: kind: unknown kind \"Servce\"; did you mean Service?\n"
            "gwctl: 1 problem; nothing was changed\n");
  EXPECT_TRUE(gwctl.state.objects.empty());
}

TEST_F(GwctlTest, ValidateTellsEveryViolationWithoutAServer) {
  gwctl.input = kTwoObjects;
  EXPECT_EQ(gwctl({"validate", "-f", "-"}), kOk);
  EXPECT_EQ(gwctl.out, "2 objects are valid\n");
  gwctl.input =
      "apiVersion: v1\n"
      "kind: Namespace\n"
      "metadata: {name: Server}\n"
      "---\n"
      "apiVersion: v1\n"
      "kind: Service\n"
      "metadata: {name: pipy}\n"
      "spec: {ports: [{port: 0}]}\n";
  EXPECT_EQ(gwctl({"validate", "-f", "-"}), kRejected);
  EXPECT_EQ(gwctl.out, "");
  EXPECT_TRUE(contains(gwctl.err, "-:3:12: Namespace Server: metadata.name: ")) << gwctl.err;
  EXPECT_TRUE(contains(gwctl.err, "-:8:17: Service default/pipy: spec.ports[0].port: "))
      << gwctl.err;
  EXPECT_TRUE(gwctl.err.ends_with("gwctl: 2 problems\n")) << gwctl.err;
  EXPECT_EQ(gwctl.state.connection.server, "");  // never asked
}

TEST_F(GwctlTest, ApplyTellsTheServersRefusalByLines) {
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field("resources[1].spec.rules[0].backendRefs[0].port");
  violation->set_description("is not to its liking");
  google::rpc::Status details;
  details.add_details()->PackFrom(bad_request);
  gwctl.state.error = absl::InvalidArgumentError("invalid");
  gwctl.state.error.SetPayload(kRpcStatusPayload, absl::Cord(details.SerializeAsString()));
  EXPECT_EQ(apply(), kRejected);
  EXPECT_EQ(gwctl.err,
            "-:12:7: HTTPRoute server/fortio-route: spec.rules[0].backendRefs[0].port: is not to "
            "its liking\n"
            "gwctl: 1 problem; nothing was changed\n");
}

TEST_F(GwctlTest, ErrorsHaveTheirExitCodes) {
  const std::pair<absl::Status, int> cases[] = {{absl::AbortedError("x"), kConflict},
                                                {absl::FailedPreconditionError("x"), kRejected},
                                                {absl::OutOfRangeError("x"), kNotFound},
                                                {absl::UnavailableError("x"), kUnreachable},
                                                {absl::PermissionDeniedError("x"), kUnreachable},
                                                {absl::DeadlineExceededError("x"), kTimedOut},
                                                {absl::InvalidArgumentError("x"), kRejected},
                                                {absl::InternalError("x"), kFailed},
                                                {absl::NotFoundError("x"), kNotFound}};
  for (const auto& [status, code] : cases) {
    gwctl.state.error = status;
    EXPECT_EQ(apply(), code) << status;
    EXPECT_EQ(gwctl.err, "gwctl: x\n");
    EXPECT_EQ(gwctl.out, "");
  }
}

TEST_F(GwctlTest, WaitEndsWhenAllServe) {
  gwctl.state.progress = {progress(2, {"a", "b"}, false), progress(2, {}, true)};
  gwctl.input = kTwoObjects;
  EXPECT_EQ(gwctl({"apply", "-f", "-", "--wait", "--timeout", "5s"}), kOk);
  EXPECT_EQ(gwctl.err, "");
  EXPECT_EQ(gwctl.state.waited_for, 1U);
  EXPECT_EQ(gwctl.state.wait_timeout, absl::Seconds(5));
}

TEST_F(GwctlTest, WaitShowsProgressOnATerminalOnly) {
  gwctl.terminal = true;
  gwctl.state.progress = {progress(2, {"b"}, false), progress(2, {}, true)};
  gwctl.input = kTwoObjects;
  EXPECT_EQ(gwctl({"apply", "-f", "-", "--wait"}), kOk);
  EXPECT_EQ(gwctl.err,
            "\r\x1b[Kwaiting for nodes to serve revision 1"
            "\r\x1b[K1 of 2 nodes serve revision 1; waiting for b\r\x1b[K");
}

TEST_F(GwctlTest, WaitWithoutNodesSaysSo) {
  gwctl.state.progress = {progress(0, {}, true)};
  gwctl.input = kTwoObjects;
  EXPECT_EQ(gwctl({"apply", "-f", "-", "--wait"}), kOk);
  EXPECT_EQ(gwctl.err, "No node is connected: revision 1 is stored, and serves nowhere yet.\n");
}

TEST_F(GwctlTest, WaitNamesWhoIsLate) {
  gwctl.state.progress = {progress(2, {"b"}, false)};
  gwctl.state.wait_status = absl::DeadlineExceededError("Deadline Exceeded");
  gwctl.input = kTwoObjects;
  EXPECT_EQ(gwctl({"apply", "-f", "-", "--wait"}), kTimedOut);
  EXPECT_EQ(gwctl.err,
            "gwctl: stored, but the time is over: 1 of 2 nodes serve revision 1; waiting for b\n");
}

TEST_F(GwctlTest, WaitEndsWhenOnlyRefusalsAreLeft) {
  v1::WaitActiveResponse refused = progress(2, {"b"}, false);
  v1::NodeStatus& node = *refused.add_rejected();
  node.set_node_id("b");
  node.set_rejected_revision(1);
  v1::Nack::Reason& reason = *node.add_rejected_reasons();
  reason.mutable_object()->set_kind("Gateway");
  reason.mutable_object()->set_namespace_("server");
  reason.mutable_object()->set_name("gw");
  reason.set_field("spec");
  reason.set_message("unreadable");
  gwctl.state.progress = {refused, progress(2, {}, true)};
  gwctl.input = kTwoObjects;
  EXPECT_EQ(gwctl({"apply", "-f", "-", "--wait"}), kFailed);
  EXPECT_TRUE(
      gwctl.err.starts_with("node b refuses revision 1: Gateway server/gw: spec: unreadable\n"))
      << gwctl.err;
}

TEST_F(GwctlTest, GetByKindAndName) {
  apply();
  EXPECT_EQ(gwctl({"get", "httproutes", "-n", "server", "-o", "name"}), kOk);
  EXPECT_EQ(gwctl.out, "httproute.gateway.networking.k8s.io/fortio-route\n");
  EXPECT_EQ(gwctl({"get", "hr"}), kOk);
  EXPECT_EQ(gwctl.err, "No resources found in namespace default.\n");
  EXPECT_EQ(gwctl({"get", "all", "-A"}), kOk);
  EXPECT_EQ(gwctl.out,
            "NAME               AGE\n"
            "namespace/server   <unknown>\n"
            "\n"
            "NAMESPACE   NAME                                               HOSTNAMES   PARENTS"
            "   ACCEPTED   RESOLVED   ACTIVE   AGE\n"
            "server      httproute.gateway.networking.k8s.io/fortio-route   *           <none> "
            "   <none>     <none>     <none>   <unknown>\n");
  EXPECT_EQ(gwctl({"get", "httproute/fortio-route", "ns/server", "-n", "server", "-o", "name"}),
            kOk);
  EXPECT_EQ(gwctl.out, "httproute.gateway.networking.k8s.io/fortio-route\nnamespace/server\n");
}

TEST_F(GwctlTest, GetTellsWhatIsMissingAndShowsTheRest) {
  apply();
  EXPECT_EQ(gwctl({"get", "hr", "nix", "fortio-route", "-n", "server", "-o", "name"}), kNotFound);
  EXPECT_EQ(gwctl.out, "httproute.gateway.networking.k8s.io/fortio-route\n");
  EXPECT_EQ(gwctl.err, "gwctl: HTTPRoute server/nix: not found\n");
}

TEST_F(GwctlTest, WhatGetShowsCanBeApplied) {
  apply();
  for (const char* format : {"yaml", "json"}) {
    for (std::vector<std::string> what :
         {std::vector<std::string>{"all", "-A"}, {"hr", "fortio-route", "-n", "server"}}) {
      what.insert(what.begin(), "get");
      what.insert(what.end(), {"-o", format});
      ASSERT_EQ(gwctl(what), kOk);
      gwctl.input = gwctl.out;
      ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk) << gwctl.err;
      EXPECT_EQ(gwctl.out.find("configured"), std::string::npos) << gwctl.out;
      EXPECT_NE(gwctl.out.find("fortio-route unchanged"), std::string::npos) << gwctl.out;
    }
  }
}

TEST_F(GwctlTest, Describe) {
  apply();
  EXPECT_EQ(gwctl({"describe", "hr", "fortio-route", "-n", "server"}), kOk);
  EXPECT_TRUE(gwctl.out.starts_with("Name:         fortio-route\nNamespace:    server\n"));
  EXPECT_TRUE(
      contains(gwctl.out, "spec:\n  rules:\n  - backendRefs:\n    - name: pipy\n"
                          "      port: 8080\n"
                          "Backends:\n"
                          "  RULE   BACKEND     WEIGHT   RESOLVED          ENDPOINTS\n"
                          "  0      pipy:8080   1        BackendNotFound   <none>\n"
                          "Policies:     <none>\n"
                          "Analysis:\n"
                          "  error: HTTPRoute server/fortio-route: "))
      << gwctl.out;
  EXPECT_TRUE(
      gwctl.out.ends_with("Events:\n"
                          "  REVISION   AGE   ACTOR   ACTION   CHANGE    MESSAGE\n"
                          "  1          5s    alice   apply    created   <none>\n"))
      << gwctl.out;
  gwctl.state.revisions.clear();
  EXPECT_EQ(gwctl({"describe", "hr", "fortio-route", "-n", "server"}), kOk);
  EXPECT_TRUE(gwctl.out.ends_with("Events:       <none>\n")) << gwctl.out;
}

TEST_F(GwctlTest, GetAsksForLabelsPageByPage) {
  apply();
  gwctl.input = kTwoObjects;
  std::string other = kTwoObjects;
  other.replace(other.find("fortio-route"), 6, "second");
  gwctl.input = other;
  ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk) << gwctl.err;
  EXPECT_EQ(gwctl({"get", "hr", "-A", "-l", "team=shop", "-o", "name"}), kOk);
  EXPECT_EQ(gwctl.out,
            "httproute.gateway.networking.k8s.io/fortio-route\n"
            "httproute.gateway.networking.k8s.io/second-route\n");
  EXPECT_EQ(gwctl.state.list_request.label_selector(), "team=shop");
  EXPECT_GT(gwctl.state.list_request.limit(), 0U);
  EXPECT_EQ(gwctl({"get", "hr", "fortio-route", "-n", "server", "-l", "team=shop"}), kUsage);
}

TEST_F(GwctlTest, DeleteByNameAndByManifest) {
  apply();
  EXPECT_EQ(gwctl({"delete", "hr", "fortio-route"}), kNotFound);
  EXPECT_EQ(gwctl({"delete", "hr", "fortio-route", "-n", "server"}), kOk);
  EXPECT_EQ(gwctl.out, "httproute.gateway.networking.k8s.io/fortio-route deleted\n");
  gwctl.input = kTwoObjects;
  EXPECT_EQ(gwctl({"delete", "-f", "-"}), kNotFound);
  EXPECT_EQ(gwctl({"delete", "-f", "-", "--ignore-not-found"}), kOk);
  EXPECT_EQ(gwctl.out, "namespace/server deleted\n");
  EXPECT_TRUE(gwctl.state.objects.empty());
}

TEST_F(GwctlTest, Nodes) {
  EXPECT_EQ(gwctl({"nodes"}), kOk);
  EXPECT_EQ(gwctl.err, "No node has connected yet.\n");
  gwctl.state.nodes.mutable_head()->set_revision(7);
  const auto add = [&](const char* id, bool connected, uint64_t revision, uint64_t rejected) {
    v1::NodeStatus& node = *gwctl.state.nodes.add_nodes();
    node.set_node_id(id);
    node.set_connected(connected);
    node.set_address("127.0.0.2");
    node.mutable_active()->set_revision(revision);
    node.set_rejected_revision(rejected);
    node.set_last_seen_unix_ms(1'699'999'990'000);
    node.set_apply_micros(1500);
    if (rejected > 0) node.add_rejected_reasons()->set_message("no");
  };
  add("a", true, 7, 0);
  add("b", true, 6, 0);
  add("c", true, 6, 7);
  add("d", false, 7, 0);
  EXPECT_EQ(gwctl({"nodes"}), kOk);
  EXPECT_EQ(gwctl.out,
            "NODE   STATUS         ADDRESS     REVISION   APPLIED-IN   LAST-SEEN   REASON\n"
            "a      Ready          127.0.0.2   7/7        2ms          10s         <none>\n"
            "b      Updating       127.0.0.2   6/7        2ms          10s         <none>\n"
            "c      Rejected       127.0.0.2   6/7        2ms          10s         revision 7: no\n"
            "d      Disconnected   127.0.0.2   7/7        2ms          10s         <none>\n");
}

TEST_F(GwctlTest, NodesCanBeWatched) {
  v1::WatchNodesResponse first;
  first.mutable_head()->set_revision(7);
  first.add_nodes()->set_node_id("a-node-of-long-name");
  v1::WatchNodesResponse second;
  second.mutable_head()->set_revision(8);
  v1::NodeStatus& b = *second.add_nodes();
  b.set_node_id("b");
  b.set_connected(true);
  b.mutable_active()->set_revision(8);
  second.add_gone("old");
  gwctl.state.node_news = {first, second};
  EXPECT_EQ(gwctl({"nodes", "-w"}), kUnreachable);
  EXPECT_EQ(gwctl.out,
            "NODE                  STATUS         ADDRESS   REVISION   APPLIED-IN   LAST-SEEN   "
            "REASON\n"
            "a-node-of-long-name   Disconnected   <none>    0/7        <none>       <none>      "
            "<none>\n"
            "b                     Ready          <none>    8/8        <none>       <none>      "
            "<none>\n");
  EXPECT_EQ(gwctl.err, "old is forgotten\ngwctl: the server has ended the watch\n");
  EXPECT_EQ(gwctl({"nodes", "-w", "-o", "json"}), kUnreachable);
  EXPECT_NE(gwctl.out.find("\"gone\": [\n        \"old\"\n    ]"), std::string::npos) << gwctl.out;
}

TEST_F(GwctlTest, VersionShowsTheClientWithoutAServerToo) {
  EXPECT_EQ(gwctl({"version"}), kOk);
  EXPECT_EQ(gwctl.out, "Client: 1.2.3\nServer: 9.9 (revision 0)\n");
  gwctl.state.error = absl::UnavailableError("gone");
  EXPECT_EQ(gwctl({"version"}), kUnreachable);
  EXPECT_EQ(gwctl.out, "Client: 1.2.3\n");
  EXPECT_EQ(gwctl({"version", "--client"}), kOk);
}

TEST_F(GwctlTest, TheServersAddressMayStandAnywhere) {
  gwctl({"--server", "a:1", "nodes"});
  EXPECT_EQ(gwctl.state.connection.server, "a:1");
  gwctl({"nodes", "--server", "b:2"});
  EXPECT_EQ(gwctl.state.connection.server, "b:2");
}

TEST_F(GwctlTest, WrongUse) {
  const std::vector<std::string> cases[] = {{},
                                            {"bogus"},
                                            {"apply"},
                                            {"validate"},
                                            {"apply", "-f"},
                                            {"apply", "-f", "/nowhere/at/all.yaml"},
                                            {"apply", "-f", "-"},  // empty
                                            {"apply", "-f", "-", "--timeout", "soon"},
                                            {"get"},
                                            {"get", "bogus"},
                                            {"get", "hr", "-o", "xml"},
                                            {"get", "hr", "a", "-A"},
                                            {"get", "hr", "a/b"},
                                            {"get", "hr/a", "b"},
                                            {"apply", "-f", "-", "--prune"},
                                            {"apply", "-f", "-", "-l", "a=b"},
                                            {"apply", "-f", "-", "--dry-run=client"},
                                            {"apply", "-f", "-", "--expected-revision", "0"},
                                            {"diff"},
                                            {"diff", "--to", "3"},
                                            {"diff", "-f", "-", "--from", "3"},
                                            {"history", "latest"},
                                            {"history", "--limit", "0"},
                                            {"get", "-w"},
                                            {"wait", "hr", "a"},
                                            {"wait", "--for=delete"},
                                            {"wait", "--for=delete", "hr"},
                                            {"wait", "--for=delete", "hr", "a", "--revision", "1"},
                                            {"wait", "--for=active", "hr", "a"},
                                            {"wait", "--for=bogus"},
                                            {"rollback"},
                                            {"rollback", "--to", "0"},
                                            {"delete"},
                                            {"delete", "hr"},
                                            {"delete", "hr", "a", "-f", "-"},
                                            {"nodes", "--bogus"}};
  for (const auto& arguments : cases) {
    EXPECT_EQ(gwctl(arguments), kUsage) << testing::PrintToString(arguments);
    EXPECT_TRUE(gwctl.err.starts_with("gwctl: ")) << gwctl.err;
    EXPECT_EQ(gwctl.out, "") << testing::PrintToString(arguments);
  }
}

TEST_F(GwctlTest, HelpHasExamples) {
  EXPECT_EQ(gwctl({"--help"}), kOk);
  EXPECT_NE(gwctl.out.find("Exit codes:"), std::string::npos);
  for (const char* verb : {"validate", "diff", "apply", "get", "describe", "delete", "wait",
                           "history", "rollback", "audit", "nodes", "version"}) {
    EXPECT_EQ(gwctl({verb, "--help"}), kOk);
    EXPECT_NE(gwctl.out.find(std::string("  gwctl ") + verb), std::string::npos) << gwctl.out;
  }
  EXPECT_EQ(gwctl({"--version"}), kOk);
  EXPECT_EQ(gwctl.out, "gwctl 1.2.3\n");
}

}  // namespace
}  // namespace limpet::cli::test
