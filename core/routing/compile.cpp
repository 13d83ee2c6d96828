#include "core/routing/compile.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <absl/strings/ascii.h>
#include <absl/strings/str_cat.h>

#include "core/resource/endpoint_identity.h"
#include "core/resource/kind.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_route.h"
#include "core/routing/route_attachment.h"
#include "limpet/v1/state.pb.h"

namespace limpet {
namespace {

// The rules of one host name while they are gathered.
struct HostRules {
  std::map<std::string, RankedRules> exact;
  std::map<std::string, RankedRules> prefixes;
};

class Compiler {
 public:
  Compiler(const Snapshot& snapshot, const RoutingTable* previous)
      : snapshot_(snapshot), previous_(previous), table_(std::make_shared<RoutingTable>()) {}

  CompileResult run() {
    read_objects();
    table_->state = snapshot_.id();
    compile_keys();
    compile_policies();
    compile_clusters();
    compile_listeners();
    if (!errors_.empty()) return {nullptr, std::move(errors_)};
    return {std::move(table_), {}};
  }

 private:
  template <typename Message>
  void read(std::string_view kind, std::vector<Message>& objects) {
    snapshot_.for_each(kind, [&](const EntryPtr& entry) {
      Message object;
      if (object.ParseFromString(entry->bytes)) {
        objects.push_back(std::move(object));
      } else {
        errors_.push_back({entry->key, "", "the stored bytes cannot be read"});
      }
    });
  }

  // Older objects first, then by name: who comes first wins where two claim the same.
  template <typename Message>
  static void sort_by_age(std::vector<Message>& objects) {
    const auto rank = [](const Message& object) {
      const v1::ObjectMeta& meta = object.metadata();
      return std::tie(meta.creation_timestamp(), meta.namespace_(), meta.name());
    };
    std::sort(objects.begin(), objects.end(),
              [&](const Message& a, const Message& b) { return rank(a) < rank(b); });
  }

  void read_objects() {
    read("Namespace", namespaces_);
    read("Service", services_);
    read("EndpointSlice", slices_);
    read("Gateway", gateways_);
    read("HTTPRoute", routes_);
    read("SessionStickyPolicy", policies_);
    read(kStickyKeyKind, keys_);
    sort_by_age(gateways_);
    sort_by_age(policies_);
    for (const v1::Namespace& ns : namespaces_) namespaces_by_name_[ns.metadata().name()] = &ns;
    for (const v1::EndpointSlice& slice : slices_) {
      slices_by_service_[{slice.metadata().namespace_(), std::string(service_of(slice))}].push_back(
          &slice);
    }
  }

  void compile_keys() {
    std::sort(keys_.begin(), keys_.end(),
              [](const v1::StickyKey& a, const v1::StickyKey& b) { return a.id() < b.id(); });
    for (const v1::StickyKey& key : keys_) {
      RingKey ring_key;
      ring_key.id = key.id();
      if (key.secret().size() != ring_key.secret.size()) {
        errors_.push_back({{std::string(kStickyKeyKind), "", absl::StrCat(absl::Hex(key.id()))},
                           "secret",
                           "must have 32 bytes"});
        continue;
      }
      std::copy(key.secret().begin(), key.secret().end(), ring_key.secret.begin());
      if (key.mints()) table_->keys.minting_id = key.id();
      table_->keys.keys.push_back(ring_key);
    }
  }

  // The merge of STICKY.md: the port's own fields over the policy's, then the defaults.
  static StickyPolicy merge_config(const v1::SessionStickyConfig& common,
                                   const v1::SessionStickyConfig& own) {
    v1::SessionStickyConfig merged = common;
    merged.MergeFrom(own);
    StickyPolicy policy;
    if (merged.has_cookie_name()) policy.cookie_name = merged.cookie_name();
    if (merged.has_expires()) policy.expires_s = static_cast<uint32_t>(merged.expires());
    return policy;
  }

  void compile_policies() {
    for (const v1::SessionStickyPolicy& source : policies_) {
      const v1::PolicyTargetReference& target = source.spec().target_ref();
      const std::string& own = source.metadata().namespace_();
      // A Service of another namespace needs a ReferenceGrant.
      if (!target.namespace_().empty() && target.namespace_() != own) continue;
      for (const v1::SessionStickyPort& port : source.spec().ports()) {
        AppliedPolicy applied{merge_config(source.spec().config(), port.config()),
                              absl::StrCat(own, "/", source.metadata().name())};
        applied_policies_.try_emplace(cluster_name(own, target.name(), port.port()),
                                      std::move(applied));
      }
    }
  }

  void compile_clusters() {
    for (const v1::Service& service : services_) {
      const auto slices =
          slices_by_service_.find({service.metadata().namespace_(), service.metadata().name()});
      std::span<const v1::EndpointSlice* const> own_slices;
      if (slices != slices_by_service_.end()) own_slices = slices->second;
      for (const v1::ServicePort& port : service.spec().ports()) {
        const std::string name = cluster_name(service.metadata().namespace_(),
                                              service.metadata().name(), port.port());
        const auto policy = applied_policies_.find(name);
        const auto* before = previous_ == nullptr ? nullptr : previous_->clusters.find(name);
        table_->clusters = table_->clusters.set(
            name, compile_cluster(snapshot_, service, port, own_slices,
                                  policy == applied_policies_.end() ? nullptr : &policy->second,
                                  before == nullptr ? nullptr : before->get()));
      }
    }
  }

  void compile_listeners() {
    std::vector<std::vector<RoutePath>> route_paths;
    for (const v1::HTTPRoute& route : routes_) {
      route_paths.push_back(compile_route(route));
      table_->rules += static_cast<size_t>(std::max(1, route.spec().rules_size()));
    }
    std::map<uint16_t, RoutingPort> ports;
    for (const v1::Gateway& gateway : gateways_) {
      for (const v1::Listener& listener : gateway.spec().listeners()) {
        if (listener.protocol() != "HTTP") continue;
        RoutingPort& port = ports[static_cast<uint16_t>(listener.port())];
        const std::string hostname = absl::AsciiStrToLower(listener.hostname());
        // Two Gateways may ask for the same port and host: the older one has it.
        if (port.listeners.at(hostname) != nullptr) continue;
        port.port = static_cast<uint16_t>(listener.port());
        port.listeners =
            port.listeners.set(hostname, compile_listener(gateway, listener, route_paths));
      }
    }
    for (auto& [number, port] : ports) {
      table_->ports[number] = std::make_shared<const RoutingPort>(std::move(port));
    }
  }

  std::shared_ptr<const RoutingListener> compile_listener(
      const v1::Gateway& gateway, const v1::Listener& listener,
      const std::vector<std::vector<RoutePath>>& route_paths) {
    std::map<std::string, HostRules> hosts;
    for (size_t i = 0; i < routes_.size(); ++i) {
      const auto ns = namespaces_by_name_.find(routes_[i].metadata().namespace_());
      const v1::Namespace* route_namespace =
          ns == namespaces_by_name_.end() ? nullptr : ns->second;
      if (!attaches(routes_[i], gateway, listener, route_namespace)) continue;
      for (const std::string& host : effective_hostnames(listener.hostname(), routes_[i])) {
        for (const RoutePath& path : route_paths[i]) {
          (path.exact ? hosts[host].exact : hosts[host].prefixes)[path.path].push_back(path.ranked);
        }
      }
    }
    auto compiled = std::make_shared<RoutingListener>();
    compiled->gateway =
        absl::StrCat(gateway.metadata().namespace_(), "/", gateway.metadata().name());
    compiled->name = listener.name();
    for (auto& [host, rules] : hosts) {
      compiled->hosts = compiled->hosts.set(host, freeze(std::move(rules)));
    }
    return compiled;
  }

  static std::shared_ptr<const VirtualHost> freeze(HostRules rules) {
    auto host = std::make_shared<VirtualHost>();
    const auto ranked = [](RankedRules& unsorted) {
      std::sort(unsorted.begin(), unsorted.end(), ranks_before);
      return std::make_shared<const RankedRules>(std::move(unsorted));
    };
    for (auto& [path, unsorted] : rules.exact) {
      host->exact = host->exact.set(path, ranked(unsorted));
    }
    for (auto& [path, unsorted] : rules.prefixes) {
      const auto segments = static_cast<uint32_t>(std::count(path.begin(), path.end(), '/'));
      host->max_prefix_segments = std::max(host->max_prefix_segments, segments);
      host->prefixes = host->prefixes.set(path, ranked(unsorted));
    }
    return host;
  }

  const Snapshot& snapshot_;
  const RoutingTable* const previous_;
  std::shared_ptr<RoutingTable> table_;
  std::vector<CompileError> errors_;

  std::vector<v1::Namespace> namespaces_;
  std::vector<v1::Service> services_;
  std::vector<v1::EndpointSlice> slices_;
  std::vector<v1::Gateway> gateways_;
  std::vector<v1::HTTPRoute> routes_;
  std::vector<v1::SessionStickyPolicy> policies_;
  std::vector<v1::StickyKey> keys_;
  std::map<std::string, const v1::Namespace*> namespaces_by_name_;
  std::map<std::pair<std::string, std::string>, std::vector<const v1::EndpointSlice*>>
      slices_by_service_;  // by namespace and Service
  std::map<std::string, AppliedPolicy> applied_policies_;  // by cluster name
};

}  // namespace

CompileResult compile(const Snapshot& snapshot, const RoutingTable* previous) {
  return Compiler(snapshot, previous).run();
}

}  // namespace limpet
