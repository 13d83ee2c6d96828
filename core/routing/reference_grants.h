// ReferenceGrants (Gateway API): which objects of other namespaces a namespace lets refer to its
// own. Immutable values; a copy shares what does not change.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "core/base/persistent_map.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/resource.pb.h"

namespace limpet {

inline constexpr std::string_view kReferenceGrantKind = "ReferenceGrant";

// What a grant says of an object that refers.
struct Referrer {
  std::string_view kind;
  std::string_view ns;
};

// Whether the grant permits the reference. Requires: `to` is of the grant's namespace and, as
// everything that can be granted here, of a kind in kind.h.
bool grants(const v1::ReferenceGrant& grant, const Referrer& from, const EntryKey& to);

// Whether references of that kind to that kind are made here at all: of HTTPRoutes to Services, and
// of Gateways to Secrets.
bool has_effect(const v1::ReferenceGrantFrom& from, const v1::ReferenceGrantTo& to);

class ReferenceGrants {
 public:
  // From now on the grant counts as the state has it. One that cannot be read permits nothing.
  void move(const EntryKey& grant, const Snapshot& state);

  // Within a namespace everything is permitted.
  bool permits(const Referrer& from, const EntryKey& to) const;

 private:
  using OfNamespace = std::map<std::string, std::shared_ptr<const v1::ReferenceGrant>>;

  PersistentMap<std::string, std::shared_ptr<const OfNamespace>> by_namespace_;
};

// The namespaces but its own that a Gateway refers into.
std::set<std::string> foreign_namespaces(const v1::Gateway& gateway);

}  // namespace limpet
