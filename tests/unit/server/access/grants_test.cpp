#include "server/access/grants.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(Grants, ReachAsFarAsTheySay) {
  const Grants grants = parse_grants("viewer,editor@shop").value();
  EXPECT_TRUE(grants.permit(Role::kViewer, ""));
  EXPECT_TRUE(grants.permit(Role::kViewer, "bank"));
  EXPECT_TRUE(grants.permit(Role::kEditor, "shop"));
  EXPECT_FALSE(grants.permit(Role::kEditor, "bank"));
  EXPECT_FALSE(grants.permit(Role::kEditor, "")) << "everywhere is more than one namespace";
  EXPECT_FALSE(grants.permit(Role::kAdmin, "shop"));
  EXPECT_TRUE(grants.permit_anywhere(Role::kEditor));
  EXPECT_FALSE(grants.permit_anywhere(Role::kAdmin));
}

TEST(Grants, ANamespaceIsNotEverywhere) {
  const Grants grants = parse_grants("admin@shop").value();
  EXPECT_TRUE(grants.permit(Role::kViewer, "shop"));
  EXPECT_FALSE(grants.permit(Role::kViewer, ""));
  EXPECT_TRUE(grants.permit_anywhere(Role::kViewer));
  EXPECT_FALSE(Grants().permit(Role::kViewer, ""));
  EXPECT_FALSE(Grants().permit_anywhere(Role::kViewer));
}

TEST(Grants, AreReadAndPrinted) {
  for (const char* text : {"nothing", "viewer", "viewer,editor@shop", "admin"}) {
    EXPECT_EQ(to_string(parse_grants(text).value()), text);
  }
  EXPECT_TRUE(parse_grants("")->empty());
  for (const char* text : {"root", "viewer@", "@shop", "viewer,,", "Viewer", ","}) {
    EXPECT_FALSE(parse_grants(text).ok()) << text;
  }
}

}  // namespace
}  // namespace limpet
