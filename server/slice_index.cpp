#include "server/slice_index.h"

#include "core/resource/endpoint_identity.h"

namespace limpet {
namespace {

constexpr std::string_view kSliceKind = "EndpointSlice";

}  // namespace

v1::EndpointSlice slice_of(const Entry& entry) {
  v1::EndpointSlice slice;
  if (!slice.ParseFromString(entry.bytes)) slice.Clear();
  return slice;
}

SliceIndex::SliceIndex(const Snapshot& snapshot) {
  snapshot.for_each(kSliceKind, [this](const EntryPtr& entry) { add(*entry); });
}

const std::set<std::string>& SliceIndex::slices_of(const ServiceName& service) const {
  static const std::set<std::string> kNone;
  const auto found = slices_.find(service);
  return found == slices_.end() ? kNone : found->second;
}

void SliceIndex::apply(const Snapshot& before, const Delta& delta) {
  const auto drop_old = [&](const EntryKey& key) {
    if (const EntryPtr old = before.find(key)) remove(*old);
  };
  for (const EntryKey& key : delta.removed) {
    if (key.kind == kSliceKind) drop_old(key);
  }
  for (const EntryPtr& entry : delta.upserts) {
    if (entry->key.kind != kSliceKind) continue;
    drop_old(entry->key);
    add(*entry);
  }
}

void SliceIndex::add(const Entry& slice) {
  const v1::EndpointSlice parsed = slice_of(slice);
  const std::string_view service = service_of(parsed);
  if (!service.empty()) slices_[{slice.key.ns, std::string(service)}].insert(slice.key.name);
}

void SliceIndex::remove(const Entry& slice) {
  const v1::EndpointSlice parsed = slice_of(slice);
  const auto found = slices_.find({slice.key.ns, std::string(service_of(parsed))});
  if (found == slices_.end()) return;
  found->second.erase(slice.key.name);
  if (found->second.empty()) slices_.erase(found);
}

}  // namespace limpet
