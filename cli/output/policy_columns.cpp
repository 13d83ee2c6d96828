#include "cli/output/policy_columns.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/resource/policy.h"

namespace limpet::cli {
namespace {

template <typename Spec>
std::string ports_of(const Spec& spec) {
  std::vector<std::string> texts;
  for (const auto& port : spec.ports()) texts.push_back(str_cat(port.port()));
  return join(texts, ",");
}

// One value per port, or one for all when they agree.
std::string one_or_all(std::vector<std::string> texts, std::string_view separator = ",") {
  const bool alike =
      std::adjacent_find(texts.begin(), texts.end(), std::not_equal_to<>()) == texts.end();
  if (alike && !texts.empty()) texts.resize(1);
  return join(texts, separator);
}

// `get` reads a value from a port's configuration, filled up from the policy's.
template <typename Spec, typename Get>
std::string per_port(const Spec& spec, Get get, std::string_view separator = ",") {
  std::vector<std::string> texts;
  for (const auto& port : spec.ports()) texts.push_back(get(config_of(spec, port)));
  return one_or_all(std::move(texts), separator);
}

// "3 or 50%"
std::string threshold(bool has_amount, int amount, bool has_ratio, double ratio) {
  std::vector<std::string> parts;
  if (has_amount) parts.push_back(str_cat(amount));
  if (has_ratio) parts.push_back(str_cat(ratio * 100, "%"));
  return parts.empty() ? "<none>" : join(parts, " or ");
}

std::string limit(bool present, int value) { return present ? str_cat(value) : "<none>"; }

}  // namespace

std::string policy_target(const v1::Resource& resource) {
  const v1::PolicyTargetReference target = target_of(*object_of(resource));
  return str_cat(target.namespace_(), target.namespace_().empty() ? "" : "/", target.name());
}

std::string sticky_ports(const v1::Resource& resource) {
  return ports_of(resource.session_sticky_policy().spec());
}

std::string sticky_cookie(const v1::Resource& resource) {
  return per_port(resource.session_sticky_policy().spec(),
                  [](const v1::SessionStickyConfig& config) {
                    return config.has_cookie_name() ? config.cookie_name() : "_srv_id";
                  });
}

std::string sticky_expires(const v1::Resource& resource) {
  return per_port(resource.session_sticky_policy().spec(),
                  [](const v1::SessionStickyConfig& config) {
                    return str_cat(config.has_expires() ? config.expires() : 3600, "s");
                  });
}

std::string balancer_ports(const v1::Resource& resource) {
  return ports_of(resource.load_balancer_policy().spec());
}

std::string balancer_types(const v1::Resource& resource) {
  const v1::LoadBalancerPolicySpec& spec = resource.load_balancer_policy().spec();
  std::vector<std::string> texts;
  for (const v1::LoadBalancerPort& port : spec.ports()) {
    std::string_view type = port.type().empty() ? spec.type() : port.type();
    if (type.empty()) type = "RoundRobinLoadBalancer";
    texts.emplace_back(type.substr(0, type.find("LoadBalancer")));
  }
  return one_or_all(std::move(texts));
}

std::string retry_ports(const v1::Resource& resource) {
  return ports_of(resource.retry_policy().spec());
}

std::string retry_statuses(const v1::Resource& resource) {
  const auto statuses = [](const v1::RetryConfig& config) {
    return config.retry_on().empty() ? "<none>" : join(config.retry_on(), ",");
  };
  return per_port(resource.retry_policy().spec(), statuses, ";");
}

std::string retry_count(const v1::Resource& resource) {
  return per_port(resource.retry_policy().spec(), [](const v1::RetryConfig& config) {
    return str_cat(config.has_num_retries() ? config.num_retries() : 3);
  });
}

std::string retry_backoff(const v1::Resource& resource) {
  return per_port(resource.retry_policy().spec(), [](const v1::RetryConfig& config) {
    return str_cat(config.has_backoff_base_interval() ? config.backoff_base_interval() : 1.0, "s");
  });
}

std::string retry_timeout(const v1::Resource& resource) {
  return per_port(resource.retry_policy().spec(), [](const v1::RetryConfig& config) {
    return config.has_per_try_timeout() ? config.per_try_timeout() : "<none>";
  });
}

std::string circuit_ports(const v1::Resource& resource) {
  return ports_of(resource.circuit_breaking_policy().spec());
}

std::string circuit_errors(const v1::Resource& resource) {
  return per_port(resource.circuit_breaking_policy().spec(),
                  [](const v1::CircuitBreakingConfig& config) {
                    return threshold(
                        config.has_error_amount_threshold(), config.error_amount_threshold(),
                        config.has_error_ratio_threshold(), config.error_ratio_threshold());
                  });
}

std::string circuit_slow(const v1::Resource& resource) {
  return per_port(resource.circuit_breaking_policy().spec(),
                  [](const v1::CircuitBreakingConfig& config) {
                    return threshold(
                        config.has_slow_amount_threshold(), config.slow_amount_threshold(),
                        config.has_slow_ratio_threshold(), config.slow_ratio_threshold());
                  });
}

std::string circuit_connections(const v1::Resource& resource) {
  return per_port(resource.circuit_breaking_policy().spec(),
                  [](const v1::CircuitBreakingConfig& config) {
                    return limit(config.limits().has_connections(), config.limits().connections());
                  });
}

std::string circuit_requests(const v1::Resource& resource) {
  return per_port(resource.circuit_breaking_policy().spec(),
                  [](const v1::CircuitBreakingConfig& config) {
                    return limit(config.limits().has_requests(), config.limits().requests());
                  });
}

std::string health_ports(const v1::Resource& resource) {
  return ports_of(resource.health_check_policy().spec());
}

std::string health_paths(const v1::Resource& resource) {
  return per_port(resource.health_check_policy().spec(), [](const v1::HealthCheckConfig& config) {
    return config.has_path() ? config.path() : "<none>";
  });
}

std::string health_intervals(const v1::Resource& resource) {
  return per_port(resource.health_check_policy().spec(), [](const v1::HealthCheckConfig& config) {
    return str_cat(config.has_interval() ? config.interval() : 5, "s");
  });
}

std::string health_timeouts(const v1::Resource& resource) {
  return per_port(resource.health_check_policy().spec(), [](const v1::HealthCheckConfig& config) {
    return config.timeout().empty() ? "1s" : config.timeout();
  });
}

std::string health_max_fails(const v1::Resource& resource) {
  return per_port(resource.health_check_policy().spec(), [](const v1::HealthCheckConfig& config) {
    return str_cat(config.has_max_fails() ? config.max_fails() : 3);
  });
}

std::string health_min_passes(const v1::Resource& resource) {
  return per_port(resource.health_check_policy().spec(), [](const v1::HealthCheckConfig& config) {
    return str_cat(config.has_min_passes() ? config.min_passes() : 2);
  });
}

std::string rate_limit_rate(const v1::Resource& resource) {
  const v1::RateLimitConfig& config = resource.rate_limit_policy().spec().rate_limit();
  return str_cat(config.requests(), "/",
                 config.has_stat_time_window() ? config.stat_time_window() : 1, "s");
}

std::string rate_limit_burst(const v1::Resource& resource) {
  const v1::RateLimitConfig& config = resource.rate_limit_policy().spec().rate_limit();
  return str_cat(config.has_burst() ? config.burst() : config.requests());
}

std::string rate_limit_client(const v1::Resource& resource) {
  const v1::RateLimitConfig& config = resource.rate_limit_policy().spec().rate_limit();
  if (!config.has_client()) return "<all>";
  const v1::HashKey& client = config.client();
  return str_cat(client.source(), client.name().empty() ? "" : ":", client.name());
}

std::string backend_tls_targets(const v1::Resource& resource) {
  std::vector<std::string> names;
  for (const v1::BackendTLSTarget& target : resource.backend_tls_policy().spec().target_refs()) {
    names.push_back(
        str_cat(target.name(), target.section_name().empty() ? "" : ":", target.section_name()));
  }
  return join(names, ",");
}

std::string backend_tls_hostname(const v1::Resource& resource) {
  return resource.backend_tls_policy().spec().validation().hostname();
}

}  // namespace limpet::cli
