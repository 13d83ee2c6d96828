#include "core/resource/policy.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "core/base/text.h"
#include "core/resource/object.h"

namespace limpet {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool is_policy_kind(std::string_view kind) {
  static constexpr std::string_view kKinds[] = {
      "SessionStickyPolicy",   "LoadBalancerPolicy", "RetryPolicy",
      "CircuitBreakingPolicy", "RateLimitPolicy",    "UpstreamTLSPolicy",
      "BackendTLSPolicy",      "HealthCheckPolicy"};
  return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

const v1::PolicyTargetReference& target_of(const Message& policy) {
  const Message& spec = policy.GetReflection()->GetMessage(
      policy, policy.GetDescriptor()->FindFieldByName("spec"));
  return static_cast<const v1::PolicyTargetReference&>(spec.GetReflection()->GetMessage(
      spec, spec.GetDescriptor()->FindFieldByName("target_ref")));
}

std::string target_name(const Message& policy) {
  const v1::PolicyTargetReference& target = target_of(policy);
  const std::string& ns = metadata_of(policy).namespace_();
  const bool own = target.namespace_().empty() || target.namespace_() == ns;
  return own ? str_cat(ns, "/", target.name()) : std::string();
}

std::set<std::string> target_names(const Message& policy) {
  std::set<std::string> names;
  if (policy.GetDescriptor() != v1::BackendTLSPolicy::descriptor()) {
    std::string name = target_name(policy);
    if (!name.empty()) names.insert(std::move(name));
    return names;
  }
  const auto& backend = static_cast<const v1::BackendTLSPolicy&>(policy);
  for (const v1::BackendTLSTarget& target : backend.spec().target_refs()) {
    names.insert(str_cat(backend.metadata().namespace_(), "/", target.name()));
  }
  return names;
}

void override_config(const Message& own, Message& config) {
  std::vector<const FieldDescriptor*> fields;
  own.GetReflection()->ListFields(own, &fields);
  for (const FieldDescriptor* field : fields) config.GetReflection()->ClearField(&config, field);
  config.MergeFrom(own);
}

}  // namespace limpet
