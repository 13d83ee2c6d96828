#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli {
namespace {

using test::Gwctl;

constexpr char kNamespace[] =
    "apiVersion: v1\n"
    "kind: Namespace\n"
    "metadata: {name: server}\n";
constexpr char kRoute[] =
    "apiVersion: gateway.networking.k8s.io/v1\n"
    "kind: HTTPRoute\n"
    "metadata: {name: r, namespace: server}\n"
    "spec: {rules: [{backendRefs: [{name: pipy, port: 8080}]}]}\n";
constexpr char kService[] =
    "apiVersion: v1\n"
    "kind: Service\n"
    "metadata: {name: pipy, namespace: server}\n"
    "spec: {ports: [{port: 8080}]}\n";

TEST(Analyze, TellsWhatIsWrongWithWhatIsStored) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"analyze"}), kOk);
  EXPECT_EQ(gwctl.out, "Issues:\n  None\n");
  gwctl.input = kRoute;
  ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk);
  EXPECT_EQ(gwctl({"analyze"}), kFailed);
  EXPECT_EQ(gwctl.out,
            "Issues:\n"
            "  error: HTTPRoute server/r: spec.rules[0].backendRefs[0]: Service server/pipy does "
            "not exist\n"
            "    create the Service or its port, or correct the reference\n"
            "  warning: HTTPRoute server/r: spec.parentRefs: names no parent: the route serves "
            "nothing\n"
            "    name a Gateway\n");
  EXPECT_EQ(gwctl.err, "");
}

TEST(Analyze, TellsWhatAChangeIntroducesAndMends) {
  Gwctl gwctl;
  gwctl.input = kRoute;
  ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk);
  gwctl.input = kService;
  EXPECT_EQ(gwctl({"analyze", "-f", "-"}), kFailed);
  EXPECT_TRUE(
      gwctl.out.starts_with("Issues introduced:\n  error: Service server/pipy: "
                            "spec.ports[0]: no EndpointSlice lists an endpoint"))
      << gwctl.out;
  EXPECT_TRUE(contains(gwctl.out, "\nIssues fixed:\n  error: HTTPRoute server/r: spec.rules[0]."))
      << gwctl.out;
  EXPECT_TRUE(contains(gwctl.out, "\nIssues unchanged:\n  warning: HTTPRoute server/r: "))
      << gwctl.out;
  EXPECT_EQ(gwctl.state.objects.size(), 1U);  // nothing was stored
  gwctl.input = kNamespace;
  EXPECT_EQ(gwctl({"analyze", "-f", "-"}), kOk);
}

TEST(Analyze, HasDocumentsForPrograms) {
  Gwctl gwctl;
  gwctl.input = kNamespace;
  EXPECT_EQ(gwctl({"analyze", "-f", "-", "-o", "yaml"}), kOk);
  EXPECT_EQ(gwctl.out, "issuesIntroduced: []\nissuesFixed: []\nissuesUnchanged: []\n");
  gwctl.input = kService;
  EXPECT_EQ(gwctl({"analyze", "--offline", "-f", "-", "-o", "json"}), kFailed);
  EXPECT_TRUE(contains(gwctl.out, "\"severity\": \"warning\"")) << gwctl.out;
  EXPECT_TRUE(contains(gwctl.out, "\"message\": \"no route leads to it\"")) << gwctl.out;
}

TEST(Analyze, AsksNoServerOffline) {
  Gwctl gwctl;
  gwctl.state.error = absl::UnavailableError("nobody there");
  gwctl.input = kNamespace;
  EXPECT_EQ(gwctl({"analyze", "--offline", "-f", "-"}), kOk);
  EXPECT_EQ(gwctl({"analyze", "--offline"}), kUsage);
  EXPECT_EQ(gwctl({"analyze"}), kUnreachable);
  gwctl.state.error = absl::InternalError("broken");
  EXPECT_EQ(gwctl({"analyze"}), kUnreachable);  // 1 would say that there are issues
}

}  // namespace
}  // namespace limpet::cli
