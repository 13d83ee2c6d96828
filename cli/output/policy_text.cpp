#include "cli/output/policy_text.h"

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
  return "the client's address";
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
  if (!outlier.on()) return {};
  return str_cat("ejects after ", outlier.consecutive_errors, " errors for ",
                 milliseconds_text(outlier.ejection_ms), ", at most ", outlier.max_percent, "%");
}

std::string settings_text(const RoutingCluster& cluster, std::string_view kind) {
  if (kind == "SessionStickyPolicy") {
    return str_cat("cookie ", cluster.policy->cookie_name, ", ", cluster.policy->expires_s, "s");
  }
  if (kind == "LoadBalancerPolicy") return balancing_text(cluster.cluster.balancing);
  if (kind == "CircuitBreakingPolicy") return outlier_text(cluster.cluster.outlier);
  return {};
}

}  // namespace

std::string balancing_text(const Balancing& balancing) {
  std::string text = type_text(balancing);
  const size_t weights = balancing.weights.size();
  if (weights > 0) text += str_cat(", ", weights, weights == 1 ? " weight" : " weights");
  if (balancing.slow_start_ms > 0) {
    text += str_cat(", slow start ", milliseconds_text(balancing.slow_start_ms));
  }
  return text;
}

std::string policy_text(const RoutingCluster& cluster, std::string_view kind) {
  const std::string_view name = cluster.policy_name(kind);
  if (name.empty()) return {};
  const std::string settings = settings_text(cluster, kind);
  return settings.empty() ? std::string(name) : str_cat(name, " (", settings, ")");
}

}  // namespace limpet::cli
