// Secrets on their way in and out: sealed before they are part of any state, and opened for nodes
// that need them alone. What is stored, published, kept and saved has sealed values alone
// (server/secret_keys.h).
#pragma once

#include <string>
#include <vector>

#include "core/resource/tls_secret.h"
#include "core/snapshot/snapshot.h"
#include "core/validate/validate.h"
#include "limpet/v1/management.pb.h"
#include "server/apply.h"
#include "server/secret_keys.h"

namespace limpet {

bool has_secrets(const v1::ApplyRequest& request);

// The request with fingerprints where values are, to compare it with a later one: what is kept of
// a request must be of no use for guessing what was in it.
v1::ApplyRequest with_fingerprints(const v1::ApplyRequest& request, const SecretKeys& keys);

// Makes of a valid Secret as it was sent the one to store: stringData is data, a value that is
// stored already is the stored one, byte for byte, and the mask keeps what is stored. `old`: what
// is stored of it; null: nothing. Violations, under the names of its fields, are added.
void seal_secret(const SecretKeys& keys, const FillRandom& fill_random, const EntryPtr& old,
                 v1::Secret& secret, std::vector<Violation>& violations);

// Seals anew, under the first key, every value that is sealed under another one; and every value
// that could not be opened with the keys before (null: nothing depended on them), so that it is
// news for the nodes.
Plan plan_reseal(const Snapshot& before, const SecretKeys& keys, const FillRandom& fill_random,
                 const SecretKeys* keys_before = nullptr);

// Of a Secret as it once was, to be stored on top of `current` (null: it is not there): a value
// that is the same now keeps its bytes, and another one is sealed anew where its key is not the
// first. What cannot be opened stays as it is.
void bring_seals_up_to_date(const SecretKeys& keys, const FillRandom& fill_random,
                            const EntryPtr& current, v1::Secret& past);

// Masks two forms of a Secret, and tells apart the masks of values that differ. Without the keys,
// those differ that are not sealed alike.
void mask_difference(const SecretKeys* keys, v1::Secret& before, v1::Secret& after);
// Whether they are the same but for how they are sealed.
bool same_secrets(const SecretKeys* keys, const v1::Secret& before, const v1::Secret& after);

// The Secret with its values in base64, as far as they can be opened; the others stay sealed.
v1::Secret opened_secret(const SecretKeys* keys, const Entry& entry);

// The Secret as nodes have it (core/routing/node_state.h). Null: an item of it cannot be opened, or
// they are more than a node takes.
EntryPtr open_for_nodes(const SecretKeys* keys, const Entry& entry, SecretItems items);

// Fills in the condition Readable of a Secret that is shown, which is the entry's.
void tell_readable(const SecretKeys* keys, const Entry& entry, v1::Secret& secret);
// The values that cannot be opened, for the log; empty: all can.
std::string unreadable_text(const SecretKeys* keys, const Snapshot& state);

}  // namespace limpet
