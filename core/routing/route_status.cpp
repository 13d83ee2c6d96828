// The status of an HTTPRoute: what becomes of each of its parents, and whether its backends exist.
#include <algorithm>
#include <vector>

#include "core/base/text.h"
#include "core/resource/condition.h"
#include "core/routing/backend_ref.h"
#include "core/routing/compile_cluster.h"
#include "core/routing/compile_index.h"
#include "core/routing/compile_route.h"
#include "core/routing/route_attachment.h"
#include "core/routing/status.h"

namespace limpet {
namespace {

constexpr size_t kShownProblems = 3;  // of a route's references, in one message

// How far the route came with a listener that its reference means.
enum class Step { kNotAllowed, kNoHostname, kOtherProtocol, kNotServed, kAttached };

Step try_listener(const CompileIndex& index, const v1::HTTPRoute& route, const v1::Gateway& gateway,
                  int number) {
  const v1::Listener& listener = gateway.spec().listeners(number);
  if (!wanted_place(listener) || !allows(route, gateway, listener, index.snapshot)) {
    return Step::kNotAllowed;
  }
  if (effective_hostnames(listener.hostname(), route).empty()) return Step::kNoHostname;
  if (other_protocol(*index.gateways, listener) != nullptr) return Step::kOtherProtocol;
  return is_served(*index.gateways, gateway, number) ? Step::kAttached : Step::kNotServed;
}

// What the reference means, for people: "Gateway edge/main, listener https, port 443".
std::string reference_text(const v1::HTTPRoute& route, const v1::ParentReference& parent) {
  std::string text = str_cat("Gateway ", parent_name(route, parent));
  if (!parent.section_name().empty()) text += str_cat(", listener ", parent.section_name());
  if (parent.port() != 0) text += str_cat(", port ", parent.port());
  return text;
}

// The Gateway that the reference names; null when there is none.
const v1::Gateway* find_parent(const CompileIndex& index, const v1::HTTPRoute& route,
                               const v1::ParentReference& parent) {
  if (!names_gateway(parent)) return nullptr;
  const auto found = index.gateways->gateways.find(parent_name(route, parent));
  return found == index.gateways->gateways.end() ? nullptr : found->second.get();
}

Verdict judge_parent(const CompileIndex& index, const v1::HTTPRoute& route,
                     const v1::ParentReference& parent, const v1::Gateway* gateway) {
  if (!names_gateway(parent)) {
    return {kFalse, "NoMatchingParent",
            str_cat("a parent of kind ", parent.kind(), " is not served; Gateway is")};
  }
  const std::string named = reference_text(route, parent);
  if (gateway == nullptr) {
    return {kFalse, "NoMatchingParent",
            str_cat("Gateway ", parent_name(route, parent), " does not exist")};
  }
  // The listener that the route came furthest with says what is missing.
  std::vector<Step> steps;
  for (int i = 0; i < gateway->spec().listeners_size(); ++i) {
    if (!names_listener(parent, gateway->spec().listeners(i))) continue;
    steps.push_back(try_listener(index, route, *gateway, i));
  }
  if (steps.empty()) return {kFalse, "NoMatchingParent", str_cat(named, ": no such listener")};
  switch (*std::max_element(steps.begin(), steps.end())) {
    case Step::kAttached:
      return {kTrue, "Accepted"};
    case Step::kNotAllowed:
      return {kFalse, "NotAllowedByListeners",
              str_cat(named, " takes no HTTPRoute from namespace ", route.metadata().namespace_())};
    case Step::kNoHostname:
      return {kFalse, "NoMatchingListenerHostname",
              str_cat(named, " has none of the hosts ", join(route.spec().hostnames(), ", "))};
    case Step::kOtherProtocol:
      return {kFalse, "NoMatchingParent",
              str_cat(named, ": another listener has the port, for another protocol")};
    case Step::kNotServed:
      break;
  }
  return {kFalse, "NoMatchingParent",
          str_cat(named, ": an older Gateway has the listener's port and host name")};
}

}  // namespace

Verdict judge_backend(const RoutingTable& table, const v1::HTTPRoute& route,
                      const BackendRef& ref) {
  const EntryKey service = backend_service(route, ref);
  switch (check_backend(route, ref, table.index->grants)) {
    case RefProblem::kInvalidKind:
      return {kFalse, "InvalidKind",
              str_cat("a backend of kind ", ref.kind, ref.group.empty() ? "" : " of group ",
                      ref.group, " is not served; Service is")};
    case RefProblem::kRefNotPermitted:
      return {kFalse, "RefNotPermitted",
              str_cat(to_string(service),
                      " is of another namespace, which has no ReferenceGrant for it")};
    case RefProblem::kNoPort:
      return {kFalse, "BackendNotFound", str_cat("names no port of ", to_string(service))};
    case RefProblem::kNone:
      break;
  }
  if (const RoutingCluster* cluster = table.find(backend_cluster(route, ref))) {
    if (cluster->speaks_http1) return {kTrue, "ResolvedRefs"};
    return {kFalse, "UnsupportedProtocol",
            str_cat(to_string(service), " port ", ref.port, " has appProtocol ", kHttp2Protocol,
                    ", which is not spoken; leave it out if HTTP/1.1 is served there, too")};
  }
  const bool exists = table.index->snapshot.find(service) != nullptr;
  return {kFalse, "BackendNotFound",
          exists ? str_cat(to_string(service), " has no port ", ref.port)
                 : str_cat(to_string(service), " does not exist")};
}

namespace {

// The first problem's reason, and where each is.
class RouteReferences {
 public:
  RouteReferences(const RoutingTable& table, const v1::HTTPRoute& route)
      : table_(table), route_(route) {}

  Verdict judge() {
    for (int r = 0; r < route_.spec().rules_size(); ++r) {
      const v1::HTTPRouteRule& rule = route_.spec().rules(r);
      const std::string place = str_cat("spec.rules[", r, "].");
      look_at(rule.filters(), place);
      for (int b = 0; b < rule.backend_refs_size(); ++b) {
        const std::string backend = str_cat(place, "backendRefs[", b, "]");
        note(judge_backend(table_, route_, rule.backend_refs(b)), backend);
        look_at(rule.backend_refs(b).filters(), str_cat(backend, "."));
      }
    }
    if (count_ == 0) return {kTrue, "ResolvedRefs"};
    if (count_ > kShownProblems) problems_.push_back(str_cat(count_ - kShownProblems, " more"));
    return {kFalse, reason_, join(problems_, "; ")};
  }

 private:
  // Gateway API, HTTPRouteFilter.extensionRef: there are none, and the rule answers 500.
  void look_at(const google::protobuf::RepeatedPtrField<v1::HTTPRouteFilter>& filters,
               const std::string& place) {
    for (int f = 0; f < filters.size(); ++f) {
      const v1::HTTPRouteFilter& filter = filters[f];
      const std::string here = str_cat(place, "filters[", f, "]");
      if (filter.has_request_mirror()) {
        note(judge_backend(table_, route_, filter.request_mirror().backend_ref()),
             here + ".requestMirror.backendRef");
      }
      if (filter.type() != "ExtensionRef") continue;
      note({kFalse, "InvalidKind",
            str_cat("there is no filter of kind ", filter.extension_ref().kind(),
                    ": requests are answered with 500")},
           here);
    }
  }

  void note(const Verdict& verdict, const std::string& place) {
    if (verdict.status == kTrue) return;
    if (++count_ == 1) reason_ = verdict.reason;
    if (count_ <= kShownProblems) problems_.push_back(str_cat(place, ": ", verdict.message));
  }

  const RoutingTable& table_;
  const v1::HTTPRoute& route_;
  std::string_view reason_;
  std::vector<std::string> problems_;
  size_t count_ = 0;
};

std::string controller_of(const Snapshot& snapshot, const v1::Gateway* gateway) {
  std::string controller(kDefaultController);
  if (gateway == nullptr) return controller;
  const EntryPtr entry = snapshot.find({"GatewayClass", "", gateway->spec().gateway_class_name()});
  v1::GatewayClass named;
  if (entry != nullptr && named.ParseFromString(entry->bytes)) {
    controller = named.spec().controller_name();
  }
  return controller;
}

}  // namespace

void set_route_status(const RoutingTable& table, v1::HTTPRoute& route) {
  const CompileIndex& index = *table.index;
  const int64_t generation = route.metadata().generation();
  const Verdict references = RouteReferences(table, route).judge();
  v1::HTTPRouteStatus status;
  for (const v1::ParentReference& ref : route.spec().parent_refs()) {
    const v1::Gateway* gateway = find_parent(index, route, ref);
    v1::HTTPRouteStatus::Parent& parent = *status.add_parents();
    *parent.mutable_parent_ref() = ref;
    parent.set_controller_name(controller_of(index.snapshot, gateway));
    set_condition(*parent.add_conditions(), "Accepted", generation,
                  judge_parent(index, route, ref, gateway));
    set_condition(*parent.add_conditions(), "ResolvedRefs", generation, references);
  }
  *route.mutable_status() = std::move(status);
}

}  // namespace limpet
