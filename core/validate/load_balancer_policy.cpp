#include "core/validate/policy.h"

namespace limpet {
namespace {

constexpr int64_t kMaxSlowStartMs = 15 * 60'000;
constexpr int kMaxWeight = 1000;
constexpr int kMaxWeights = 1024;

void validate_type(std::string_view type, Report& report) {
  report.optional_one_of("type", type,
                         {"RoundRobinLoadBalancer", "LeastConnectionLoadBalancer",
                          "HashingLoadBalancer"});
}

void validate_config(const v1::LoadBalancerConfig& config, Report& report) {
  if (config.has_hash()) validate_hash_key("hash", config.hash(), report);
  report.at_most("weights", config.weights_size(), kMaxWeights);
  std::set<std::string_view> seen;
  for (int i = 0; i < config.weights_size(); ++i) {
    const Scope scope(report, "weights", i);
    const v1::EndpointWeight& weight = config.weights(i);
    if (report.require("endpoint", weight.endpoint(), check_path_segment_name) &&
        !seen.insert(weight.endpoint()).second) {
      report.add("endpoint", str_cat("must be unique, \"", weight.endpoint(), "\" occurs twice"));
    }
    if (weight.has_weight()) {
      report.check("weight", check_range(weight.weight(), 0, kMaxWeight));
    } else {
      report.add("weight", "required");
    }
  }
  if (config.has_slow_start()) {
    report.check("slowStart", check_duration(config.slow_start(), 0, kMaxSlowStartMs));
  }
}

}  // namespace

void validate_kind(const v1::LoadBalancerPolicy& object, Report& report) {
  const auto check_port = [](const v1::LoadBalancerPort& port, Report& inner) {
    validate_type(port.type(), inner);
  };
  validate_service_policy(object, report, check_port, validate_config);
  const Scope scope(report, "spec");
  validate_type(object.spec().type(), report);
}

}  // namespace limpet
