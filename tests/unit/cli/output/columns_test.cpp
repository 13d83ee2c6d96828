#include "cli/output/columns.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const std::vector<std::string> kAdded = {"ADDED"};  // a watch shows no status

std::string table_of(std::string_view kind, const std::string& text, const TableStyle& style) {
  v1::Resource resource;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &resource));
  return kind_table(*find_kind(kind), {&resource, 1}, style).to_string();
}

TEST(Columns, Ages) {
  const auto after = [](int64_t seconds) { return age(kNow - absl::Seconds(seconds), kNow); };
  EXPECT_EQ(after(-5), "0s");
  EXPECT_EQ(after(119), "119s");
  EXPECT_EQ(after(120), "2m");
  EXPECT_EQ(after(7199), "119m");
  EXPECT_EQ(after(7200), "2h");
  EXPECT_EQ(after(172800), "2d");
  EXPECT_EQ(age(absl::InfinitePast(), kNow), "<unknown>");
}

TEST(Columns, HttpRoute) {
  const std::string route = R"pb(
    http_route {
      metadata { name: "a" namespace: "server" creation_timestamp: "2023-11-14T22:13:10Z" }
      spec {
        parent_refs { name: "gw" port: 8000 }
        parent_refs { name: "gw" namespace: "other" section_name: "http" }
        hostnames: "a.com"
        rules {
          backend_refs { name: "pipy" port: 80 }
          backend_refs { name: "pipy" port: 80 }
        }
        rules { backend_refs { name: "b" port: 81 } }
      }
    })pb";
  EXPECT_EQ(table_of("HTTPRoute", route, {.now = kNow}),
            "NAME   HOSTNAMES   PARENTS                 ACCEPTED   RESOLVED   ACTIVE   AGE\n"
            "a      a.com       gw:8000,other/gw/http   <none>     <none>     <none>   10s\n");
  EXPECT_EQ(table_of("HTTPRoute", route,
                     {.wide = true, .with_namespace = true, .with_kind = true, .now = kNow}),
            "NAMESPACE   NAME                                    HOSTNAMES   PARENTS               "
            "  RULES   BACKENDS       ACCEPTED   RESOLVED   ACTIVE   AGE\n"
            "server      httproute.gateway.networking.k8s.io/a   a.com       "
            "gw:8000,other/gw/http   2       pipy:80,b:81   <none>     <none>     <none>   10s\n");
}

TEST(Columns, EndpointSlicesShowTheFirstAddresses) {
  const std::string slice = R"pb(
    endpoint_slice {
      metadata {
        name: "a"
        labels { key: "kubernetes.io/service-name" value: "pipy" }
      }
      address_type: "IPv4"
      endpoints { addresses: "10.0.0.1" }
      endpoints { addresses: "10.0.0.2" }
      endpoints { addresses: "10.0.0.3" }
      endpoints { addresses: "10.0.0.4" }
      ports { port: 80 }
    })pb";
  EXPECT_EQ(
      table_of("EndpointSlice", slice, {.wide = true, .now = kNow}),
      "NAME   ADDRESSTYPE   PORTS   ENDPOINTS                          SERVICE   ACTIVE   AGE\n"
      "a      IPv4          80      10.0.0.1,10.0.0.2,10.0.0.3+1more   pipy      <none>   "
      "<unknown>\n");
}

TEST(Columns, SessionStickyPoliciesShowWhatHolds) {
  const std::string policy = R"pb(
    session_sticky_policy {
      metadata { name: "a" }
      spec {
        target_ref { kind: "Service" name: "pipy" }
        ports {
          port: 80
          config { expires: 600 }
        }
        ports { port: 81 }
        config { cookie_name: "own" }
      }
    })pb";
  EXPECT_EQ(table_of("SessionStickyPolicy", policy, {.now = kNow}),
            "NAME   SERVICE   PORTS   COOKIE   EXPIRES      ACCEPTED   ACTIVE   AGE\n"
            "a      pipy      80,81   own      600s,3600s   <none>     <none>   <unknown>\n");
}

TEST(Columns, HealthCheckPoliciesShowWhatHolds) {
  const std::string policy = R"pb(
    health_check_policy {
      metadata { name: "a" }
      spec {
        target_ref { kind: "Service" name: "pipy" }
        ports { port: 80 config { path: "/healthz" interval: 10 timeout: "500ms" } }
        ports { port: 81 }
        config { max_fails: 2 }
      }
    })pb";
  EXPECT_EQ(table_of("HealthCheckPolicy", policy, {.wide = true, .now = kNow}),
            "NAME   SERVICE   PORTS   PATH              INTERVAL   TIMEOUT    MAXFAILS   "
            "MINPASSES   ACCEPTED   ACTIVE   AGE\n"
            "a      pipy      80,81   /healthz,<none>   10s,5s     500ms,1s   2          "
            "2           <none>     <none>   <unknown>\n");
}

TEST(Columns, RetryPoliciesShowWhatHolds) {
  const std::string policy = R"pb(
    retry_policy {
      metadata { name: "a" }
      spec {
        target_ref { kind: "Service" name: "pipy" }
        ports { port: 80 config { retry_on: "500" retry_on: "5xx" num_retries: 0 } }
        ports { port: 81 }
        config { retry_on: "503" per_try_timeout: "2s" }
      }
    })pb";
  EXPECT_EQ(table_of("RetryPolicy", policy, {.wide = true, .now = kNow}),
            "NAME   SERVICE   PORTS   RETRYON       RETRIES   BACKOFF   PERTRY   ACCEPTED   "
            "ACTIVE   AGE\n"
            "a      pipy      80,81   500,5xx;503   0,3       1s        2s       <none>     "
            "<none>   <unknown>\n");
}

TEST(Columns, CircuitBreakingPoliciesShowWhatHolds) {
  const std::string policy = R"pb(
    circuit_breaking_policy {
      metadata { name: "a" }
      spec {
        target_ref { kind: "Service" name: "pipy" }
        ports { port: 80 config { error_amount_threshold: 3 limits { requests: 7 } } }
        ports { port: 81 }
        config { error_ratio_threshold: 0.5 slow_ratio_threshold: 0.25 }
      }
    })pb";
  EXPECT_EQ(table_of("CircuitBreakingPolicy", policy, {.wide = true, .now = kNow}),
            "NAME   SERVICE   PORTS   ERRORS         SLOW   CONNECTIONS   REQUESTS   ACCEPTED   "
            "ACTIVE   AGE\n"
            "a      pipy      80,81   3 or 50%,50%   25%    <none>        7,<none>   <none>     "
            "<none>   <unknown>\n");
}

TEST(Columns, RateLimitPoliciesShowWhatHolds) {
  const std::string policy = R"pb(
    rate_limit_policy {
      metadata { name: "a" }
      spec {
        target_ref { kind: "HTTPRoute" name: "web" }
        rate_limit { requests: 10 client { source: "Header" name: "X-Key" } }
      }
    })pb";
  EXPECT_EQ(table_of("RateLimitPolicy", policy, {.wide = true, .now = kNow}),
            "NAME   ROUTE   RATE    BURST   CLIENT         ACCEPTED   ACTIVE   AGE\n"
            "a      web     10/1s   10      Header:X-Key   <none>     <none>   <unknown>\n");
}

TEST(Columns, ShowWhatTheServerTells) {
  const std::string gateway = R"pb(
    gateway {
      metadata { name: "a" }
      spec {
        gateway_class_name: "c"
        listeners { name: "http" port: 80 }
      }
      status {
        conditions { type: "Programmed" status: "True" reason: "Programmed" }
        nodes { desired: 2 active: 1 rejected: 0 stale: 0 }
        listeners { name: "http" attached_routes: 3 }
      }
    })pb";
  EXPECT_EQ(table_of("Gateway", gateway, {.now = kNow}),
            "NAME   CLASS   PORTS   PROGRAMMED   ATTACHED   ACTIVE   AGE\n"
            "a      c       80      True         3          1/2      <unknown>\n");
  const std::vector<std::string> events = {"ADDED"};
  EXPECT_EQ(table_of("Gateway", gateway, {.now = kNow, .events = events}),
            "EVENT   NAME   CLASS   PORTS   AGE\n"
            "ADDED   a      c       80      <unknown>\n")
      << "a watch is not told";
}

TEST(Columns, EveryKindHasATable) {
  for (const KindInfo& kind : user_kinds()) {
    v1::Resource resource;
    const auto* field = v1::Resource::descriptor()->FindFieldByNumber(kind.resource_field);
    resource.GetReflection()->MutableMessage(&resource, field);
    const std::string table =
        kind_table(kind, {&resource, 1}, {.wide = true, .now = kNow}).to_string();
    EXPECT_TRUE(table.starts_with("NAME ")) << table;
  }
}

TEST(Columns, BalancersShowTheTypeOfEachPort) {
  const std::string policy = R"pb(
    load_balancer_policy {
      metadata { name: "a" namespace: "server" }
      spec {
        target_ref { kind: "Service" name: "pipy" }
        ports { port: 80 }
        ports { port: 81 type: "HashingLoadBalancer" }
        type: "LeastConnectionLoadBalancer"
      }
    })pb";
  EXPECT_EQ(table_of("LoadBalancerPolicy", policy, {.now = kNow, .events = kAdded}),
            "EVENT   NAME   SERVICE   PORTS   TYPE                      AGE\n"
            "ADDED   a      pipy      80,81   LeastConnection,Hashing   <unknown>\n");
  const std::string plain = R"pb(
    load_balancer_policy { spec { ports { port: 80 } ports { port: 81 } } })pb";
  EXPECT_EQ(table_of("LoadBalancerPolicy", plain, {.now = kNow, .events = kAdded}),
            "EVENT   NAME     SERVICE   PORTS   TYPE         AGE\n"
            "ADDED   <none>   <none>    80,81   RoundRobin   <unknown>\n");
}

}  // namespace
}  // namespace limpet::cli
