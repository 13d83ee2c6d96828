#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli::test {
namespace {

TEST(ApiResourcesTest, ListsTheKindsWithoutAServer) {
  Gwctl gwctl;
  gwctl.state.error = absl::UnavailableError("no server");
  EXPECT_EQ(gwctl({"api-resources"}), kOk);
  EXPECT_TRUE(gwctl.out.starts_with("NAME "));
  EXPECT_TRUE(contains(gwctl.out, "SHORTNAMES   APIVERSION"));
  EXPECT_TRUE(contains(gwctl.out, "hr           gateway.networking.k8s.io/v1"));
  EXPECT_FALSE(contains(gwctl.out, "VERSIONS"));
  EXPECT_EQ(gwctl({"api-resources", "-o", "wide", "--no-headers"}), kOk);
  EXPECT_TRUE(contains(gwctl.out, "HTTPRoute               v1,v1beta1\n"));
  EXPECT_FALSE(contains(gwctl.out, "SHORTNAMES"));
}

TEST(ApiResourcesTest, NamesAreForScripts) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"api-resources", "-o", "name", "--namespaced=false"}), kOk);
  EXPECT_EQ(gwctl.out, "namespaces\ngatewayclasses.gateway.networking.k8s.io\n");
  EXPECT_EQ(gwctl({"api-resources", "-o", "name", "--namespaced"}), kOk);
  EXPECT_FALSE(contains(gwctl.out, "namespaces\n"));
  EXPECT_TRUE(contains(gwctl.out, "services\n"));
  EXPECT_EQ(gwctl({"api-resources", "--namespaced=maybe"}), kUsage);
}

TEST(ExplainTest, AKindAndItsFields) {
  Gwctl gwctl;
  gwctl.state.error = absl::UnavailableError("no server");
  EXPECT_EQ(gwctl({"explain", "hr"}), kOk);
  EXPECT_TRUE(
      gwctl.out.starts_with("GROUP:      gateway.networking.k8s.io\n"
                            "KIND:       HTTPRoute\n"
                            "VERSION:    v1\n\n"
                            "DESCRIPTION:\n"
                            "    Which requests of a Gateway's listeners go to which"));
  EXPECT_TRUE(contains(gwctl.out, "\nFIELDS:\n  apiVersion\t<string> -required-\n    gateway."));
  EXPECT_TRUE(contains(gwctl.out, "  status\t<HTTPRouteStatus>\n"));
  EXPECT_TRUE(contains(gwctl.out, "    Written by the server alone; dropped from manifests.\n"));
  EXPECT_EQ(gwctl({"explain", "svc"}), kOk);
  EXPECT_TRUE(gwctl.out.starts_with("KIND:       Service\n"));
}

TEST(ExplainTest, AFieldByItsPath) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"explain", "httproute.spec.rules.backendRefs.weight", "--api-version",
                   "gateway.networking.k8s.io/v1beta1"}),
            kOk);
  EXPECT_EQ(gwctl.out,
            "GROUP:      gateway.networking.k8s.io\n"
            "KIND:       HTTPRoute\n"
            "VERSION:    v1beta1\n\n"
            "FIELD: weight <integer>\n\n"
            "DESCRIPTION:\n"
            "    absent: 1\n");
  EXPECT_EQ(gwctl({"explain", "httproutes.gateway.networking.k8s.io.spec.rules"}), kOk);
  EXPECT_TRUE(contains(gwctl.out, "FIELD: rules <[]HTTPRouteRule>\n"));
  EXPECT_EQ(gwctl({"explain", "svc.spec.selector"}), kOk);
  EXPECT_TRUE(contains(gwctl.out, "DESCRIPTION:\n    Stored and shown; has no effect in Limpet."));
}

TEST(ExplainTest, RecursiveShowsTheTreeAlone) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"explain", "ssp.spec", "--recursive"}), kOk);
  EXPECT_TRUE(contains(gwctl.out,
                       "\nFIELDS:\n"
                       "  targetRef\t<PolicyTargetReference> -required-\n"
                       "    group\t<string>\n"));
  EXPECT_TRUE(
      contains(gwctl.out, "    config\t<SessionStickyConfig>\n      cookieName\t<string>\n"));
}

TEST(ExplainTest, WhatIsNotThereIsTold) {
  Gwctl gwctl;
  EXPECT_EQ(gwctl({"explain", "httproute.spec.ruels"}), kUsage);
  EXPECT_EQ(gwctl.err, "gwctl: spec has no field \"ruels\"; did you mean \"rules\"?\n");
  EXPECT_EQ(gwctl({"explain", "httproute.zzzzzzzz"}), kUsage);
  EXPECT_TRUE(contains(gwctl.err, "it has apiVersion, kind, metadata, spec, status"));
  EXPECT_EQ(gwctl({"explain", "httproute.kind.x"}), kUsage);
  EXPECT_TRUE(contains(gwctl.err, "kind has no fields, so no \"x\""));
  EXPECT_EQ(gwctl({"explain", "htproute"}), kUsage);
  EXPECT_TRUE(contains(gwctl.err, "did you mean httproutes?"));
  EXPECT_EQ(gwctl({"explain", "svc", "--api-version", "v2"}), kUsage);
  EXPECT_TRUE(contains(gwctl.err, "Service has v1, not v2"));
}

}  // namespace
}  // namespace limpet::cli::test
