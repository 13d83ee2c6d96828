#include "core/analysis/analyze_sessions.h"

#include <gtest/gtest.h>

#include "core/analysis/world.h"
#include "core/base/text.h"
#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using Objects = std::vector<v1::Resource>;

void add(const std::string& text, Objects& objects) {
  objects.push_back(testing::from_text<v1::Resource>(text));
}

// With a policy of that cookie.
void add_service(const std::string& name, const std::string& cookie, Objects& objects) {
  add(str_cat("service { api_version: 'v1' kind: 'Service' metadata { name: '", name,
              "' namespace: 'shop' } spec { ports { port: 80 } } }"),
      objects);
  add(str_cat("session_sticky_policy { api_version: 'gateway.flomesh.io/v1alpha1' "
              "kind: 'SessionStickyPolicy' metadata { name: '", name,
              "-policy' namespace: 'shop' } "
              "spec { target_ref { kind: 'Service' name: '", name,
              "' } ports { port: 80 config { ", cookie, " } } } }"),
      objects);
}

void add_route(const std::string& service, const std::string& host, Objects& objects,
               const std::string& rule = "") {
  add(str_cat("http_route { api_version: 'gateway.networking.k8s.io/v1' kind: 'HTTPRoute' "
              "metadata { name: '", service, "' namespace: 'shop' } spec { parent_refs { "
              "name: 'edge' } ", host.empty() ? "" : "hostnames: '", host,
              host.empty() ? "" : "' ", "rules { backend_refs { name: '", service,
              "' port: 80 } ", rule, " } } }"),
      objects);
}

std::vector<Finding> findings_of(const Objects& objects) {
  return analyze_sessions(make_world(objects));
}

TEST(AnalyzeSessions, ServicesOfOneHostThatShareACookie) {
  Objects objects;
  add_service("cart", "", objects);
  add_service("web", "cookie_name: '_srv_id'", objects);
  add_route("cart", "Shop.example", objects);
  add_route("web", "shop.example", objects);
  const std::vector<Finding> findings = findings_of(objects);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].object, (EntryKey{"SessionStickyPolicy", "shop", "web-policy"}));
  EXPECT_EQ(findings[0].message,
            "shop/web:80 shares the cookie \"_srv_id\" with shop/cart:80 on host shop.example");
}

TEST(AnalyzeSessions, NothingIsSharedWhereHostNameOrKindDiffer) {
  for (const std::string other : {"cookie_name: 'web'", "type: 'Header'"}) {
    Objects objects;
    add_service("cart", "", objects);
    add_service("web", other, objects);
    add_route("cart", "", objects);
    add_route("web", "", objects);
    EXPECT_TRUE(findings_of(objects).empty()) << other;
  }
  Objects objects;
  add_service("cart", "", objects);
  add_service("web", "", objects);
  add_route("cart", "a.example", objects);
  add_route("web", "b.example", objects);
  EXPECT_TRUE(findings_of(objects).empty());
}

TEST(AnalyzeSessions, ARuleMayHaveSessionsOfItsOwn) {
  Objects objects;
  add_service("cart", "", objects);
  add_service("web", "", objects);
  add_route("cart", "", objects);
  add_route("web", "", objects, "session_persistence { session_name: 'web' }");
  EXPECT_TRUE(findings_of(objects).empty());
}

}  // namespace
}  // namespace limpet
