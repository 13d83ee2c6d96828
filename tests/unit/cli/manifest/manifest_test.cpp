#include "cli/manifest/manifest.h"

#include <gtest/gtest.h>

#include "core/resource/object.h"

namespace limpet::cli {
namespace {

Manifest read(const std::string& text, std::string_view default_namespace = "",
              ManifestUse use = ManifestUse::kApply) {
  const SourceFile file{"f.yaml", text};
  return read_manifest({&file, 1}, default_namespace, use);
}

std::vector<std::string> problems_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const Problem& problem : read(text).problems) lines.push_back(to_string(problem));
  return lines;
}

// A Service whose spec has these lines, the first of them at line 7.
std::string service(const std::string& spec) {
  return "apiVersion: v1\n"
         "kind: Service\n"
         "metadata:\n"
         "  name: pipy\n"
         "  namespace: server\n"
         "spec:\n" +
         spec;
}

TEST(Manifest, ReadsObjectsOfSeveralDocuments) {
  const Manifest manifest = read(service("  ports: [{port: 8080, targetPort: web}]\n") +
                                 "---\n---\n"
                                 "{\"apiVersion\": \"v1\", \"kind\": \"Namespace\", "
                                 "\"metadata\": {\"name\": \"server\"}}\n");
  ASSERT_TRUE(manifest.problems.empty()) << to_string(manifest.problems[0]);
  ASSERT_EQ(manifest.objects.size(), 2U);
  const v1::ServicePort& port = manifest.objects[0].resource.service().spec().ports(0);
  EXPECT_EQ(port.port(), 8080);
  EXPECT_EQ(port.target_port().string_value(), "web");
  EXPECT_EQ(key_of(manifest.objects[1].resource), (EntryKey{"Namespace", "", "server"}));
}

TEST(Manifest, WrongTypes) {
  struct Case {
    std::string spec;
    std::string expected;  // behind the object's name
  };
  const Case cases[] = {
      {"  ports: [{port: \"80\"}]\n",
       "spec.ports[0].port: must be a number, not the text \"80\"; remove the quotes"},
      {"  ports: [{port: 80.5}]\n", "spec.ports[0].port: must be a whole number, not 80.5"},
      {"  ports: [{port: http}]\n", "spec.ports[0].port: must be a number, not the text \"http\""},
      {"  ports: [{port: 0x50}]\n",
       "spec.ports[0].port: must be a decimal number without leading zeros, not 0x50"},
      {"  ports: [{port: 99999999999}]\n",
       "spec.ports[0].port: must be between -2147483648 and 2147483647, not 99999999999"},
      {"  ports: [{port: [80]}]\n", "spec.ports[0].port: must be a number, not a list"},
      {"  ports: {port: 80}\n", "spec.ports: must be a list, not a map"},
      {"  ports: [80]\n", "spec.ports[0]: must be a map of fields, not 80"},
      {"  ports: [~]\n", "spec.ports[0]: must not be empty; remove it"},
      {"  ports: [{port: 80, name: 1}]\n",
       "spec.ports[0].name: must be a text, not the number 1; write \"1\" in quotes if it is "
       "meant so"},
      {"  ports: [{port: 80, name: no}]\n",
       "spec.ports[0].name: must be a text, not the boolean no; write \"no\" in quotes if it is "
       "meant so"},
      {"  ports: [{port: 80, name: {}}]\n", "spec.ports[0].name: must be a text, not a map"},
      {"  ports: [{port: 80, targetPort: 1.5}]\n",
       "spec.ports[0].targetPort: must be a whole number, not 1.5"},
      {"  {ports: [{port: 80}], publishNotReadyAddresses: \"true\"}\n",
       "spec.publishNotReadyAddresses: must be true or false, not the text \"true\"; remove the "
       "quotes"},
      {"  {ports: [{port: 80}], selector: {a: ~}}\n",
       "spec.selector[a]: must have a value; write \"\" for an empty one"},
      {"  {ports: [{port: 80}], selector: [a]}\n", "spec.selector: must be a map, not a list"},
      {"  {ports: [{port: 80}], selector: {a: 1.10}}\n",
       "spec.selector[a]: must be a text, not the number 1.10; write \"1.10\" in quotes if it is "
       "meant so"},
      {"  {ports: [{port: 80}], <<: {a: b}}\n",
       "spec.<<: merge keys are not supported; write the fields out"},
  };
  for (const Case& each : cases) {
    const std::vector<std::string> found = problems_of(service(each.spec));
    ASSERT_EQ(found.size(), 1U) << each.spec << testing::PrintToString(found);
    const std::string& line = found[0];
    EXPECT_EQ(line.substr(line.find("server/pipy: ") + 13), each.expected) << line;
    EXPECT_TRUE(line.starts_with("f.yaml:7:")) << line;
  }
}

TEST(Manifest, NoProblemTellsAValueOfASecret) {
  const std::string head = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n";
  const std::string name = "Secret default/a: ";
  for (const char* value : {"12345678", "[12345678]", "{a: 12345678}"}) {
    EXPECT_EQ(problems_of(head + "stringData:\n  pin: " + value + "\n"),
              std::vector<std::string>{"f.yaml:5:3: " + name + "stringData[pin]: must be a text; "
                                       "write numbers and booleans in quotes"});
  }
  EXPECT_EQ(problems_of(head + "stringData: 12345678\n"),
            std::vector<std::string>{"f.yaml:4:1: " + name + "stringData: must be a map"});
  EXPECT_EQ(problems_of(head + "data: {pin: '12345678!'}\n"),
            std::vector<std::string>{"f.yaml:4:8: " + name + "data[pin]: must be base64; plain "
                                     "text belongs into stringData"});
}

TEST(Manifest, EverythingAtOnceInTheOrderOfLines) {
  EXPECT_EQ(
      problems_of("apiVersion: gateway.networking.k8s.io/v1beta1\n"
                  "kind: HTTPRoute\n"
                  "metadata:\n"
                  "  name: fortio-route\n"
                  "spec:\n"
                  "  rules:\n"
                  "  - backendRefs:\n"
                  "    - name: pipy\n"
                  "      port: 0\n"
                  "      wieght: 1\n"
                  "  # not yet\n"
                  "  useDefaultGateways: All\n"
                  "---\n"
                  "kind: Servce\n"
                  "---\n" +
                  service("  ports:\n  - prot: 80\n  - name: b\n    port: 80\n    port: 81\n")),
      (std::vector<std::string>{
          "f.yaml:9:7: HTTPRoute default/fortio-route: spec.rules[0].backendRefs[0].port: must be "
          "between 1 and 65535, not 0",
          "f.yaml:10:7: HTTPRoute default/fortio-route: spec.rules[0].backendRefs[0].wieght: "
          "unknown field; did you mean \"weight\"?",
          "f.yaml:12:3: HTTPRoute default/fortio-route: spec.useDefaultGateways: not supported by "
          "this version of Limpet; remove it",
          "f.yaml:14:1: kind: unknown kind \"Servce\"; did you mean Service?",
          "f.yaml:23:5: Service server/pipy: spec.ports[0].prot: unknown field; did you mean "
          "\"port\"?",
          "f.yaml:23:5: Service server/pipy: spec.ports[0].name: required where there are several "
          "ports",
          "f.yaml:26:5: Service server/pipy: spec.ports[1].port: occurs twice; keep one of the "
          "two"}));
}

TEST(Manifest, NumbersWithFractions) {
  const auto retry = [](const std::string& value) {
    return "apiVersion: gateway.flomesh.io/v1alpha1\nkind: RetryPolicy\nmetadata: {name: a}\n"
           "spec: {targetRef: {kind: Service, name: b}, ports: [{port: 80}], "
           "config: {backoffBaseInterval: " + value + "}}\n";
  };
  for (const char* good : {"0", "60", "0.5", ".5", "1e-3", "1.0"}) {
    EXPECT_EQ(problems_of(retry(good)), std::vector<std::string>()) << good;
  }
  const std::string field = "f.yaml:4:75: RetryPolicy default/a: spec.config.backoffBaseInterval: ";
  EXPECT_EQ(problems_of(retry("\"0.5\"")).at(0),
            field + "must be a number, not the text \"0.5\"; remove the quotes");
  for (const char* wrong : {"1s", ".nan", ".inf", "0x1", "1_0.5", "{}", "[1]", "yes"}) {
    EXPECT_TRUE(problems_of(retry(wrong)).at(0).starts_with(field + "must be a number such as"))
        << wrong << problems_of(retry(wrong)).at(0);
  }
}

TEST(Manifest, KindsAndVersions) {
  EXPECT_EQ(
      problems_of("apiVersion: v1\nkind: Service\n"),
      (std::vector<std::string>{"f.yaml:1:1: Service: metadata.name: required",
                                "f.yaml:1:1: Service: spec.ports: required: at least one port"}));
  EXPECT_EQ(problems_of("apiVersion: v2\nkind: Namespace\nmetadata: {name: a}\n"),
            std::vector<std::string>{"f.yaml:1:1: Namespace a: apiVersion: must be v1 for the "
                                     "kind Namespace, not \"v2\""});
  EXPECT_EQ(problems_of("apiVersion: v1\n").at(0).substr(0, 33),
            "f.yaml:1:1: kind: required: Names");
  EXPECT_EQ(problems_of("kind: Deployment\n").at(0),
            "f.yaml:1:1: kind: unknown kind \"Deployment\"; known are Namespace, GatewayClass, "
            "Gateway, GatewayParameters, HTTPRoute, Service, Secret, ConfigMap, ReferenceGrant, "
            "EndpointSlice, SessionStickyPolicy, LoadBalancerPolicy, RetryPolicy, "
            "CircuitBreakingPolicy, RateLimitPolicy, UpstreamTLSPolicy, BackendTLSPolicy, "
            "HealthCheckPolicy");
  EXPECT_EQ(problems_of("- a\n").at(0),
            "f.yaml:1:1: must be an object: a map with apiVersion and kind");
}

TEST(Manifest, ServerOwnedFieldsAreDroppedUnread) {
  const Manifest manifest = read(
      "apiVersion: v1\nkind: Namespace\n"
      "metadata: {name: a, uid: [any], generation: x, managedFields: [{a: 1}]}\n"
      "status: {phase: Active}\n");
  ASSERT_TRUE(manifest.problems.empty()) << to_string(manifest.problems[0]);
  EXPECT_EQ(manifest.objects[0].resource.namespace_().ShortDebugString(),
            "api_version: \"v1\" kind: \"Namespace\" metadata { name: \"a\" }");
}

// As `kubectl get gateway -o yaml` shows it, with what this version has no field for.
TEST(Manifest, AStatusOfKubernetesIsDropped) {
  const std::string spec =
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
      "metadata: {name: a, namespace: b}\n"
      "spec: {gatewayClassName: c, listeners: [{name: http, port: 80, protocol: HTTP}]}\n";
  const Manifest manifest = read(
      spec +
      "status:\n"
      "  addresses: [{type: IPAddress, value: 10.0.0.1}]\n"
      "  attachedListenerSets: 0\n"
      "  conditions: [{type: Accepted, status: \"True\", lastTransitionTime: \"2026-01-01\"}]\n"
      "  listeners: [{name: 7, attachedRoutes: many}]\n");
  ASSERT_TRUE(manifest.problems.empty()) << to_string(manifest.problems[0]);
  EXPECT_EQ(manifest.objects[0].resource.ShortDebugString(),
            read(spec).objects[0].resource.ShortDebugString());
}

TEST(Manifest, NullIsAbsent) {
  const Manifest manifest =
      read("apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: ~}\nspec:\n");
  EXPECT_TRUE(manifest.problems.empty());
  EXPECT_FALSE(manifest.objects[0].resource.namespace_().has_spec());
}

TEST(Manifest, ListsOfKubectl) {
  const Manifest manifest = read(
      "apiVersion: v1\nkind: List\nmetadata: {resourceVersion: \"\"}\nitems:\n"
      "- {apiVersion: v1, kind: Namespace, metadata: {name: a}}\n"
      "- {apiVersion: v1, kind: Namespace, metadata: {name: B}}\n"
      "- 1\n");
  EXPECT_EQ(manifest.objects.size(), 1U);
  ASSERT_EQ(manifest.problems.size(), 2U);
  EXPECT_EQ(manifest.problems[0].mark.line, 6);
  EXPECT_EQ(manifest.problems[1].mark.line, 7);
  EXPECT_TRUE(read("apiVersion: v1\nkind: List\nitems: []\n").problems.empty());
}

TEST(Manifest, TheSameObjectTwice) {
  const std::string object = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n---\n";
  EXPECT_EQ(problems_of(object + object),
            std::vector<std::string>{
                "f.yaml:9:3: Namespace a: metadata.name: the same object is at f.yaml:4; keep "
                "one"});
}

TEST(Manifest, DefaultNamespaceIsForNamespacedKindsWithoutOne) {
  const Manifest manifest = read(
      "{apiVersion: v1, kind: Namespace, metadata: {name: a}}\n---\n" +
          service("  ports: [{port: 80}]\n") +
          "---\n{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 1}]}}\n",
      "other");
  ASSERT_EQ(manifest.objects.size(), 3U);
  EXPECT_EQ(key_of(manifest.objects[0].resource).ns, "");
  EXPECT_EQ(key_of(manifest.objects[1].resource).ns, "server");
  EXPECT_EQ(key_of(manifest.objects[2].resource).ns, "other");
}

TEST(Manifest, ForNamesOnlyNamesMatter) {
  const std::string text = service("  ports: [{port: wrong}]\n  unknown: 1\n");
  EXPECT_EQ(read(text, "", ManifestUse::kNames).objects.size(), 1U);
  EXPECT_TRUE(read(text).objects.empty());
  EXPECT_FALSE(read("apiVersion: v1\nkind: Service\n", "", ManifestUse::kNames).problems.empty());
}

TEST(Manifest, AliasesAreFollowedWithinBounds) {
  const Manifest shared = read(service("  ports: [{port: &p 80, nodePort: *p}]\n"));
  ASSERT_TRUE(shared.problems.empty());
  EXPECT_EQ(shared.objects[0].resource.service().spec().ports(0).node_port(), 80);

  std::string laughs = "  sessionAffinityConfig:\n    a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "    a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int k = 0; k < 9; ++k) laughs += ", " + before;
    laughs += "]\n";
  }
  const std::vector<std::string> bounded = problems_of(service("  ports: [{port: 80}]\n" + laughs));
  ASSERT_EQ(bounded.size(), 2U);  // and the part that was read is too large for an object
  const std::string all = bounded[0] + bounded[1];
  EXPECT_NE(all.find("values, aliases counted each time"), std::string::npos) << all;
  EXPECT_NE(all.find("split it up"), std::string::npos) << all;

  const std::vector<std::string> endless =
      problems_of(service("  ports: [{port: 80}]\n  sessionAffinityConfig: &a [*a]\n"));
  ASSERT_EQ(endless.size(), 1U);
  EXPECT_NE(endless[0].find("nested more than"), std::string::npos) << endless[0];
}

}  // namespace
}  // namespace limpet::cli
