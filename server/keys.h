// The keys that seal session tokens (StickyKey, proto/limpet/v1/state.proto), turned without moving
// a session. Pure functions.
//
//   coming -> mints -> opens -> gone
//
// A new key is coming until every connected node has it on its disk: from then on no node can meet
// a token that it cannot open, not even after a restart without its server. Then it mints, and the
// one before only opens, for as long as a session whose token it sealed can live. One key mints;
// those with greater ids are coming, those with smaller ones open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "core/routing/routing_table.h"
#include "core/snapshot/snapshot.h"
#include "limpet/v1/sessions.pb.h"
#include "limpet/v1/state.pb.h"
#include "server/apply.h"
#include "server/node_registry.h"

namespace limpet {

// With so many none is added by time alone, and a few more when somebody asks for it.
inline constexpr size_t kMaxStickyKeys = 64;
inline constexpr size_t kStickyKeysByTime = 56;
// A key opens at least so long after it minted last, however short sessions are: a node that is cut
// off from its server mints with it all the while.
inline constexpr int64_t kLeastOpenMs = int64_t{7} * 24 * 3600 * 1000;
// The last mint is written down anew when it is this much later than what is.
inline constexpr int64_t kMintedStepMs = int64_t{3600} * 1000;

struct KeyFacts {
  NodeRegistry::Places nodes;
  // Nodes that were there before this server started have had time to come back.
  bool settled = false;
  // What streams that are new since the last step began with. A node that serves, or served then,
  // a state of before a key stopped minting may have minted with it.
  std::vector<StateId> began;
  int64_t rotate_after_ms = 0;  // the age at which a key is replaced; 0: never by itself
};

// One more key, coming. Created, or unchanged: one is on its way already. FAILED_PRECONDITION:
// there are kMaxStickyKeys.
absl::StatusOr<Plan> plan_rotation(const Snapshot& before, const ChangeContext& context);
// The first key of a new database, which mints at once. Empty once there is one.
Plan plan_first_state(const Snapshot& before, const ChangeContext& context);

struct KeyStep {
  Plan plan;            // empty: it is not time for anything
  std::string message;  // for the audit: "key 6746c2f0 mints, 6745713f opens"
};
// What time and the nodes have made right: a key comes, mints, or is gone. `table`: that of
// `before`; null: it does not compile, how long sessions live is not known, and nothing is done.
KeyStep plan_key_step(const Snapshot& before, const RoutingTable* table, const KeyFacts& facts,
                      const ChangeContext& context);

// When to look again, though nothing else happens; nothing: no need to.
std::optional<int64_t> next_key_step_unix_ms(const Snapshot& head, int64_t rotate_after_ms,
                                             int64_t now_unix_ms);
// A key is coming: what nodes have on their disks matters.
bool awaits_nodes(const Snapshot& head);
// Whether a node at that state mints with an older key than one at the head does.
bool mints_with_older(const Snapshot& head, const StateId& state);

v1::ListKeysResponse list_keys(const Snapshot& head, const RoutingTable* table,
                               const KeyFacts& facts, int64_t now_unix_ms);
void tell_results(const std::vector<v1::ObjectResult>& results, v1::RotateKeysResponse& response);

}  // namespace limpet
