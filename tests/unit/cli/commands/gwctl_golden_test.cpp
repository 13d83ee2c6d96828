// What gwctl prints, word for word, in tests/golden: the help of every verb, and every table.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "core/base/text.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/commands/run_gwctl.h"
#include "tests/unit/cli/golden.h"

namespace limpet::cli::test {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// No file is left over of a verb or a table that is not there any more.
void expect_only(const fs::path& folder, const std::set<std::string>& names) {
  for (const auto& entry : fs::directory_iterator(kGoldenFolder / folder)) {
    const std::string name = entry.path().filename().string();
    if (!names.contains(name) && updating_golden()) fs::remove(entry.path());
    EXPECT_TRUE(names.contains(name) || updating_golden()) << entry.path() << " belongs to nothing";
  }
}

// The verbs that a help lists.
Words verbs_in(const std::string& help) {
  Words verbs;
  std::istringstream lines(help);
  std::string line;
  while (std::getline(lines, line) && line != "Subcommands:") continue;
  while (std::getline(lines, line) && line.starts_with("  ")) {
    if (line[2] != ' ') verbs.push_back(line.substr(2, line.find(' ', 2) - 2));
  }
  return verbs;
}

void expect_help(const Words& path, std::set<std::string>& names) {
  Gwctl gwctl;
  Words words = path;
  words.push_back("--help");
  ASSERT_EQ(gwctl(words), kOk);
  const std::string help = gwctl.out;
  const std::string name = path.empty() ? "gwctl.txt" : join(path, "-") + ".txt";
  names.insert(name);
  expect_golden(fs::path("help") / name, help);
  const Words below = verbs_in(help);
  if (!path.empty()) {
    EXPECT_TRUE(contains(help, "Examples:\n") && contains(help, "gwctl " + join(path, " ")))
        << "the help of " << join(path, " ") << " has no examples";
  }
  for (const std::string& verb : below) {
    Words longer = path;
    longer.push_back(verb);
    expect_help(longer, names);
  }
}

TEST(Golden, HelpOfEveryVerb) {
  std::set<std::string> names;
  expect_help({}, names);
  EXPECT_GT(names.size(), 20U);
  expect_only("help", names);
}

constexpr char kOthers[] =
    "apiVersion: gateway.limpet.dev/v1alpha1\n"
    "kind: GatewayParameters\n"
    "metadata: {name: edge, namespace: server}\n"
    "spec: {timeouts: {idle: 30s}}\n"
    "---\n"
    "apiVersion: v1\n"
    "kind: Secret\n"
    "metadata: {name: certificate, namespace: server}\n"
    "type: kubernetes.io/tls\n"
    "data: {tls.crt: '***', tls.key: '***'}\n"
    "---\n"
    "apiVersion: gateway.flomesh.io/v1alpha1\n"
    "kind: LoadBalancerPolicy\n"
    "metadata: {name: hashed, namespace: server}\n"
    "spec:\n"
    "  targetRef: {kind: Service, name: pipy}\n"
    "  ports: [{port: 8080, type: HashingLoadBalancer}]\n"
    "  config:\n"
    "    hash: {source: Header, name: X-User}\n"
    "    slowStart: 30s\n"
    "---\n"
    "apiVersion: gateway.flomesh.io/v1alpha1\n"
    "kind: RateLimitPolicy\n"
    "metadata: {name: limited, namespace: server}\n"
    "spec:\n"
    "  targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: fortio-route}\n"
    "  rateLimit: {requests: 100, client: {source: ClientAddress}}\n"
    "---\n"
    "apiVersion: v1\n"
    "kind: ConfigMap\n"
    "metadata: {name: notes, namespace: server}\n"
    "data: {one: a, two: b}\n"
    "---\n"
    "apiVersion: gateway.networking.k8s.io/v1\n"
    "kind: BackendTLSPolicy\n"
    "metadata: {name: to-pipy, namespace: server}\n"
    "spec:\n"
    "  targetRefs: [{group: '', kind: Service, name: pipy}]\n"
    "  validation: {hostname: pipy.internal, wellKnownCACertificates: System}\n"
    "---\n"
    "apiVersion: gateway.networking.k8s.io/v1beta1\n"
    "kind: ReferenceGrant\n"
    "metadata: {name: from-shop, namespace: server}\n"
    "spec:\n"
    "  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: shop}]\n"
    "  to: [{group: '', kind: Service, name: pipy}]\n";

// A cluster with one of everything: the demonstration, parameters for a Gateway, a Secret as the
// server shows it, policies, and two nodes.
void fill(Gwctl& gwctl) {
  gwctl.input = kOthers;
  ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk) << gwctl.err;
  ASSERT_EQ(gwctl({"apply", "-f", "examples/policies"}), kOk) << gwctl.err;
  ASSERT_EQ(gwctl({"apply", "-f", "examples/session-sticky", "-m", "the beginning"}), kOk);
  for (auto& [key, resource] : gwctl.state.objects) {
    v1::ObjectMeta& metadata = mutable_metadata_of(*object_of(resource));
    metadata.set_creation_timestamp("2023-11-14T21:13:20Z");  // an hour before now
    metadata.set_uid("uid-of-" + key.name);
    metadata.set_generation(1);
    metadata.set_resource_version("1");
  }
  gwctl.state.states[1] = gwctl.state.objects;
  gwctl.state.nodes.mutable_head()->set_revision(1);
  for (const char* name : {"node-1", "node-2"}) {
    v1::NodeStatus& node = *gwctl.state.nodes.add_nodes();
    node.set_node_id(name);
    node.set_connected(true);
    node.set_peer("ipv4:127.0.0.1:4711");
    node.set_address("127.0.0.2");
    node.set_build("1.2.3");
    node.mutable_active()->set_revision(1);
    node.set_last_seen_unix_ms(1'699'999'999'000);
    node.set_connected_since_unix_ms(1'699'999'900'000);
    node.set_apply_micros(452);
  }
  gwctl.state.nodes.mutable_nodes(1)->set_connected(false);
  v1::ListAuditResponse::Record& record = *gwctl.state.audit.add_records();
  record.set_id(4);
  record.set_unix_ms(1'699'999'995'000);
  record.set_actor("alice");
  record.set_peer("ipv4:127.0.0.1:4711");
  record.set_action("apply");
  record.set_revision(1);
  ASSERT_EQ(gwctl({"token", "create", "ci", "--role", "editor", "-n", "server"}), kOk) << gwctl.err;
}

constexpr char kOtherPort[] =
    "apiVersion: v1\n"
    "kind: Service\n"
    "metadata: {name: pipy, namespace: server}\n"
    "spec: {ports: [{port: 9090}]}\n";

TEST(Golden, EveryTable) {
  Gwctl gwctl;
  const TemporaryDirectory directory;
  gwctl.config_file = (directory / "config.yaml").string();
  fill(gwctl);
  ASSERT_EQ(gwctl({"context", "set", "prod", "--server", "gateway.example.org:7700"}), kOk);
  std::set<std::string> names;
  const auto expect = [&](const std::string& name, const Words& words) {
    gwctl.input = kOtherPort;
    const int code = gwctl(words);
    names.insert(name + ".txt");
    expect_golden(
        fs::path("tables") / (name + ".txt"),
        str_cat("$ gwctl ", join(words, " "), "\n", gwctl.out, gwctl.err, "exit ", code, "\n"));
  };
  for (const KindInfo& kind : user_kinds()) {
    const std::string plural(kind.plural);
    expect("get-" + plural, {"get", plural, "-A"});
    expect("get-" + plural + "-wide", {"get", plural, "-A", "-o", "wide"});
    expect("describe-" + plural, {"describe", plural, "-A"});
  }
  expect("get-all", {"get", "all", "-A"});
  expect("get-names", {"get", "all", "-A", "-o", "name"});
  expect("nodes", {"nodes"});
  expect("nodes-wide", {"nodes", "-o", "wide"});
  expect("history", {"history"});
  expect("history-revision", {"history", "1"});
  expect("audit", {"audit"});
  expect("token-list", {"token", "list"});
  expect("context-list", {"context", "list"});
  expect("diff", {"diff", "-f", "-"});
  expect("diff-revisions", {"diff", "--from", "0"});
  expect("analyze", {"analyze"});
  expect("analyze-change", {"analyze", "-f", "-"});
  expect("analyze-offline", {"analyze", "--offline", "-f", "-", "-o", "yaml"});
  expect("validate", {"validate", "-f", "-"});
  expect("version", {"version"});
  expect("completion-bash", {"completion", "bash"});
  expect("completion-zsh", {"completion", "zsh"});
  expect_only("tables", names);
}

}  // namespace
}  // namespace limpet::cli::test
