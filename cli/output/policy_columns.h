// The cells of policies' tables.
#pragma once

#include <string>

#include "limpet/v1/resource.pb.h"

namespace limpet::cli {

// Each requires a resource of its kind. Where ports have values of their own, there is one for each
// port, in their order.

std::string policy_target(const v1::Resource& resource);

std::string sticky_ports(const v1::Resource& resource);
std::string sticky_cookie(const v1::Resource& resource);
std::string sticky_expires(const v1::Resource& resource);

std::string balancer_ports(const v1::Resource& resource);
std::string balancer_types(const v1::Resource& resource);

std::string retry_ports(const v1::Resource& resource);
std::string retry_statuses(const v1::Resource& resource);
std::string retry_count(const v1::Resource& resource);
std::string retry_backoff(const v1::Resource& resource);
std::string retry_timeout(const v1::Resource& resource);

std::string circuit_ports(const v1::Resource& resource);
std::string circuit_errors(const v1::Resource& resource);
std::string circuit_slow(const v1::Resource& resource);
std::string circuit_connections(const v1::Resource& resource);
std::string circuit_requests(const v1::Resource& resource);

std::string health_ports(const v1::Resource& resource);
std::string health_paths(const v1::Resource& resource);
std::string health_intervals(const v1::Resource& resource);
std::string health_timeouts(const v1::Resource& resource);
std::string health_max_fails(const v1::Resource& resource);
std::string health_min_passes(const v1::Resource& resource);

std::string rate_limit_rate(const v1::Resource& resource);
std::string rate_limit_burst(const v1::Resource& resource);
std::string rate_limit_client(const v1::Resource& resource);

std::string backend_tls_targets(const v1::Resource& resource);
std::string backend_tls_hostname(const v1::Resource& resource);

}  // namespace limpet::cli
