#include "cli/output/policy_text.h"

#include <vector>

#include "core/base/text.h"

namespace limpet::cli {
namespace {

// "30s", "1500ms"
std::string milliseconds_text(int64_t ms) {
  return ms % 1000 == 0 ? str_cat(ms / 1000, "s") : str_cat(ms, "ms");
}

std::string key_text(const RequestKey& key) {
  switch (key.source) {
    case RequestKey::Source::kHeader: return str_cat("header ", key.name);
    case RequestKey::Source::kCookie: return str_cat("cookie ", key.name);
    case RequestKey::Source::kQuery: return str_cat("query parameter ", key.name);
    case RequestKey::Source::kClientAddress: break;
  }
  return "client address";
}

std::string type_text(const Balancing& balancing) {
  switch (balancing.type) {
    case BalancerType::kLeastRequest: return "least requests of two";
    case BalancerType::kHash: return str_cat("hash of ", key_text(balancing.hash));
    case BalancerType::kRoundRobin: break;
  }
  return "round robin";
}

std::string outlier_text(const OutlierSettings& outlier) {
  return str_cat("ejects after ", outlier.consecutive_errors, " errors for ",
                 milliseconds_text(outlier.ejection_ms), ", at most ", outlier.max_percent, "%");
}

std::string circuit_text(const RoutingCluster& cluster) {
  std::vector<std::string> parts;
  if (cluster.circuit != nullptr) {
    const auto& [settings, limits, breaker, gate] = *cluster.circuit;
    if (settings.has_threshold()) {
      parts.push_back(str_cat("opens for ", milliseconds_text(settings.open_ms)));
    }
    if (limits.connections > 0) parts.push_back(str_cat(limits.connections, " connections"));
    if (limits.requests > 0) parts.push_back(str_cat(limits.requests, " requests at a time"));
  }
  if (cluster.cluster.outlier.on()) parts.push_back(outlier_text(cluster.cluster.outlier));
  return join(parts, ", ");
}

std::string health_text(const HealthSettings& health) {
  return str_cat(health.path.empty() ? "connects" : str_cat("GET ", health.path), " every ",
                 milliseconds_text(health.interval_ms), ", down after ", health.max_fails,
                 health.max_fails == 1 ? " fail" : " fails");
}

std::string settings_text(const RoutingCluster& cluster, std::string_view kind) {
  if (kind == "SessionStickyPolicy") {
    return sticky_text(*cluster.policy);
  }
  if (kind == "LoadBalancerPolicy") return balancing_text(cluster.cluster.balancing);
  if (kind == "RetryPolicy") return retry_text(*cluster.retry);
  if (kind == "CircuitBreakingPolicy") return circuit_text(cluster);
  if (kind == "HealthCheckPolicy") return health_text(*cluster.health);
  return {};
}

}  // namespace

std::string carrier_text(const StickyPolicy& policy) {
  switch (policy.carrier) {
    case StickyPolicy::Carrier::kHeader: return str_cat("header ", policy.name);
    case StickyPolicy::Carrier::kLearned: return str_cat("learned cookie ", policy.name);
    case StickyPolicy::Carrier::kCookie: break;
  }
  return str_cat("cookie ", policy.name);
}

std::string sticky_text(const StickyPolicy& policy) {
  std::string text = str_cat(carrier_text(policy), ", ", policy.expires_s, "s");
  if (policy.idle_s != 0) text += str_cat(", idle ", policy.idle_s, "s");
  if (policy.on_unavailable == OnUnavailable::kReject) text += ", rejects while unavailable";
  if (policy.on_unavailable == OnUnavailable::kRebindTemporarily) text += ", comes home";
  return text;
}

std::string retry_text(const RetrySettings& retry) {
  std::string text =
      str_cat("at most ", retry.num_retries, retry.num_retries == 1 ? " retry" : " retries");
  if (retry.per_try_ms > 0) text += str_cat(", ", milliseconds_text(retry.per_try_ms), " a try");
  return text;
}

std::string balancing_text(const Balancing& balancing) {
  std::string text = type_text(balancing);
  const size_t weights = balancing.weights.size();
  if (weights > 0) text += str_cat(", ", weights, weights == 1 ? " weight" : " weights");
  if (balancing.slow_start_ms > 0) {
    text += str_cat(", slow start ", milliseconds_text(balancing.slow_start_ms));
  }
  return text;
}

std::string rate_limit_text(const AppliedRateLimit& applied) {
  const RateLimitSettings& settings = applied.limit->settings();
  std::string text = str_cat(applied.policy, " (", settings.requests, " in ",
                             milliseconds_text(settings.window_ms), ", bursts of ", settings.burst);
  if (settings.client) text += str_cat(", for each ", key_text(*settings.client));
  return text + ")";
}

std::string policy_text(const RoutingCluster& cluster, std::string_view kind) {
  const std::string_view name = cluster.policy_name(kind);
  if (name.empty()) return {};
  const std::string settings = settings_text(cluster, kind);
  return settings.empty() ? std::string(name) : str_cat(name, " (", settings, ")");
}

}  // namespace limpet::cli
