// A small world of objects that changes at random, and routing tables as text.
#pragma once

#include <map>
#include <random>
#include <string>

#include "core/routing/routing_table.h"
#include "tests/support/snapshots.h"

namespace limpet::testing {

inline std::string describe(const RankedRules& rules) {
  std::string text;
  for (const RankedRule& ranked : rules) {
    text += str_cat(" ", ranked.rule->name, "@", ranked.match_index);
    if (const auto& limit = ranked.rule->rate_limit) {
      text += str_cat("/", limit->settings().requests);
    }
    if (const auto& filters = ranked.rule->filters) {
      for (const RequestMirror& mirror : filters->mirrors) text += "~" + mirror.cluster.name;
    }
    for (const RouteBackend& backend : ranked.rule->backends) {
      text += str_cat(">", backend.cluster ? backend.cluster->name : "-", "*", backend.weight);
    }
  }
  return text;
}

inline std::map<std::string, std::string> describe(const RoutingTable& table) {
  std::map<std::string, std::string> lines;
  for (const auto& [number, port] : table.ports) {
    const ListenerSettings& settings = *port->settings;
    lines[str_cat("port ", number)] =
        str_cat(settings.limits.fields, " ", settings.timeouts.idle_ms, " ",
                settings.forwarding.via);
    port->listeners.for_each([&, number = number, port = port](const std::string& place,
                                                               const RoutingListener& listener) {
      const std::string at = str_cat(number, " ", place, " ");
      lines[at] = str_cat(listener.gateway, " ", listener.name, port->https ? " https" : "");
      if (listener.tls != nullptr) {
        for (const TlsCertificate& own : listener.tls->certificates) {
          lines[at] += str_cat(" ", own.secret, own.chain, own.key);
        }
      }
      listener.hosts.for_each([&](const std::string& pattern, const VirtualHost& host) {
        host.exact.for_each([&](std::string_view path, const auto& rules) {
          lines[str_cat(at, pattern, " = ", path)] = describe(rules);
        });
        host.prefixes.for_each([&](std::string_view path, const auto& rules) {
          lines[str_cat(at, pattern, " ^ ", path)] = describe(rules);
        });
        if (host.patterns == nullptr) return;
        std::string& text = lines[str_cat(at, pattern, " ~ ")];
        for (const RankedRule& ranked : host.patterns->rules) text += describe({ranked});
        // All of the rules are to be found by it.
        host.patterns->paths.visit_likely("/pp", [&](size_t index) {
          text += str_cat(" ", index);
          return false;
        });
      });
    });
  }
  table.clusters.for_each([&](std::string_view name, const auto& cluster) {
    std::string text = cluster->policy ? cluster->policy->name : "-";
    if (cluster->retry) text += str_cat(" retries ", cluster->retry->num_retries);
    if (cluster->circuit) text += str_cat(" requests ", cluster->circuit->limits.requests);
    if (cluster->health) text += str_cat(" fails ", cluster->health->max_fails);
    if (cluster->tls != nullptr) text += str_cat(" tls ", cluster->tls->authorities);
    if (cluster->tls_broken) text += " broken";
    if (cluster->evictions) text += str_cat(" evicted ", cluster->evictions->all.revision);
    for (const Endpoint& endpoint : cluster->cluster.endpoints) {
      text += str_cat(" ", endpoint.uid, endpoint.takes_new ? "+" : "-",
                      endpoint.drained ? "drained" : "", endpoint.down ? "down" : "");
    }
    lines[str_cat("cluster ", name)] = text;
  });
  for (const RingKey& key : table.keys.keys) lines[str_cat("key ", key.id)] = "";
  lines["rules"] = std::to_string(table.rules);
  return lines;
}

// Adds or removes a random object out of a small world, so that changes often meet.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  Snapshot change() {
    for (unsigned i = 0; i <= random_() % 3; ++i) change_one();
    return builder_.build();
  }

 private:
  std::string pick(std::initializer_list<const char*> words) {
    return words.begin()[random_() % words.size()];
  }
  std::string name() { return pick({"a", "b", "c"}); }

  void change_one() {
    const std::string ns = pick({"x", "y"});
    const std::string own = name();
    const std::string meta = str_cat("metadata { name: '", own, "' namespace: '", ns,
                                     "' creation_timestamp: '", random_() % 3, "' ");
    switch (random_() % 14) {
      case 0: return remove(ns, own);
      case 12: return add_grant(meta, ns);
      case 13: return add_state(ns);
      case 1: return add_gateway(meta);
      case 2:
      case 3: return add_route(meta);
      case 4: {
        builder_.add<v1::Service>(str_cat(meta, "} spec { ports { port: ", 80 + random_() % 2,
                                          " } }"));
        return;
      }
      case 5: {
        builder_.add<v1::EndpointSlice>(
            str_cat(meta, "labels { key: 'kubernetes.io/service-name' value: '", name(),
                    "' } } endpoints { addresses: '10.0.0.", random_() % 4,
                    "' } ports { port: 9000 }"));
        return;
      }
      case 6: {
        builder_.add<v1::SessionStickyPolicy>(
            str_cat(meta, "} spec { target_ref { kind: 'Service' name: '", name(),
                    "' } ports { port: 80 config { cookie_name: '", own, "' } } }"));
        return;
      }
      case 7: {
        builder_.add<v1::GatewayParameters>(
            str_cat(meta, "} spec { forwarding { via: '", pick({"v", "w"}),
                    "' } timeouts { idle: '", 1 + random_() % 2, "s' } }"));
        return;
      }
      case 8:
        return random_() % 2 == 0 ? add_secret(meta) : add_config_map(meta);
      case 9: {
        builder_.add<v1::UpstreamTLSPolicy>(str_cat(
            meta, "} spec { target_ref { kind: 'Service' name: '", name(),
            "' } ports { port: 80 } config { certificate_ref { name: '", name(), "' } } }"));
        return;
      }
      case 10:
        return add_policy(meta);
      default: {
        builder_.add<v1::Namespace>(str_cat("metadata { name: '", ns,
                                            "' labels { key: 'tier' value: '",
                                            pick({"web", "db"}), "' } }"));
        return;
      }
    }
  }

  void add_state(const std::string& ns) {
    if (random_() % 2 == 0) {
      builder_.put({std::string(kServiceStateKind), ns, name()},
                   serialize(from_text<v1::ServiceState>(
                       str_cat("evictions { epoch: 1 revision: ", random_() % 9, " }"))));
      return;
    }
    const std::string endpoint = str_cat(name(), "/addr:10.0.0.", random_() % 4, ":9000");
    const std::string text = str_cat("uid: ", 1 + random_() % 9,
                                     pick({"", " drain {}", " drain { over: true }",
                                           " down { port: 80 }", " down { port: 81 }"}));
    builder_.put({std::string(kEndpointStateKind), ns, endpoint},
                 serialize(from_text<v1::EndpointState>(text)));
  }

  void add_policy(const std::string& meta) {
    const std::string spec = str_cat("} spec { target_ref { name: '", name(), "' namespace: '",
                                     pick({"", "x", "y"}), "' } ");
    switch (random_() % 5) {
      case 4:
        builder_.add<v1::HealthCheckPolicy>(str_cat(
            meta, spec, "ports { port: 80 } config { max_fails: ", random_() % 3, " } }"));
        return;
      case 0:
        builder_.add<v1::RateLimitPolicy>(
            str_cat(meta, spec, "rate_limit { requests: ", 1 + random_() % 3, " } }"));
        return;
      case 1:
        builder_.add<v1::RetryPolicy>(str_cat(
            meta, spec, "ports { port: 80 } config { num_retries: ", random_() % 3, " } }"));
        return;
      case 2:
        builder_.add<v1::BackendTLSPolicy>(
            str_cat(meta, "} spec { target_refs { name: '", name(), "' } target_refs { name: '",
                    name(), "' } validation { hostname: 'h' ca_certificate_refs { kind: '",
                    pick({"Secret", "ConfigMap"}), "' name: '", name(), "' } } }"));
        return;
      default:
        builder_.add<v1::CircuitBreakingPolicy>(
            str_cat(meta, spec, "ports { port: 80 config { limits { requests: ",
                    1 + random_() % 3, " } } } }"));
        return;
    }
  }

  // Sealed, as the server has them; of no use now and then.
  void add_secret(const std::string& meta) {
    builder_.add<v1::Secret>(
        str_cat(meta, "} type: '", pick({"kubernetes.io/tls", "kubernetes.io/tls", "Opaque"}),
                "' data { key: 'tls.crt' value: 'sealed:' } data { key: '",
                pick({"tls.key", "tls.key", "ca.crt"}), "' value: 'sealed:' }"));
  }

  void add_config_map(const std::string& meta) {
    builder_.add<v1::ConfigMap>(str_cat(meta, "} data { key: '", pick({"ca.crt", "other"}),
                                        "' value: '", pick({"a", "b"}), "' }"));
  }

  void add_gateway(const std::string& meta) {
    std::string listeners;
    for (unsigned i = 0; i <= random_() % 2; ++i) {
      const std::string protocol = pick({"HTTP", "HTTP", "HTTPS", "TCP"});
      const std::string tls =
          protocol == "HTTPS" ? str_cat("tls { certificate_refs { name: '", name(),
                                        "' namespace: '", pick({"", "x", "y"}), "' } } ")
                              : "";
      listeners +=
          str_cat("listeners { name: 'l", i, "' port: ", 80 + random_() % 2, " protocol: '",
                  protocol, "' ", tls, "hostname: '", pick({"", "*.h", "a.h"}),
                  "' allowed_routes { namespaces { from: '", pick({"All", "Same", "Selector"}),
                  "' selector { match_labels { key: 'tier' value: 'web' } } } } } ");
    }
    std::string parameters;
    if (random_() % 2 == 0) {
      parameters = str_cat(
          "infrastructure { parameters_ref { group: 'gateway.limpet.dev' kind: '",
          pick({"GatewayParameters", "GatewayParameters", "Other"}), "' name: '", name(), "' } }");
    }
    builder_.add<v1::Gateway>(str_cat(meta, "} spec { ", listeners, parameters, " }"));
  }

  // To the other namespace.
  void add_grant(const std::string& meta, const std::string& ns) {
    const std::string kind = pick({"HTTPRoute", "Gateway"});
    const std::string to = pick({"Service", "Secret"});
    builder_.add<v1::ReferenceGrant>(
        str_cat(meta, "} spec { from { group: 'gateway.networking.k8s.io' kind: '", kind,
                "' namespace: '", ns == "x" ? "y" : "x", "' } to { group: '' kind: '",
                kind == "Gateway" ? "Secret" : to, "' name: '", pick({"", "a", "b"}), "' } }"));
  }

  void add_route(const std::string& meta) {
    std::string parents;
    for (unsigned i = 0; i <= random_() % 2; ++i) {
      parents += str_cat("parent_refs { name: '", name(), "' namespace: '", pick({"x", "y"}),
                         random_() % 3 == 0 ? "' port: 80 } " : "' } ");
    }
    builder_.add<v1::HTTPRoute>(str_cat(
        meta, "} spec { ", parents, random_() % 2 == 0 ? "hostnames: 'a.h' " : "",
        "rules { matches { path { type: '",
        pick({"Exact", "PathPrefix", "RegularExpression"}), "' value: '",
        pick({"/", "/p", "/p/q", "/p.*"}), "' } } backend_refs { name: '", name(), "' namespace: '",
        pick({"", "x", "y"}), "' port: 80 } ", random_() % 3 == 0 ? mirror() : "", "} }"));
  }

  std::string mirror() {
    return str_cat("filters { type: 'RequestMirror' request_mirror { backend_ref { name: '", name(),
                   "' namespace: '", pick({"", "x", "y"}), "' port: 80 } } } ");
  }

  void remove(const std::string& ns, const std::string& own) {
    const std::string kind =
        pick({"Gateway", "HTTPRoute", "Service", "EndpointSlice", "SessionStickyPolicy",
              "RetryPolicy", "CircuitBreakingPolicy", "HealthCheckPolicy", "RateLimitPolicy",
              "Namespace", "Secret", "ConfigMap", "UpstreamTLSPolicy", "BackendTLSPolicy",
              "GatewayParameters", "ReferenceGrant"});
    builder_.remove(kind == "Namespace" ? EntryKey{kind, "", ns} : EntryKey{kind, ns, own});
  }

  std::mt19937 random_;
  SnapshotBuilder builder_;
};

}  // namespace limpet::testing
