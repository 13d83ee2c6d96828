#include "cli/output/columns.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <absl/strings/ascii.h>

#include "cli/output/grant_text.h"
#include "cli/output/policy_columns.h"
#include "cli/output/status_text.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/resource/policy.h"
#include "core/resource/tls_secret.h"

namespace limpet::cli {
namespace {

using Cell = std::string (*)(const v1::Resource&);

struct Column {
  std::string_view kind;
  std::string_view header;
  bool wide;
  Cell cell;
  bool status = false;  // told by the server, and not in a watch
};

constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";
constexpr size_t kShownAddresses = 3;

std::string listener_ports(const v1::Resource& resource) {
  std::set<int> ports;
  for (const v1::Listener& listener : resource.gateway().spec().listeners()) {
    ports.insert(listener.port());
  }
  std::vector<std::string> texts;
  for (int port : ports) texts.push_back(str_cat(port));
  return join(texts, ",");
}

std::string listener_names(const v1::Resource& resource) {
  std::vector<std::string> names;
  for (const v1::Listener& listener : resource.gateway().spec().listeners()) {
    names.push_back(str_cat(listener.name(), "/", listener.protocol()));
  }
  return join(names, ",");
}

std::string hostnames(const v1::Resource& resource) {
  const auto& names = resource.http_route().spec().hostnames();
  return names.empty() ? "*" : join(names, ",");
}

std::string parents(const v1::Resource& resource) {
  std::vector<std::string> names;
  for (const v1::ParentReference& ref : resource.http_route().spec().parent_refs()) {
    std::string name = str_cat(ref.namespace_(), ref.namespace_().empty() ? "" : "/", ref.name());
    if (!ref.section_name().empty()) name += str_cat("/", ref.section_name());
    if (ref.has_port()) name += str_cat(":", ref.port());
    names.push_back(std::move(name));
  }
  return join(names, ",");
}

std::string rule_count(const v1::Resource& resource) {
  return str_cat(std::max(1, resource.http_route().spec().rules_size()));
}

std::string backends(const v1::Resource& resource) {
  std::vector<std::string> names;
  for (const v1::HTTPRouteRule& rule : resource.http_route().spec().rules()) {
    for (const v1::HTTPBackendRef& ref : rule.backend_refs()) {
      const std::string& ns = ref.namespace_();
      const bool foreign = !ns.empty() && ns != resource.http_route().metadata().namespace_();
      std::string name = str_cat(foreign ? ns + "/" : "", ref.name(), ":", ref.port());
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return join(names, ",");
}

std::string service_type(const v1::Resource& resource) {
  const std::string& type = resource.service().spec().type();
  return type.empty() ? "ClusterIP" : type;
}

std::string service_ports(const v1::Resource& resource) {
  std::vector<std::string> texts;
  for (const v1::ServicePort& port : resource.service().spec().ports()) {
    texts.push_back(str_cat(port.port(), "/", port.protocol().empty() ? "TCP" : port.protocol()));
  }
  return join(texts, ",");
}

std::string service_selector(const v1::Resource& resource) {
  std::set<std::string> pairs;
  for (const auto& [key, value] : resource.service().spec().selector()) {
    pairs.insert(str_cat(key, "=", value));
  }
  return join(pairs, ",");
}

std::string address_type(const v1::Resource& resource) {
  return resource.endpoint_slice().address_type();
}

std::string slice_ports(const v1::Resource& resource) {
  std::vector<std::string> texts;
  for (const v1::EndpointPort& port : resource.endpoint_slice().ports()) {
    texts.push_back(str_cat(port.port()));
  }
  return join(texts, ",");
}

std::string slice_addresses(const v1::Resource& resource) {
  std::vector<std::string> addresses;
  const auto& endpoints = resource.endpoint_slice().endpoints();
  for (const v1::Endpoint& endpoint : endpoints) {
    if (addresses.size() == kShownAddresses) break;
    if (endpoint.addresses_size() > 0) addresses.push_back(endpoint.addresses(0));
  }
  const int more = endpoints.size() - static_cast<int>(addresses.size());
  return more > 0 ? str_cat(join(addresses, ","), "+", more, "more") : join(addresses, ",");
}

std::string slice_service(const v1::Resource& resource) {
  const auto& labels = resource.endpoint_slice().metadata().labels();
  const auto found = labels.find(std::string(kServiceNameLabel));
  return found == labels.end() ? std::string() : found->second;
}

std::string secret_type(const v1::Resource& resource) { return resource.secret().type(); }

std::string secret_count(const v1::Resource& resource) {
  return str_cat(resource.secret().data_size());
}

std::string config_map_count(const v1::Resource& resource) {
  const v1::ConfigMap& config_map = resource.config_map();
  return str_cat(config_map.data_size() + config_map.binary_data_size());
}

std::string class_controller(const v1::Resource& resource) {
  return resource.gateway_class().spec().controller_name();
}

std::string gateway_class(const v1::Resource& resource) {
  return resource.gateway().spec().gateway_class_name();
}

std::string accepted(const v1::Resource& resource) { return condition_text(resource, "Accepted"); }

std::string resolved(const v1::Resource& resource) {
  return condition_text(resource, "ResolvedRefs");
}

// "Valid", "ExpiresSoon", "Expired", or nothing.
std::string certificate(const v1::Resource& resource) {
  for (const v1::Condition& condition : resource.secret().status().conditions()) {
    if (condition.type() == kCertificateValid) return condition.reason();
  }
  return {};
}

std::string programmed(const v1::Resource& resource) {
  return condition_text(resource, "Programmed");
}

// Between the name and the age, in this order.
constexpr Column kColumns[] = {
    {"GatewayClass", "CONTROLLER", false, class_controller},
    {"GatewayClass", "ACCEPTED", false, accepted, true},
    {"Gateway", "CLASS", false, gateway_class},
    {"Gateway", "PORTS", false, listener_ports},
    {"Gateway", "LISTENERS", true, listener_names},
    {"Gateway", "PROGRAMMED", false, programmed, true},
    {"Gateway", "ATTACHED", false, attached_text, true},
    {"Gateway", "ACTIVE", false, active_text, true},
    {"GatewayParameters", "ACCEPTED", false, accepted, true},
    {"GatewayParameters", "ACTIVE", false, active_text, true},
    {"HTTPRoute", "HOSTNAMES", false, hostnames},
    {"HTTPRoute", "PARENTS", false, parents},
    {"HTTPRoute", "RULES", true, rule_count},
    {"HTTPRoute", "BACKENDS", true, backends},
    {"HTTPRoute", "ACCEPTED", false, accepted, true},
    {"HTTPRoute", "RESOLVED", false, resolved, true},
    {"HTTPRoute", "ACTIVE", false, active_text, true},
    {"Service", "TYPE", false, service_type},
    {"Service", "PORTS", false, service_ports},
    {"Service", "SELECTOR", true, service_selector},
    {"Service", "ACTIVE", true, active_text, true},
    {"Secret", "TYPE", false, secret_type},
    {"Secret", "DATA", false, secret_count},
    {"Secret", "CERTIFICATE", false, certificate, true},
    {"ConfigMap", "DATA", false, config_map_count},
    {"ReferenceGrant", "FROM", false, grant_from},
    {"ReferenceGrant", "TO", false, grant_to},
    {"ReferenceGrant", "ACTIVE", true, active_text, true},
    {"EndpointSlice", "ADDRESSTYPE", false, address_type},
    {"EndpointSlice", "PORTS", false, slice_ports},
    {"EndpointSlice", "ENDPOINTS", false, slice_addresses},
    {"EndpointSlice", "SERVICE", true, slice_service},
    {"EndpointSlice", "ACTIVE", true, active_text, true},
    {"SessionStickyPolicy", "SERVICE", false, policy_target},
    {"SessionStickyPolicy", "PORTS", false, sticky_ports},
    {"SessionStickyPolicy", "COOKIE", false, sticky_cookie},
    {"SessionStickyPolicy", "EXPIRES", false, sticky_expires},
    {"SessionStickyPolicy", "ACCEPTED", false, accepted, true},
    {"SessionStickyPolicy", "ACTIVE", false, active_text, true},
    {"LoadBalancerPolicy", "SERVICE", false, policy_target},
    {"LoadBalancerPolicy", "PORTS", false, balancer_ports},
    {"LoadBalancerPolicy", "TYPE", false, balancer_types},
    {"LoadBalancerPolicy", "ACCEPTED", false, accepted, true},
    {"LoadBalancerPolicy", "ACTIVE", false, active_text, true},
    {"RetryPolicy", "SERVICE", false, policy_target},
    {"RetryPolicy", "PORTS", false, retry_ports},
    {"RetryPolicy", "RETRYON", false, retry_statuses},
    {"RetryPolicy", "RETRIES", false, retry_count},
    {"RetryPolicy", "BACKOFF", true, retry_backoff},
    {"RetryPolicy", "PERTRY", true, retry_timeout},
    {"RetryPolicy", "ACCEPTED", false, accepted, true},
    {"RetryPolicy", "ACTIVE", false, active_text, true},
    {"CircuitBreakingPolicy", "SERVICE", false, policy_target},
    {"CircuitBreakingPolicy", "PORTS", false, circuit_ports},
    {"CircuitBreakingPolicy", "ERRORS", false, circuit_errors},
    {"CircuitBreakingPolicy", "SLOW", true, circuit_slow},
    {"CircuitBreakingPolicy", "CONNECTIONS", false, circuit_connections},
    {"CircuitBreakingPolicy", "REQUESTS", false, circuit_requests},
    {"CircuitBreakingPolicy", "ACCEPTED", false, accepted, true},
    {"CircuitBreakingPolicy", "ACTIVE", false, active_text, true},
    {"HealthCheckPolicy", "SERVICE", false, policy_target},
    {"HealthCheckPolicy", "PORTS", false, health_ports},
    {"HealthCheckPolicy", "PATH", false, health_paths},
    {"HealthCheckPolicy", "INTERVAL", false, health_intervals},
    {"HealthCheckPolicy", "TIMEOUT", true, health_timeouts},
    {"HealthCheckPolicy", "MAXFAILS", false, health_max_fails},
    {"HealthCheckPolicy", "MINPASSES", true, health_min_passes},
    {"HealthCheckPolicy", "ACCEPTED", false, accepted, true},
    {"HealthCheckPolicy", "ACTIVE", false, active_text, true},
    {"RateLimitPolicy", "ROUTE", false, policy_target},
    {"RateLimitPolicy", "RATE", false, rate_limit_rate},
    {"RateLimitPolicy", "BURST", true, rate_limit_burst},
    {"RateLimitPolicy", "CLIENT", false, rate_limit_client},
    {"RateLimitPolicy", "ACCEPTED", false, accepted, true},
    {"RateLimitPolicy", "ACTIVE", false, active_text, true},
    {"UpstreamTLSPolicy", "SERVICE", false, policy_target},
    {"UpstreamTLSPolicy", "ACCEPTED", false, accepted, true},
    {"UpstreamTLSPolicy", "RESOLVED", false, resolved, true},
    {"UpstreamTLSPolicy", "ACTIVE", false, active_text, true},
    {"BackendTLSPolicy", "SERVICE", false, backend_tls_targets},
    {"BackendTLSPolicy", "HOSTNAME", false, backend_tls_hostname},
    {"BackendTLSPolicy", "ACCEPTED", false, accepted, true},
    {"BackendTLSPolicy", "RESOLVED", false, resolved, true},
    {"BackendTLSPolicy", "ACTIVE", false, active_text, true},
};

std::string created_age(const v1::ObjectMeta& metadata, absl::Time now) {
  absl::Time created;
  std::string error;
  const bool ok =
      absl::ParseTime(absl::RFC3339_full, metadata.creation_timestamp(), &created, &error);
  return age(ok ? created : absl::InfinitePast(), now);
}

// The key without its domain.
std::string label_header(const std::string& key) {
  return absl::AsciiStrToUpper(key.substr(key.rfind('/') + 1));
}

std::string label_text(const v1::ObjectMeta& metadata, const std::string& key) {
  const auto found = metadata.labels().find(key);
  return found == metadata.labels().end() ? std::string() : found->second;
}

std::string labels_text(const v1::ObjectMeta& metadata) {
  std::set<std::string> pairs;
  for (const auto& [key, value] : metadata.labels()) pairs.insert(str_cat(key, "=", value));
  return join(pairs, ",");
}

}  // namespace

std::string kind_label(const KindInfo& kind) {
  return str_cat(kind.singular, kind.group.empty() ? "" : ".", kind.group);
}

std::string age(absl::Time since, absl::Time now) {
  if (since == absl::InfinitePast()) return "<unknown>";
  const int64_t seconds = std::max<int64_t>(0, absl::ToInt64Seconds(now - since));
  if (seconds < 120) return str_cat(seconds, "s");
  if (seconds < 120 * 60) return str_cat(seconds / 60, "m");
  if (seconds < 48 * 3600) return str_cat(seconds / 3600, "h");
  return str_cat(seconds / 86400, "d");
}

Table kind_table(const KindInfo& kind, std::span<const v1::Resource> resources,
                 const TableStyle& style) {
  std::vector<const Column*> columns;
  for (const Column& column : kColumns) {
    if (column.kind != kind.kind || (column.wide && !style.wide)) continue;
    if (style.events.empty() || !column.status) columns.push_back(&column);
  }
  const bool with_namespace = style.with_namespace && kind.namespaced;
  std::vector<std::string> header;
  if (!style.events.empty()) header.emplace_back("EVENT");
  if (with_namespace) header.emplace_back("NAMESPACE");
  header.emplace_back("NAME");
  for (const Column* column : columns) header.emplace_back(column->header);
  header.emplace_back("AGE");
  for (const std::string& key : style.label_columns) header.push_back(label_header(key));
  if (style.show_labels) header.emplace_back("LABELS");

  Table table(std::move(header));
  for (size_t i = 0; i < resources.size(); ++i) {
    const v1::Resource& resource = resources[i];
    const v1::ObjectMeta& metadata = metadata_of(*object_of(resource));
    std::vector<std::string> cells;
    if (!style.events.empty()) cells.push_back(style.events[i]);
    if (with_namespace) cells.push_back(metadata.namespace_());
    cells.push_back(style.with_kind ? str_cat(kind_label(kind), "/", metadata.name())
                                    : metadata.name());
    for (const Column* column : columns) cells.push_back(column->cell(resource));
    cells.push_back(created_age(metadata, style.now));
    for (const std::string& key : style.label_columns) cells.push_back(label_text(metadata, key));
    if (style.show_labels) cells.push_back(labels_text(metadata));
    table.add(std::move(cells));
  }
  return table;
}

}  // namespace limpet::cli
