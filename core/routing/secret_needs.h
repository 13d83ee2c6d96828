// Which Secrets and ConfigMaps the Gateways and policies of a state need, and what of them: what a
// node gets that has this state.
//
//   - tls.crt and tls.key of those that an HTTPS listener of a Gateway names, as far as
//     ReferenceGrants of the state permit it;
//   - what an UpstreamTLSPolicy or BackendTLSPolicy names, where the state has a Service that it is
//     for.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/resource/config_map.h"
#include "core/resource/secret.h"
#include "core/routing/reference_grants.h"
#include "core/routing/secret_reference.h"
#include "core/snapshot/snapshot.h"

namespace limpet {

// The kinds of which nodes are sent what they need alone.
inline constexpr std::string_view kSentByNeed[] = {kSecretKind, kConfigMapKind};
bool is_sent_by_need(std::string_view kind);

class SecretNeeds {
 public:
  // `change` is the way to `state` from the one before. Adds those Secrets to `touched` of which
  // something else may be needed than before. Costs in proportion to the change.
  void advance(const Delta& change, const Snapshot& state, std::set<EntryKey>& touched);

  SecretItems of(const EntryKey& secret) const;

  // What becomes of `touched` in `held`, which has what is needed of the Secrets. `make` gives
  // an entry with the needed items; null: it is not to be had.
  using Make = std::function<EntryPtr(const EntryPtr& entry, SecretItems items)>;
  Delta changes(const std::set<EntryKey>& touched, const Snapshot& whole, const Snapshot& held,
                const Make& make) const;

 private:
  struct Count {
    int identity = 0;
    int authorities = 0;
  };

  void look_at(const EntryKey& key, const Snapshot& state, std::set<EntryKey>& touched);
  // Brings the grants up to date, and takes up the Gateways that they are of concern to.
  void move_grants(const Delta& change, const Snapshot& state, std::set<EntryKey>& touched);
  void look_at_gateway(const EntryKey& gateway, const Snapshot& state,
                       std::set<EntryKey>& touched);
  void look_at_policy(const EntryKey& policy, const Snapshot& state, std::set<EntryKey>& touched);
  void move_policy(const EntryKey& policy, const Snapshot& state);
  // From now on the referrer uses these.
  void set(const EntryKey& referrer, std::vector<SecretUse> uses, std::set<EntryKey>& touched);
  void count(const SecretUse& use, int by, std::set<EntryKey>& touched);

  std::map<EntryKey, std::vector<SecretUse>> uses_;  // by Gateway or policy
  std::map<EntryKey, Count> counts_;                 // by Secret or ConfigMap
  std::map<EntryKey, std::set<EntryKey>> services_of_policy_;
  std::map<EntryKey, std::set<EntryKey>> policies_of_service_;
  ReferenceGrants grants_;
  std::map<EntryKey, std::set<std::string>> namespaces_of_gateway_;  // that it refers into
  std::map<std::string, std::set<EntryKey>> gateways_into_;          // by the namespace
};

// The entry of the Secret or ConfigMap with these items alone; the same one when it has no others.
EntryPtr secret_entry_with(const EntryPtr& entry, SecretItems items);

}  // namespace limpet
