// The EndpointSlices of Services whose endpoints come from DNS (core/resource/dns_target.h).
//
// Invariant: they are those of a Service that has a name to be resolved, of which each of its two
// slices, one a family, lists the addresses at the Service's ports. Whatever changes the Service
// keeps that up in the same revision; addresses of another name than it has by now stay until that
// has been asked for. Users write, delete, prune and roll back none of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/snapshot/snapshot.h"
#include "server/apply.h"
#include "server/dns/answer.h"

namespace limpet {

// The addresses that a Service's name has now.
struct DnsUpdate {
  EntryKey service;
  std::string name;
  DnsAddresses addresses;
};

// "pipy-dns-ipv4"
std::string dns_slice_name(std::string_view service, DnsFamily family);

// Whether the entry is a generated slice. Cheap for all that cannot be one. Null is none.
bool is_generated(const EntryPtr& entry);

// What stands in a Service's generated slices, if that is of `name`; else nothing.
DnsAddresses stored_dns_addresses(const Snapshot& state, const EntryKey& service,
                                  std::string_view name);

// The slice of a user's that has the name of one that the Service needs; empty: there is none.
std::string taken_slice_name(const Snapshot& state, const DnsUpdate& update);

// Adds to the batch what the update changes; nothing, if the Service is gone or has another name
// by now. A slice of a user's with the name of a generated one is left alone.
void plan_dns_slices(const Snapshot& before, const DnsUpdate& update, const ChangeContext& context,
                     Batch& batch);

// All of them, with what they entail. Requires: `index` is that of `before`.
Plan plan_dns_updates(const Snapshot& before, const SliceIndex& index,
                      const std::vector<DnsUpdate>& updates, const ChangeContext& context);

// Adds to the batch what its Services entail: slices go with their Service and follow its ports.
void derive_dns_slices(const Snapshot& before, const ChangeContext& context, Batch& batch);

// Empty, or why users may not write or delete the object that is stored (null: none) or, as
// `metadata` says, would be.
std::string check_not_generated(const EntryPtr& stored, const v1::ObjectMeta* metadata = nullptr);

// "server/pipy: 4 addresses; ..." for the audit.
std::string describe_dns_updates(const std::vector<DnsUpdate>& updates);

}  // namespace limpet
