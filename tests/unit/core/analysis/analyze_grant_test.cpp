#include "core/analysis/analyze_grant.h"

#include <gtest/gtest.h>

#include "core/analysis/world.h"
#include "core/base/text.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using Problems = std::vector<std::string>;

constexpr char kRoute[] =
    "http_route { api_version: 'gateway.networking.k8s.io/v1' kind: 'HTTPRoute' "
    "metadata { name: 'pay' namespace: 'shop' } spec { parent_refs { name: 'edge' } "
    "rules { backend_refs { name: 'ledger' namespace: 'bank' port: 80 } } } }";
constexpr char kService[] =
    "service { api_version: 'v1' kind: 'Service' metadata { name: 'ledger' namespace: 'bank' } "
    "spec { ports { port: 80 } } }";
constexpr char kFromShop[] =
    "from { group: 'gateway.networking.k8s.io' kind: 'HTTPRoute' namespace: 'shop' } ";

std::string grant_text(const std::string& spec) {
  return str_cat("reference_grant { api_version: 'gateway.networking.k8s.io/v1beta1' "
                 "kind: 'ReferenceGrant' metadata { name: 'g' namespace: 'bank' } spec { ",
                 spec, " } }");
}

// Those about objects of the kind.
Problems problems_of(std::string_view kind, std::initializer_list<std::string> objects) {
  std::vector<v1::Resource> all;
  for (const std::string& text : objects) all.push_back(testing::from_text<v1::Resource>(text));
  Problems problems;
  for (const Finding& finding : analyze(make_world(all))) {
    EXPECT_NE(finding.advice, "");
    if (finding.object.kind != kind) continue;
    problems.push_back(str_cat(finding.severity == Severity::kError ? "E " : "W ", finding.field,
                               ": ", finding.message));
  }
  return problems;
}

TEST(AnalyzeGrant, TellsWhatHasNoEffect) {
  const std::string good = str_cat(kFromShop, "to { group: '' kind: 'Service' name: 'ledger' } ");
  EXPECT_EQ(problems_of("ReferenceGrant", {kService, grant_text(good)}), Problems());
  const std::string more =
      "from { group: 'gateway.networking.k8s.io' kind: 'GRPCRoute' namespace: 'shop' } "
      "from { group: 'gateway.networking.k8s.io' kind: 'HTTPRoute' namespace: 'bank' } "
      "to { group: '' kind: 'Service' name: 'late' } to { group: '' kind: 'Secret' } ";
  EXPECT_EQ(problems_of("ReferenceGrant", {kService, grant_text(good + more)}),
            (Problems{"W spec.from[1]: no effect: references of HTTPRoutes to Services, and of "
                      "Gateways to Secrets need a grant; not those of GRPCRoute of group "
                      "gateway.networking.k8s.io to any of spec.to",
                      "W spec.from[2]: no effect: references within a namespace need no grant",
                      "W spec.to[1].name: Service bank/late does not exist",
                      "W spec.to[2]: no effect: references of HTTPRoutes to Services, and of "
                      "Gateways to Secrets need a grant; not those to Secret of any of "
                      "spec.from"}));
}

TEST(AnalyzeGrant, WhatItPermitsIsLedTo) {
  EXPECT_EQ(problems_of("HTTPRoute", {kService, kRoute}).back(),
            "E spec.rules[0].backendRefs[0]: Service bank/ledger is of another namespace, which "
            "has no ReferenceGrant for it");
  EXPECT_EQ(problems_of("Service", {kService, kRoute}).front(), "W : no route leads to it");
  const std::string grant = grant_text(str_cat(kFromShop, "to { group: '' kind: 'Service' }"));
  for (const std::string& problem : problems_of("HTTPRoute", {kService, kRoute, grant})) {
    EXPECT_FALSE(contains(problem, "backendRefs")) << problem;
  }
  for (const std::string& problem : problems_of("Service", {kService, kRoute, grant})) {
    EXPECT_FALSE(contains(problem, "no route")) << problem;
  }
}

}  // namespace
}  // namespace limpet
