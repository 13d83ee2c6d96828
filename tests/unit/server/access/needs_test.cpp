#include "server/access/needs.h"

#include <gtest/gtest.h>

#include "tests/unit/server/builders.h"

namespace limpet {
namespace {

v1::EntryKey key(const std::string& kind, const std::string& ns, const std::string& name) {
  v1::EntryKey key;
  key.set_kind(kind);
  key.set_namespace_(ns);
  key.set_name(name);
  return key;
}

bool permitted(const std::string& grants, const auto& request) {
  return check_needs(parse_grants(grants).value(), needs_of(request)).ok();
}

TEST(Needs, AChangeNeedsAnEditorWhereverItTouches) {
  const auto one = apply_request({service("a", 80, "shop")});
  EXPECT_TRUE(permitted("editor@shop", one));
  EXPECT_FALSE(permitted("viewer@shop", one));
  EXPECT_FALSE(permitted("editor@bank", one));
  auto both = apply_request({service("a", 80, "shop"), service("b", 80, "bank")});
  EXPECT_FALSE(permitted("editor@shop", both));
  EXPECT_TRUE(permitted("editor@shop,editor@bank", both));
  *both.add_deletes() = key("Service", "", "c");
  EXPECT_FALSE(permitted("editor@shop,editor@bank", both)) << "the default namespace";
  EXPECT_TRUE(permitted("editor", both));
}

TEST(Needs, EvictingIsAChangeOfTheServicesNamespace) {
  v1::EvictSessionsRequest request;
  request.set_service("a");
  EXPECT_TRUE(permitted("editor@default", request));
  request.set_namespace_("shop");
  EXPECT_TRUE(permitted("editor@shop", request));
  EXPECT_FALSE(permitted("viewer,editor@default", request));
}

TEST(Needs, WhatTouchesEverythingNeedsAnEditorEverywhere) {
  auto pruning = apply_request({service("a", 80, "shop")});
  (*pruning.mutable_prune_labels())["team"] = "shop";
  EXPECT_FALSE(permitted("editor@shop", pruning));
  EXPECT_TRUE(permitted("editor", pruning));
  EXPECT_FALSE(permitted("editor@shop", v1::RollbackRequest()));
  v1::Resource ns;
  ns.mutable_namespace_()->mutable_metadata()->set_name("shop");
  EXPECT_FALSE(permitted("editor@shop", apply_request({ns})));
  EXPECT_FALSE(permitted("editor@shop", delete_request({key("GatewayClass", "shop", "c")})));
  EXPECT_TRUE(permitted("editor@shop", delete_request({key("Gateway", "shop", "c")})));
  EXPECT_FALSE(permitted("viewer", apply_request({})));
  EXPECT_FALSE(permitted("viewer", delete_request({})));
}

TEST(Needs, ADrainNeedsAnEditorOfItsServiceAndAViewerToBeSeen) {
  v1::DrainRequest drain;
  EXPECT_TRUE(permitted("editor@default", drain));
  drain.set_namespace_("shop");
  EXPECT_TRUE(permitted("editor@shop", drain));
  EXPECT_FALSE(permitted("viewer@shop", drain));
  EXPECT_FALSE(permitted("editor@default", drain));
  v1::GetDrainRequest get;
  get.set_namespace_("shop");
  EXPECT_TRUE(permitted("viewer@shop", get));
  EXPECT_FALSE(permitted("viewer@bank", get));
}

TEST(Needs, EndpointsAreSeenByAViewerOfTheirService) {
  v1::ListEndpointsRequest list;
  EXPECT_TRUE(permitted("viewer@default", list));
  list.set_namespace_("shop");
  EXPECT_TRUE(permitted("viewer@shop", list));
  EXPECT_FALSE(permitted("editor@default", list));
}

TEST(Needs, ReadingNeedsAViewer) {
  v1::GetRequest get;
  *get.mutable_key() = key("Service", "shop", "a");
  EXPECT_TRUE(permitted("viewer@shop", get));
  EXPECT_FALSE(permitted("viewer@bank", get));
  *get.mutable_key() = key("Namespace", "", "bank");
  EXPECT_TRUE(permitted("viewer@shop", get)) << "what belongs to no namespace, everybody sees";
  EXPECT_FALSE(permitted("nothing", get));

  v1::ListRequest list;
  list.set_kind("Service");
  EXPECT_FALSE(permitted("viewer@shop", list)) << "of all namespaces";
  list.set_namespace_("shop");
  EXPECT_TRUE(permitted("viewer@shop", list));
  list.set_kind("GatewayClass");
  list.clear_namespace_();
  EXPECT_TRUE(permitted("viewer@shop", list));

  v1::WatchRequest watch;
  EXPECT_FALSE(permitted("viewer@shop", watch));
  watch.set_namespace_("shop");
  EXPECT_TRUE(permitted("viewer@shop", watch));

  v1::ListRevisionsRequest revisions;
  EXPECT_FALSE(permitted("viewer@shop", revisions));
  *revisions.mutable_object() = key("Service", "shop", "a");
  EXPECT_TRUE(permitted("viewer@shop", revisions));
}

TEST(Needs, TheRefusalNamesWhatIsMissing) {
  EXPECT_EQ(check_needs(parse_grants("viewer@shop").value(),
                        needs_of(apply_request({service("a", 80, "bank")})))
                .message(),
            "needs editor in namespace bank, and has viewer@shop");
  EXPECT_EQ(check_needs(Grants(), kAdminister).message(),
            "needs admin in all namespaces, and has nothing");
  EXPECT_EQ(check_needs(Grants(), kViewSomewhere).message(),
            "needs viewer in some namespace, and has nothing");
}

}  // namespace
}  // namespace limpet
