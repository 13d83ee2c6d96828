// What all policies have in common: an object that they are for, and ports of it with a
// configuration each.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "limpet/v1/resource.pb.h"

namespace limpet {

bool is_policy_kind(std::string_view kind);

// Requires: the message is of a policy kind, and not a BackendTLSPolicy, which has several.
const v1::PolicyTargetReference& target_of(const google::protobuf::Message& policy);

// "namespace/name" of the object that the policy is for. Empty when that is one of another
// namespace: policies are for objects of their own.
std::string target_name(const google::protobuf::Message& policy);
// Of all that it is for, of any kind of policy.
std::set<std::string> target_names(const google::protobuf::Message& policy);

// Sets, in `config`, what `own` says: each of its fields that is set, with all that is below it.
void override_config(const google::protobuf::Message& own, google::protobuf::Message& config);

// What a policy says of one of its ports: its own fields before the policy's. `spec` is the
// policy's, `port` an element of its ports.
template <typename Spec, typename Port>
auto config_of(const Spec& spec, const Port& port) {
  auto config = spec.config();
  override_config(port.config(), config);
  return config;
}

}  // namespace limpet
