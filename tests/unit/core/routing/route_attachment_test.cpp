#include "core/routing/route_attachment.h"

#include <gtest/gtest.h>

#include "tests/support/snapshots.h"

namespace limpet {
namespace {

using testing::from_text;

struct Case {
  const char* what;
  const char* parent;          // fields of the parentRef
  const char* allowed;         // fields of allowedRoutes
  bool attaches;
};

class RouteAttachment : public ::testing::TestWithParam<Case> {};

// The Gateway is edge/g with listener "http" on port 80; the route lives in namespace shop, whose
// Namespace has the label tier=web.
TEST_P(RouteAttachment, Holds) {
  const Case& param = GetParam();
  const auto gateway = from_text<v1::Gateway>("metadata { name: 'g' namespace: 'edge' }");
  const auto listener = from_text<v1::Listener>(
      std::string("name: 'http' port: 80 allowed_routes { ") + param.allowed + " }");
  const auto route = from_text<v1::HTTPRoute>(
      std::string("metadata { name: 'r' namespace: 'shop' } spec { parent_refs { ") +
      param.parent + " } }");
  const auto ns = from_text<v1::Namespace>(
      "metadata { name: 'shop' labels { key: 'tier' value: 'web' } }");
  EXPECT_EQ(attaches(route, gateway, listener, &ns), param.attaches) << param.what;
}

constexpr char kAll[] = "namespaces { from: 'All' }";
constexpr char kG[] = "name: 'g' namespace: 'edge'";

INSTANTIATE_TEST_SUITE_P(
    Cases, RouteAttachment,
    ::testing::Values(
        Case{"all namespaces", kG, kAll, true},
        Case{"same namespace is the default", kG, "", false},
        Case{"the route's own namespace is meant", "name: 'g'", kAll, false},
        Case{"another gateway", "name: 'h' namespace: 'edge'", kAll, false},
        Case{"its listener", "name: 'g' namespace: 'edge' section_name: 'http'", kAll, true},
        Case{"another listener", "name: 'g' namespace: 'edge' section_name: 'x'", kAll, false},
        Case{"its port", "name: 'g' namespace: 'edge' port: 80", kAll, true},
        Case{"another port", "name: 'g' namespace: 'edge' port: 81", kAll, false},
        Case{"another kind", "name: 'g' namespace: 'edge' kind: 'Service' group: ''", kAll, false},
        Case{"routes of this kind", kG,
             "namespaces { from: 'All' } kinds { kind: 'HTTPRoute' }", true},
        Case{"routes of another kind", kG,
             "namespaces { from: 'All' } kinds { kind: 'TCPRoute' }", false},
        Case{"a label", kG,
             "namespaces { from: 'Selector' "
             "selector { match_labels { key: 'tier' value: 'web' } } }",
             true},
        Case{"another label", kG,
             "namespaces { from: 'Selector' "
             "selector { match_labels { key: 'tier' value: 'db' } } }",
             false},
        Case{"its name as a label", kG,
             "namespaces { from: 'Selector' selector { match_expressions { "
             "key: 'kubernetes.io/metadata.name' operator: 'In' values: 'shop' } } }",
             true},
        Case{"not in", kG,
             "namespaces { from: 'Selector' selector { match_expressions { "
             "key: 'tier' operator: 'NotIn' values: 'web' } } }",
             false},
        Case{"does not exist", kG,
             "namespaces { from: 'Selector' selector { match_expressions { "
             "key: 'other' operator: 'DoesNotExist' } } }",
             true},
        Case{"an empty selector", kG, "namespaces { from: 'Selector' selector { } }", true}));

}  // namespace
}  // namespace limpet
