// The status of a Gateway and its listeners, and of GatewayParameters.
#include <optional>
#include <vector>

#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/resource/kind.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_route.h"
#include "core/routing/compile_settings.h"
#include "core/routing/compile_tls.h"
#include "core/routing/route_attachment.h"
#include "core/routing/status.h"

namespace limpet {
namespace {

// DESIGN: whether the class exists makes no difference; what was named is told.
std::string class_text(const Snapshot& snapshot, const v1::Gateway& gateway) {
  const std::string& name = gateway.spec().gateway_class_name();
  const bool exists = snapshot.find({"GatewayClass", "", name}) != nullptr;
  return exists ? str_cat("GatewayClass ", name)
                : str_cat("GatewayClass ", name, " does not exist, which makes no difference");
}

std::string place_text(const v1::Listener& listener) {
  return str_cat("port ", listener.port(), " for ",
                 listener.hostname().empty() ? "every host" : listener.hostname());
}

// What is wrong with the parameters that the Gateway names; empty if nothing is.
std::string parameters_problem(const CompileIndex& index, const v1::Gateway& gateway) {
  if (!gateway.spec().infrastructure().has_parameters_ref()) return {};
  const auto& ref = gateway.spec().infrastructure().parameters_ref();
  const std::optional<EntryKey> key = parameters_of(gateway);
  if (!key) {
    return str_cat("parametersRef: ", ref.kind(), " of the group \"",
                   ref.group(), "\" is not known; ", kGatewayParametersKind, " of ", kLimpetGroup,
                   " is: the defaults hold");
  }
  if (index.snapshot.find(*key) != nullptr) return {};
  return str_cat("parametersRef: ", to_string(*key),
                 " does not exist: the defaults hold");
}

// That the settings of the listener's port are another Gateway's; empty if they are not.
std::string settings_text(const CompileIndex& index, const v1::Gateway& gateway,
                          const v1::Listener& listener) {
  const auto owner = index.gateways->owners.find(static_cast<uint16_t>(listener.port()));
  if (owner == index.gateways->owners.end()) return {};
  const v1::Gateway& older = *owner->second.gateway;
  if (*settings_of(index, older) == *settings_of(index, gateway)) return {};
  return str_cat("port ", listener.port(), " is served with the parameters of the older Gateway ",
                 object_name(older.metadata()), "; those of this one have no effect on it");
}

// What becomes of the certificates that a listener names.
struct CertificateRefs {
  Verdict verdict{kTrue, "ResolvedRefs"};
  size_t usable = 0;
};

CertificateRefs judge_certificates(const StatusSources& sources, const ReferenceGrants& grants,
                                   const v1::Gateway& gateway, const v1::Listener& listener) {
  CertificateRefs judged;
  if (!terminates_tls(listener)) return judged;
  std::vector<std::string> expired;
  for (int i = 0; i < listener.tls().certificate_refs_size(); ++i) {
    ResolvedCertificate resolved =
        resolve_certificate(sources.secrets, grants, listener.tls().certificate_refs(i),
                            gateway.metadata().namespace_());
    if (resolved.verdict.status != kTrue) {
      if (judged.verdict.status != kTrue) continue;  // the first is told
      judged.verdict = std::move(resolved.verdict);
      judged.verdict.message = str_cat("tls.certificateRefs[", i, "]: ", judged.verdict.message);
      continue;
    }
    ++judged.usable;
    const auto validity = judge_validity(resolved.certificate.chain, sources.now_unix_s);
    if (validity && validity->status != kTrue) {
      expired.push_back(str_cat("Secret ", resolved.certificate.secret, ": ", validity->message));
    }
  }
  // Served all the same: what to make of it is the clients' to say.
  if (judged.verdict.status == kTrue) judged.verdict.message = join(expired, "; ");
  if (listener.tls().certificate_refs().empty()) {
    judged.verdict = {kFalse, "InvalidCertificateRef", "tls.certificateRefs: names no Secret"};
  }
  return judged;
}

class ListenerStatus {
 public:
  ListenerStatus(const CompileIndex& index, const StatusSources& sources,
                 const v1::Gateway& gateway, int number)
      : gateway_(gateway),
        listener_(gateway.spec().listeners(number)),
        other_protocol_(other_protocol(*index.gateways, listener_)),
        holder_(holder_of(*index.gateways, listener_)),
        has_place_(is_served(*index.gateways, gateway, number)),
        settings_(settings_text(index, gateway, listener_)),
        certificates_(judge_certificates(sources, index.grants, gateway, listener_)) {}

  bool served() const { return has_place_ && has_certificate(); }

  void fill(int attached, v1::GatewayStatus::Listener& status) const {
    status.set_name(listener_.name());
    if (supported() && allows_http_routes(listener_)) {
      v1::RouteGroupKind& kind = *status.add_supported_kinds();
      kind.set_group("gateway.networking.k8s.io");
      kind.set_kind("HTTPRoute");
    }
    status.set_attached_routes(attached);
    add(status, "Accepted", accepted());
    add(status, "Conflicted", conflicted());
    add(status, "ResolvedRefs", resolved());
    add(status, "Programmed", programmed());
  }

 private:
  void add(v1::GatewayStatus::Listener& status, std::string_view type,
           const Verdict& verdict) const {
    set_condition(*status.add_conditions(), type, gateway_.metadata().generation(), verdict);
  }

  bool supported() const { return wanted_place(listener_).has_value(); }
  bool has_certificate() const { return !terminates_tls(listener_) || certificates_.usable > 0; }

  Verdict accepted() const {
    if (!supported()) return {kFalse, "UnsupportedProtocol", unsupported_text()};
    if (!has_place_) return {kFalse, conflict_reason(), conflict_text()};
    return {kTrue, "Accepted"};
  }

  Verdict conflicted() const {
    if (supported() && !has_place_) return {kTrue, conflict_reason(), conflict_text()};
    return {kFalse, "NoConflicts"};
  }

  Verdict resolved() const {
    for (const v1::RouteGroupKind& kind : listener_.allowed_routes().kinds()) {
      if (is_http_route(kind)) continue;
      return {kFalse, "InvalidRouteKinds",
              str_cat("allowedRoutes.kinds: ", kind.kind(), " is not served; HTTPRoute is")};
    }
    return certificates_.verdict;
  }

  Verdict programmed() const {
    if (!has_place_) return {kFalse, "Invalid", accepted().message};
    if (!has_certificate()) {
      return {kFalse, "Invalid", str_cat("has no certificate; ", certificates_.verdict.message)};
    }
    return {kTrue, "Programmed", settings_};
  }

  std::string unsupported_text() const {
    const bool passes = listener_.protocol() == "HTTPS";  // and ends no TLS
    return str_cat(listener_.protocol(), passes ? " with the mode Passthrough" : "",
                   " is not served; HTTP is, and HTTPS with the mode Terminate");
  }

  std::string_view conflict_reason() const {
    return other_protocol_ != nullptr ? "ProtocolConflict" : "HostnameConflict";
  }

  std::string conflict_text() const {
    if (other_protocol_ != nullptr) {
      return str_cat("port ", listener_.port(), " is for ", other_protocol_->listener().protocol(),
                     ": the listener ", other_protocol_->listener().name(), " of Gateway ",
                     object_name(other_protocol_->gateway->metadata()), " was first");
    }
    return str_cat("the older Gateway ", object_name(holder_->gateway->metadata()), " has ",
                   place_text(listener_), " (listener ", holder_->listener().name(), ")");
  }

  const v1::Gateway& gateway_;
  const v1::Listener& listener_;
  const PlacedListener* other_protocol_;  // that has the port; null: there is none
  const PlacedListener* holder_;          // null: it asks for no place, or one of another protocol
  const bool has_place_;
  const std::string settings_;  // whose settings hold, if they are not the Gateway's own
  const CertificateRefs certificates_;
};

// Gateway API, ListenerStatus.attachedRoutes: also of a listener that is not served itself.
std::vector<int> count_attached(const CompileIndex& index, const v1::Gateway& gateway) {
  const auto& listeners = gateway.spec().listeners();
  std::vector<int> counts(static_cast<size_t>(listeners.size()));
  const std::string name = object_name(gateway.metadata());
  const std::shared_ptr<const v1::Gateway> unowned(&gateway, [](const v1::Gateway*) {});
  for (const std::string& route_name : referring(index.routes_of_gateway, name)) {
    const EntryPtr entry = index.snapshot.find(key_of_name("HTTPRoute", route_name));
    v1::HTTPRoute route;
    if (entry == nullptr || !route.ParseFromString(entry->bytes)) continue;
    for (int i = 0; i < listeners.size(); ++i) {
      const v1::Listener& listener = listeners[i];
      if (wanted_place(listener) && attaches(route, {unowned, i}, index.snapshot) &&
          !effective_hostnames(listener.hostname(), route).empty()) {
        ++counts[static_cast<size_t>(i)];
      }
    }
  }
  return counts;
}

}  // namespace

void set_gateway_status(const RoutingTable& table, const StatusSources& sources,
                        v1::Gateway& gateway) {
  const CompileIndex& index = *table.index;
  const std::vector<int> attached = count_attached(index, gateway);
  v1::GatewayStatus status;
  std::vector<std::string> unserved;
  const int count = gateway.spec().listeners_size();
  for (int i = 0; i < count; ++i) {
    const ListenerStatus listener(index, sources, gateway, i);
    listener.fill(attached[static_cast<size_t>(i)], *status.add_listeners());
    if (!listener.served()) unserved.push_back(gateway.spec().listeners(i).name());
  }
  const bool none = static_cast<int>(unserved.size()) == count;
  const std::string problem = str_cat("not served: listeners ", join(unserved, ", "));
  const std::string named = class_text(index.snapshot, gateway);
  const int64_t generation = gateway.metadata().generation();
  Verdict accepted{kTrue, "Accepted", named};
  if (!unserved.empty()) {
    accepted = {none ? kFalse : kTrue, "ListenersNotValid", str_cat(problem, "; ", named)};
  }
  // Gateway API, GatewayInfrastructure.parametersRef. What can be served is served all the same:
  // by the defaults nobody is believed, and every limit holds.
  if (const std::string unknown = parameters_problem(index, gateway); !none && !unknown.empty()) {
    accepted = {kFalse, "InvalidParameters",
                unserved.empty() ? unknown : str_cat(unknown, "; ", problem)};
  }
  set_condition(*status.add_conditions(), "Accepted", generation, accepted);
  set_condition(*status.add_conditions(), "Programmed", generation,
                none ? Verdict{kFalse, "Invalid", problem} : Verdict{kTrue, "Programmed"});
  *gateway.mutable_status() = std::move(status);
}

void set_parameters_status(const RoutingTable& table, v1::GatewayParameters& parameters) {
  const EntryKey key{std::string(kGatewayParametersKind), parameters.metadata().namespace_(),
                     parameters.metadata().name()};
  std::vector<std::string> named_by;
  for (const auto& [name, gateway] : table.index->gateways->gateways) {
    if (parameters_of(*gateway) == key) named_by.push_back(name);
  }
  const std::string text = named_by.empty() ? "no Gateway names it"
                                            : str_cat("of the Gateway ", join(named_by, ", "));
  set_condition(*parameters.mutable_status()->add_conditions(), "Accepted",
                parameters.metadata().generation(), {kTrue, "Accepted", text});
}

std::set<uint32_t> wanted_ports(const v1::Gateway& gateway) {
  std::set<uint32_t> ports;
  for (const v1::Listener& listener : gateway.spec().listeners()) {
    if (const std::optional<ListenerPlace> place = wanted_place(listener))
      ports.insert(place->port);
  }
  return ports;
}

}  // namespace limpet
