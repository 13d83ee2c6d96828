#include "server/dns_slices.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/resource/dns_target.h"
#include "core/resource/endpoint_identity.h"
#include "server/endpoint_states.h"

namespace limpet {
namespace {

constexpr std::string_view kSlice = "EndpointSlice";
constexpr std::string_view kService = "Service";
constexpr std::string_view kV4Suffix = "-dns-ipv4";
constexpr std::string_view kV6Suffix = "-dns-ipv6";
constexpr DnsFamily kFamilies[] = {DnsFamily::kV4, DnsFamily::kV6};

EntryKey slice_key(const EntryKey& service, DnsFamily family) {
  return {std::string(kSlice), service.ns, dns_slice_name(service.name, family)};
}

const std::vector<std::string>& of_family(const DnsAddresses& addresses, DnsFamily family) {
  return family == DnsFamily::kV4 ? addresses.v4 : addresses.v6;
}

std::optional<v1::Service> read_service(const EntryPtr& entry) {
  v1::Service service;
  if (entry == nullptr || !service.ParseFromString(entry->bytes)) return std::nullopt;
  return service;
}

std::vector<std::string> addresses_of(const v1::EndpointSlice& slice) {
  std::vector<std::string> addresses;
  for (const v1::Endpoint& endpoint : slice.endpoints()) {
    if (!endpoint.addresses().empty()) addresses.push_back(endpoint.addresses(0));
  }
  return addresses;
}

v1::Resource make_slice(const v1::Service& service, std::string_view name, DnsFamily family,
                        const std::vector<std::string>& addresses) {
  v1::Resource resource;
  v1::EndpointSlice& slice = *resource.mutable_endpoint_slice();
  slice.set_api_version("discovery.k8s.io/v1");
  slice.set_kind(std::string(kSlice));
  slice.set_address_type(family == DnsFamily::kV4 ? "IPv4" : "IPv6");
  v1::ObjectMeta& metadata = *slice.mutable_metadata();
  metadata.set_name(dns_slice_name(service.metadata().name(), family));
  metadata.set_namespace_(service.metadata().namespace_());
  (*metadata.mutable_labels())["kubernetes.io/service-name"] = service.metadata().name();
  (*metadata.mutable_labels())[std::string(kManagedByLabel)] = std::string(kManagedByDns);
  (*metadata.mutable_annotations())[std::string(kResolvedNameAnnotation)] = std::string(name);
  for (const std::string& address : addresses) slice.add_endpoints()->add_addresses(address);
  for (v1::EndpointPort& port : dns_ports(service)) *slice.add_ports() = std::move(port);
  return resource;
}

// Makes the Service's slice of a family what it should be.
void put_slice(const Snapshot& before, const v1::Service& service, std::string_view name,
               DnsFamily family, const std::vector<std::string>& addresses,
               const ChangeContext& context, Batch& batch) {
  const EntryKey key = slice_key(
      {std::string(kService), service.metadata().namespace_(), service.metadata().name()}, family);
  const EntryPtr old = before.find(key);
  if (old != nullptr && !is_generated(old)) return;
  if (addresses.empty()) {
    if (old != nullptr) batch.removed.push_back(key);
    return;
  }
  v1::Resource slice = make_slice(service, name, family, addresses);
  Stored stored = make_stored(slice, key, old, before.id().revision + 1, context);
  if (stored.outcome != v1::ObjectResult::UNCHANGED) {
    batch.upserts.push_back(std::move(stored.object));
  }
}

void remove_slices(const Snapshot& before, const EntryKey& service, Batch& batch) {
  for (const DnsFamily family : kFamilies) {
    EntryKey key = slice_key(service, family);
    if (is_generated(before.find(key))) batch.removed.push_back(std::move(key));
  }
}

}  // namespace

std::string dns_slice_name(std::string_view service, DnsFamily family) {
  return str_cat(service, family == DnsFamily::kV4 ? kV4Suffix : kV6Suffix);
}

bool is_generated(const EntryPtr& entry) {
  if (entry == nullptr || entry->key.kind != kSlice) return false;
  const std::string_view name = entry->key.name;
  if (!name.ends_with(kV4Suffix) && !name.ends_with(kV6Suffix)) return false;
  return is_generated(slice_of(*entry).metadata());
}

DnsAddresses stored_dns_addresses(const Snapshot& state, const EntryKey& service,
                                  std::string_view name) {
  DnsAddresses stored;
  for (const DnsFamily family : kFamilies) {
    const EntryPtr entry = state.find(slice_key(service, family));
    if (!is_generated(entry)) continue;
    const v1::EndpointSlice slice = slice_of(*entry);
    if (find_value(slice.metadata().annotations(), kResolvedNameAnnotation) != name) continue;
    (family == DnsFamily::kV4 ? stored.v4 : stored.v6) = addresses_of(slice);
  }
  return stored;
}

std::string taken_slice_name(const Snapshot& state, const DnsUpdate& update) {
  for (const DnsFamily family : kFamilies) {
    if (of_family(update.addresses, family).empty()) continue;
    const EntryKey key = slice_key(update.service, family);
    const EntryPtr entry = state.find(key);
    if (entry != nullptr && !is_generated(entry)) return key.name;
  }
  return "";
}

void plan_dns_slices(const Snapshot& before, const DnsUpdate& update, const ChangeContext& context,
                     Batch& batch) {
  const std::optional<v1::Service> service = read_service(before.find(update.service));
  if (!service) return;
  const std::optional<DnsTarget> target = dns_target(*service);
  if (!target || target->name != update.name) return;
  for (const DnsFamily family : kFamilies) {
    put_slice(before, *service, update.name, family, of_family(update.addresses, family), context,
              batch);
  }
}

Plan plan_dns_updates(const Snapshot& before, const SliceIndex& index,
                      const std::vector<DnsUpdate>& updates, const ChangeContext& context) {
  Plan plan;
  for (const DnsUpdate& update : updates) plan_dns_slices(before, update, context, plan.batch);
  derive_endpoint_states(before, index, before.id().revision + 1, context, plan.batch);
  return plan;
}

void derive_dns_slices(const Snapshot& before, const ChangeContext& context, Batch& batch) {
  std::vector<EntryPtr> services;
  for (const StoredObject& object : batch.upserts) {
    if (object.entry->key.kind == kService) services.push_back(object.entry);
  }
  std::vector<EntryKey> gone;
  for (const EntryKey& key : batch.removed) {
    if (key.kind == kService) gone.push_back(key);
  }
  for (const EntryKey& key : gone) remove_slices(before, key, batch);
  for (const EntryPtr& entry : services) {
    const std::optional<v1::Service> service = read_service(entry);
    if (!service) continue;
    const std::optional<DnsTarget> target = dns_target(*service);
    if (!target) {
      remove_slices(before, entry->key, batch);
      continue;
    }
    const DnsAddresses stored = stored_dns_addresses(before, entry->key, target->name);
    for (const DnsFamily family : kFamilies) {
      const std::vector<std::string>& addresses = of_family(stored, family);
      if (addresses.empty()) continue;
      put_slice(before, *service, target->name, family, addresses, context, batch);
    }
  }
}

std::string check_not_generated(const EntryPtr& stored, const v1::ObjectMeta* metadata) {
  if (is_generated(stored)) {
    return str_cat("is generated from DNS (", kManagedByLabel, ": ", kManagedByDns,
                   ") and follows its Service; change or delete Service ",
                   service_of(slice_of(*stored)));
  }
  if (metadata != nullptr && is_generated(*metadata)) {
    return str_cat("the label ", kManagedByLabel, ": ", kManagedByDns,
                   " is for slices that the server generates from DNS; leave it out");
  }
  return "";
}

std::string describe_dns_updates(const std::vector<DnsUpdate>& updates) {
  constexpr size_t kShown = 10;
  std::vector<std::string> texts;
  for (const DnsUpdate& update : updates) {
    if (texts.size() == kShown) {
      texts.push_back(str_cat("and ", updates.size() - kShown, " more"));
      break;
    }
    const size_t count = update.addresses.size();
    texts.push_back(str_cat(update.service.ns, "/", update.service.name, ": ", count,
                            count == 1 ? " address" : " addresses", " of ", update.name));
  }
  return join(texts, "; ");
}

}  // namespace limpet
