#include "cli/output/status_text.h"

#include <vector>

#include "cli/output/label.h"
#include "cli/output/table.h"
#include "core/base/text.h"
#include "core/resource/condition.h"

namespace limpet::cli {
namespace {

struct Told {
  std::string of;  // the part of the object; empty: the whole
  const v1::Condition* condition;
};

template <typename Conditions>
void add(std::vector<Told>& told, const std::string& of, const Conditions& conditions) {
  for (const v1::Condition& condition : conditions) told.push_back({of, &condition});
}

std::string parent_text(const v1::ParentReference& ref) {
  std::string text = str_cat(ref.namespace_(), ref.namespace_().empty() ? "" : "/", ref.name());
  if (!ref.section_name().empty()) text += str_cat("/", ref.section_name());
  return ref.has_port() ? str_cat(text, ":", ref.port()) : text;
}

// Calls `take` with the status of the object, whose type is the kind's.
template <typename Take>
void with_status(const v1::Resource& resource, Take take) {
  switch (resource.object_case()) {
    case v1::Resource::kNamespace:
      return take(resource.namespace_().status());
    case v1::Resource::kService:
      return take(resource.service().status());
    case v1::Resource::kEndpointSlice:
      return take(resource.endpoint_slice().status());
    case v1::Resource::kGatewayClass:
      return take(resource.gateway_class().status());
    case v1::Resource::kGateway:
      return take(resource.gateway().status());
    case v1::Resource::kHttpRoute:
      return take(resource.http_route().status());
    case v1::Resource::kSessionStickyPolicy:
      return take(resource.session_sticky_policy().status());
    case v1::Resource::kGatewayParameters:
      return take(resource.gateway_parameters().status());
    case v1::Resource::kLoadBalancerPolicy:
      return take(resource.load_balancer_policy().status());
    case v1::Resource::kRetryPolicy:
      return take(resource.retry_policy().status());
    case v1::Resource::kCircuitBreakingPolicy:
      return take(resource.circuit_breaking_policy().status());
    case v1::Resource::kHealthCheckPolicy:
      return take(resource.health_check_policy().status());
    case v1::Resource::kRateLimitPolicy:
      return take(resource.rate_limit_policy().status());
    case v1::Resource::kUpstreamTlsPolicy:
      return take(resource.upstream_tls_policy().status());
    case v1::Resource::kBackendTlsPolicy:
      return take(resource.backend_tls_policy().status());
    case v1::Resource::kConfigMap:
      return take(resource.config_map().status());
    case v1::Resource::kReferenceGrant:
      return take(resource.reference_grant().status());
    case v1::Resource::kSecret:
      return take(resource.secret().status());
    case v1::Resource::OBJECT_NOT_SET:
      return;
  }
}

std::vector<Told> own_conditions(const v1::Resource& resource) {
  std::vector<Told> told;
  with_status(resource, [&](const auto& status) { add(told, "", status.conditions()); });
  return told;
}

// Those of its parts too: listeners, parents.
std::vector<Told> all_conditions(const v1::Resource& resource) {
  std::vector<Told> told = own_conditions(resource);
  for (const auto& listener : resource.gateway().status().listeners()) {
    const int routes = listener.attached_routes();
    add(told,
        str_cat("listener ", listener.name(), " (", routes, routes == 1 ? " route)" : " routes)"),
        listener.conditions());
  }
  for (const auto& parent : resource.http_route().status().parents()) {
    add(told, str_cat("parent ", parent_text(parent.parent_ref())), parent.conditions());
  }
  return told;
}

v1::NodeCounts counts_of(const v1::Resource& resource) {
  v1::NodeCounts counts;
  with_status(resource, [&](const auto& status) { counts = status.nodes(); });
  return counts;
}

}  // namespace

std::string condition_text(const v1::Resource& resource, std::string_view type) {
  // A Gateway's own condition sums up those of its listeners.
  const bool own = resource.has_gateway();
  std::string text;
  for (const Told& told : own ? own_conditions(resource) : all_conditions(resource)) {
    if (told.condition->type() != type) continue;
    if (told.condition->status() != kTrue) return told.condition->reason();
    text = kTrue;
  }
  return text;
}

std::string active_text(const v1::Resource& resource) {
  const v1::NodeCounts counts = counts_of(resource);
  return counts.has_desired() ? str_cat(counts.active(), "/", counts.desired()) : std::string();
}

std::string attached_text(const v1::Resource& resource) {
  std::vector<std::string> counts;
  for (const auto& listener : resource.gateway().status().listeners()) {
    counts.push_back(str_cat(listener.attached_routes()));
  }
  return join(counts, ",");
}

std::string status_text(const v1::Resource& resource) {
  const std::vector<Told> conditions = all_conditions(resource);
  if (conditions.empty()) return {};
  const v1::NodeCounts counts = counts_of(resource);
  std::string text;
  // Nodes have nothing of most Secrets and ConfigMaps.
  const bool by_need = resource.has_secret() || resource.has_config_map();
  if (!by_need || counts.has_desired()) {
    text =
        label_line("Nodes", str_cat(counts.desired(), " (", counts.active(), " active, ",
                                    counts.rejected(), " rejected, ", counts.stale(), " stale)"));
  }
  Table table({"  TYPE", "STATUS", "REASON", "OF", "MESSAGE"});
  for (const auto& [of, condition] : conditions) {
    table.add({str_cat("  ", condition->type()), condition->status(), condition->reason(),
               of.empty() ? "all of it" : of, condition->message()});
  }
  return text + "Conditions:\n" + table.to_string();
}

}  // namespace limpet::cli
