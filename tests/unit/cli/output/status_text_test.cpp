#include "cli/output/status_text.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

v1::Resource resource_of(const std::string& text) {
  v1::Resource resource;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &resource));
  return resource;
}

const char kRoute[] = R"pb(
  http_route {
    status {
      conditions { type: "Active" status: "False" reason: "NodesPending" message: "1 of 2 nodes" }
      nodes { desired: 2 active: 1 rejected: 0 stale: 0 }
      parents {
        parent_ref { name: "edge" namespace: "shop" section_name: "http" }
        conditions { type: "Accepted" status: "True" reason: "Accepted" }
      }
      parents {
        parent_ref { name: "gone" port: 80 }
        conditions { type: "Accepted" status: "False" reason: "NoMatchingParent" }
      }
    }
  })pb";

TEST(StatusText, NamesWhatIsWrong) {
  const v1::Resource route = resource_of(kRoute);
  EXPECT_EQ(condition_text(route, "Accepted"), "NoMatchingParent");
  EXPECT_EQ(condition_text(route, "Active"), "NodesPending");
  EXPECT_EQ(condition_text(route, "ResolvedRefs"), "");
  EXPECT_EQ(active_text(route), "1/2");
}

TEST(StatusText, AGatewaysConditionIsItsOwn) {
  const v1::Resource gateway = resource_of(R"pb(
    gateway {
      status {
        conditions { type: "Programmed" status: "True" reason: "Programmed" }
        listeners {
          name: "a"
          attached_routes: 4
          conditions { type: "Programmed" status: "False" reason: "Invalid" }
        }
        listeners { name: "b" attached_routes: 0 }
      }
    })pb");
  EXPECT_EQ(condition_text(gateway, "Programmed"), "True");
  EXPECT_EQ(attached_text(gateway), "4,0");
}

TEST(StatusText, ShowsEveryCondition) {
  EXPECT_EQ(status_text(resource_of(kRoute)),
            "Nodes:        2 (1 active, 0 rejected, 0 stale)\n"
            "Conditions:\n"
            "  TYPE       STATUS   REASON             OF                      MESSAGE\n"
            "  Active     False    NodesPending       all of it               1 of 2 nodes\n"
            "  Accepted   True     Accepted           parent shop/edge/http   <none>\n"
            "  Accepted   False    NoMatchingParent   parent gone:80          <none>\n");
}

TEST(StatusText, WithoutAStatusThereIsNothingToSay) {
  const v1::Resource route = resource_of("http_route { metadata { name: 'a' } }");
  EXPECT_EQ(status_text(route), "");
  EXPECT_EQ(condition_text(route, "Accepted"), "");
  EXPECT_EQ(active_text(route), "");
}

}  // namespace
}  // namespace limpet::cli
